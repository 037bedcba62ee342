/** Asks the resolver of a bump for the IPv6 addresses of a name that is mapped explicitly. */
import { TYPE } from '../../resolver/message/constants.ts';
import { parseName } from '../../resolver/message/name.ts';
import { writeQuestion } from '../../resolver/message/write.ts';
import { readAaaa } from '../../resolver/network-answer.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { ResolveName } from './followed-name.ts';

/** Over TCP, so that all of them are in the answer; of the servers that are known first. */
export function nameResolver(resolver: Pick<Resolver, 'answer' | 'servers' | 'seen'>): ResolveName {
  return async (name) => {
    const [upstreams = []] = resolver.servers.lists;
    const read = parseName(name);
    if (read === undefined) return { addresses: [], ttlSeconds: 0 };
    const source = { address: '127.0.0.1', port: 0 };
    const arrival = { protocol: 'tcp', source, upstreams } as const;
    const answer = await resolver.answer(writeQuestion(read, TYPE.AAAA, true), arrival);
    const { outcome, addresses, ttlSeconds } = readAaaa(answer, resolver.seen(upstreams));
    return outcome === 'usable' ? { addresses, ttlSeconds } : { addresses: [], ttlSeconds: 0 };
  };
}
