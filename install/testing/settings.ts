/** The settings of the tables in the tests of this folder. */
import type { TableSettings } from '../table.ts';

export const settings: TableSettings = {
  table: 'bis',
  device: 'bis0',
  spool: '10.170.160.0/20',
  self: ['172.21.112.1'],
  ula: 'fd00:b15::/96',
  self6: 'fd00:b15::ac15:7001',
  mark: 0xb15,
  markMask: 0xfff,
  zone: 46_464,
};
