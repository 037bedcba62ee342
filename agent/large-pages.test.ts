import { readFileSync } from 'node:fs';
import test from 'ava';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import { LargePages } from './large-pages.ts';

/** Kilobytes of memory of this process that want large pages (proc(5), `hg`). */
function wanting(): number {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const wanted = mappings.filter((text) => /^VmFlags:.* hg/m.test(text));
  return wanted.reduce((sum, text) => sum + Number(/^Size: +(\d+)/m.exec(text)?.[1] ?? 0), 0);
}

test('rows get large pages when they have been used, and those that have not get none', (t) => {
  const spool = new Spool(['10.0.0.0/14'].map(parseIpv4Prefix).filter((range) => range !== undefined));
  const table = SharedTable.create(spool, 1);
  const sinks = [table.writer(), new LargePages(table.memory)];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => 1 });
  const before = wanting();
  let number = 0;
  const fill = (until: number): void => {
    while (number < until) mapper.assign(ipv6(0x20010db8, 0, 0, ++number), { name: 'host6.test', ttlSeconds: 1 });
  };
  fill(30_000);
  t.is(wanting(), before);
  fill(100_000);
  const wanted = wanting() - before;
  // Some kernels have none.
  t.true(wanted === 0 || (wanted >= 4096 && wanted * 1024 <= 100_000 * 64), `${wanted} KB`);
});
