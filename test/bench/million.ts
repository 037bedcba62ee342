/** A mapper as the daemon has one, over a spool of a length, with its file or without, and the peers it is asked for. */
import { type Ipv4Address, ipv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6 } from '../../mapper/address/ipv6.ts';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { linuxFiles } from '../../mapper/mapping-file/files.ts';
import { MappingFile } from '../../mapper/mapping-file/mapping-file.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';

/** The length of a spool with a million addresses. */
export const MILLION = 12;
/** Where the spool begins. */
export const START: Ipv4Address = ipv4(0x0a000000);

/** Seconds since 1970; moved by who measures. */
export const clock = { now: 1_000_000 };

export function spoolOf(length: number): Spool {
  return new Spool([{ address: START, length }], 2);
}

export const peer = (number: number): Ipv6Address => ipv6(0x20010db8, number >>> 20, number * 0x9e3779b1, number);

/** A mapper; with `path`, it keeps its mappings in that file. */
export function mapperOver(spool: Spool, path?: string) {
  const table = SharedTable.create(spool, 0x5eed);
  const report = ({ message }: Error): void => console.log(message);
  const { times } = table.reader;
  const file = new MappingFile({ path: path ?? '', spool, times, files: linuxFiles, report });
  const sinks = path === undefined ? [table.writer()] : [table.writer(), file];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  return { table, file, mapper };
}

export function tell(title: string, figure: string): void {
  console.log(`${title.padEnd(44)}${figure}`);
}
