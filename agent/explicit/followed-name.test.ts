import test from 'ava';
import { formatIpv6, type Ipv6Address, parseIpv6 } from '../../mapper/address/ipv6.ts';
import { FollowedName } from './followed-name.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('M17: a name is asked for again when its time to live has passed, at the soonest after 5 s', async (t) => {
  const clock = { now: 0 };
  const answer = { addresses: ['2001:db8::1', '2001:db8::2'], ttlSeconds: 60 };
  const name = new FollowedName('host6.example', () => clock.now);
  let questions = 0;
  let moves = 0;
  const follow = async (): Promise<string | undefined> => {
    name.follow(
      async () => {
        questions++;
        return { ...answer, addresses: answer.addresses.map((text) => parseIpv6(text) as Ipv6Address) };
      },
      () => moves++,
    );
    await turn();
    return name.prefix && formatIpv6(name.prefix.address);
  };
  t.is(await follow(), '2001:db8::1');
  clock.now = 59_000;
  await follow();
  t.deepEqual([questions, moves], [1, 1]);
  // The address in use is still one of them.
  answer.addresses = ['2001:db8::2', '2001:db8::1'];
  answer.ttlSeconds = 0;
  clock.now = 60_000;
  t.is(await follow(), '2001:db8::1');
  clock.now = 64_999;
  await follow();
  t.deepEqual([questions, moves], [2, 1]);
  answer.addresses = ['2001:db8::3'];
  clock.now = 65_000;
  t.is(await follow(), '2001:db8::3');
  t.deepEqual([questions, moves], [3, 2]);
  // One that has no address any more keeps the last.
  answer.addresses = [];
  clock.now = 70_000;
  t.is(await follow(), '2001:db8::3');
  clock.now = 99_000;
  await follow();
  t.deepEqual([questions, moves], [4, 2]);
});
