/**
 * Changes to the host as data: what is done, what undoes it, and a title that completes "Cannot …". The same list is
 * run, printed for a dry run, written to the journal and undone, by this process or a later one: so there are no
 * functions in it.
 */
import { CommandError, type Host } from './host.ts';

/** A file to write. */
export interface WriteFile {
  readonly path: string;
  readonly text: string;
  /** Write only while the file holds this (ends of line aside): undoing leaves alone what others changed since. */
  readonly onlyIf?: string;
}

/** A file to put in the place of another, which is kept as it is under another name (`replace-file.ts`). */
export interface ReplaceFile {
  readonly path: string;
  readonly text: string;
  readonly kept: string;
}

/** What was kept, to be put back if the file in its place begins so; if it does not, others have changed it since. */
export interface PutBack {
  readonly path: string;
  readonly kept: string;
  readonly ifBegins: string;
}

/** Commands of nft, one transaction. */
export interface NftCommands {
  readonly nft: string;
}

/** The rules of an nft chain that have this comment are to be removed. All names are words of nft. */
export interface RemoveRules {
  readonly removeRules: {
    readonly family: string;
    readonly table: string;
    readonly chain: string;
    readonly comment: string;
  };
}

/** What connection tracking knows of an IPv6 prefix is to be forgotten (`conntrack.ts`). */
export interface ForgetFlows {
  readonly forgetFlowsOf: string;
}

/** A program with its arguments, a file to write, to replace or to put back, commands of nft, or what is to go. */
export type Action = readonly string[] | WriteFile | ReplaceFile | PutBack | NftCommands | RemoveRules | ForgetFlows;

export interface Step {
  /** Completes "Cannot …". */
  readonly title: string;
  readonly run: Action;
  /** Absent where the effect goes by itself, with the device or the process. */
  readonly undo?: Action;
}

/** Makes a step. `undo` has to do nothing when `run` never happened. */
export function step(title: string, run: Action, undo?: Action): Step {
  return undo === undefined ? { title, run } : { title, run, undo };
}

export function isArgv(action: Action): action is readonly string[] {
  return Array.isArray(action);
}

async function perform(action: Action, host: Host): Promise<void> {
  if (isArgv(action)) {
    await host.run(action);
  } else if ('nft' in action) {
    if (host.nft === undefined) await host.run(['nft', action.nft]);
    else host.nft(action.nft);
  } else if ('ifBegins' in action) {
    host.putBack(action.path, action.kept, action.ifBegins);
  } else if ('kept' in action) {
    host.replaceFile(action.path, action.text, action.kept);
  } else if ('removeRules' in action) {
    await removeRules(action, host);
  } else if ('forgetFlowsOf' in action) {
    await host.forgetFlowsOf(action.forgetFlowsOf);
  } else if (action.onlyIf === undefined || host.readText(action.path)?.trim() === action.onlyIf.trim()) {
    host.writeText(action.path, action.text);
  }
}

/** Removes rules by their handles, which nft never gives twice. */
async function removeRules({ removeRules: { family, table, chain, comment } }: RemoveRules, host: Host): Promise<void> {
  const text = await host.run(['nft', '-j', 'list', 'chain', family, table, chain]);
  const { nftables } = JSON.parse(text) as { nftables: { rule?: { handle: number; comment?: string } }[] };
  for (const { rule } of nftables) {
    if (rule?.comment !== comment) continue;
    await host.run(['nft', 'delete', 'rule', family, table, chain, 'handle', String(rule.handle)]);
  }
}

/** What iproute2, nft and the kernel say when there is nothing to undo: the device, route, table or address has gone. */
const ABSENT =
  /Cannot find device|No such process|No such device|No such file|Cannot assign requested address|address not found/i;

function isAbsence(action: Action, error: unknown, host: Host): boolean {
  if (error instanceof CommandError) return ABSENT.test(error.stderr);
  if (isArgv(action) || 'removeRules' in action || 'forgetFlowsOf' in action) return false;
  if ('nft' in action) return error instanceof Error && ABSENT.test(error.message);
  return host.readText(action.path) === undefined;
}

async function undoStep({ title, undo }: Step, host: Host): Promise<Error | undefined> {
  if (undo === undefined) return undefined;
  try {
    await perform(undo, host);
    return undefined;
  } catch (error) {
    return isAbsence(undo, error, host) ? undefined : new Error(`Cannot undo: ${title}`, { cause: error });
  }
}

/**
 * Undoes steps, the last first, and carries on past those that fail. Returns the failures; none, an empty list.
 * A step whose effect is not there any more counts as undone.
 */
export async function undo(steps: readonly Step[], host: Host): Promise<Error[]> {
  const failures: Error[] = [];
  for (const step of steps.toReversed()) {
    const failure = await undoStep(step, host);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

/**
 * Runs steps in order. When one fails, undoes those before it and rejects with
 * `Cannot <title>`; the cause is the failure, or an `AggregateError` of it and of what could not be undone.
 */
export async function apply(steps: readonly Step[], host: Host): Promise<void> {
  for (const [index, { title, run }] of steps.entries()) {
    try {
      await perform(run, host);
    } catch (error) {
      const failures = await undo(steps.slice(0, index), host);
      const cause = failures.length === 0 ? error : new AggregateError([error, ...failures], 'and not all was undone');
      throw new Error(`Cannot ${title}`, { cause });
    }
  }
}

function printAction(action: Action): string {
  if (isArgv(action)) return action.join(' ');
  if ('nft' in action) return `nft ${action.nft.trim().replaceAll('\n', '\n        ')}`;
  if ('ifBegins' in action) return `put ${action.kept} back as ${action.path}, if that begins "${action.ifBegins}"`;
  if ('kept' in action) return `keep ${action.path} as ${action.kept}, and put in its place ${action.text.trim()}`;
  if ('removeRules' in action) {
    const { family, table, chain, comment } = action.removeRules;
    return `remove the rules of chain ${chain} of table ${family} ${table} with the comment "${comment}"`;
  }
  if ('forgetFlowsOf' in action) return `forget the tracked flows of ${action.forgetFlowsOf}`;
  const condition = action.onlyIf === undefined ? '' : `, if it is ${action.onlyIf.trim()}`;
  return `write ${action.text.trim()} to ${action.path}${condition}`;
}

/** A step as lines for a dry run: title, what is done, what undoes it. */
export function printStep({ title, run, undo }: Step): string {
  const lines = [title, `  do    ${printAction(run)}`];
  if (undo !== undefined) lines.push(`  undo  ${printAction(undo)}`);
  return lines.join('\n');
}
