/** What takes the questions, in the mode that was decided on. */
import type { Host } from '../../install/host.ts';
import type { Journal } from '../../install/journal.ts';
import type { Nft } from '../../install/nft.ts';
import { formatIpv4Prefix } from '../../mapper/address/prefix.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { ResolverConfig } from '../config/config.ts';
import { type Instance, selfAddress } from '../instance.ts';
import type { Log } from '../log.ts';
import type { Surroundings } from '../network/surroundings.ts';
import type { Decision } from './decide.ts';
import { FollowedMode } from './followed-mode.ts';
import { ListenOnly } from './listen-only.ts';
import { PassOthers } from './pass-others.ts';
import type { Questions } from './questions.ts';
import { ReplacedFile } from './replaced-file.ts';
import { Snoop } from './snoop.ts';
import { ToldResolved } from './told-resolved.ts';

export interface QuestionsParts {
  readonly config: ResolverConfig;
  readonly instance: Instance;
  readonly host: Host;
  readonly nft: Pick<Nft, 'run'>;
  readonly journal: Pick<Journal, 'note'>;
  readonly resolver: Pick<Resolver, 'answer'>;
  readonly surroundings: Pick<Surroundings, 'defaultDevices'>;
  readonly log: Log;
  /** Looks at the host again and draws the conclusion. */
  readonly decide: () => Promise<Decision>;
  /** Told when they are taken in another way than before. */
  readonly changed: () => Promise<unknown>;
}

/** Makes what takes the questions, at first as it was decided; nothing is taken before its first `refresh`. */
export function takeQuestions(first: Decision, parts: QuestionsParts): Questions {
  const { changed, config, decide, log } = parts;
  // Who has chosen has chosen; and that the kernel can catch questions does not depend on anything that changes.
  if (config.mode !== 'auto' || first.mode === 'snoop') return questionsOfMode(first, parts);
  return new FollowedMode({ first, decide, make: (choice) => questionsOfMode(choice, parts), changed, log });
}

function questionsOfMode({ mode, reasons }: Pick<Decision, 'mode' | 'reasons'>, parts: QuestionsParts): Questions {
  const { config, decide, host, instance, journal, log, nft, resolver, surroundings } = parts;
  switch (mode) {
    case 'snoop': {
      const devices = (): readonly string[] => surroundings.defaultDevices;
      const { mark, markMask, table, zone } = instance;
      const passing = new PassOthers({ table, host, nft, except: config.exceptPrograms, log });
      return new Snoop({ table, mark, markMask, zone, host, nft, resolver, log, decide, passing, devices });
    }
    case 'resolved': {
      const address = selfAddress(instance);
      const prefix = formatIpv4Prefix(instance.self);
      return new ToldResolved({ host, device: instance.device, address, prefix, resolver, reasons });
    }
    case 'resolv.conf': {
      const gaps = async (): Promise<Decision['gaps']> => (await decide()).gaps;
      return new ReplacedFile({ host, journal, resolver, log, reasons, gaps });
    }
    case 'listen':
      return new ListenOnly(config, host, resolver, reasons);
  }
}
