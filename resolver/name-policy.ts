/** What the user wants done about a name (E21): the longest of the names listed that is the name, or stands above it, decides. */
import { nameKey, parseName } from './message/name.ts';
import type { ResolverSettings } from './settings.ts';

export type Policy = 'never' | 'always' | 'as usual';

/** Takes the keys of a name and of all above it, the longest first (`keysUpward`). */
export type NamePolicy = (keys: readonly string[]) => Policy;

/** Throws when a name in the settings is none. A name in both lists is `never`. */
export function namePolicy(settings: Pick<ResolverSettings, 'never' | 'always'>): NamePolicy {
  const policies = new Map<string, Policy>();
  for (const list of ['always', 'never'] as const) {
    for (const text of settings[list]) {
      const name = parseName(text);
      if (name === undefined) throw new Error(`Cannot read the name ${JSON.stringify(text)} in "${list}"`);
      policies.set(nameKey(name), list);
    }
  }
  return (keys) => {
    if (policies.size === 0) return 'as usual';
    const match = keys.find((key) => policies.has(key));
    return match === undefined ? 'as usual' : (policies.get(match) ?? 'as usual');
  };
}
