import test from 'ava';
import { isMountedAt } from './mounted.ts';

const FILE = '/etc/resolv.conf';
const line = (id: number, parent: number, point: string): string =>
  `${id} ${parent} 8:1 / ${point} rw,relatime shared:1 - ext4 /dev/sda1 rw\n`;
const root = line(21, 1, '/');

test('a mount at the path counts, one beside it or above does not', (t) => {
  t.true(isMountedAt(root + line(30, 21, FILE), FILE));
  t.false(isMountedAt(root + line(30, 21, '/etc/hosts'), FILE));
  t.false(isMountedAt(root + line(30, 21, '/etc'), FILE));
  t.false(isMountedAt('', FILE));
});

test('in a chroot, where the root is no mount', (t) => {
  t.true(isMountedAt(line(30, 21, '/proc') + line(31, 21, FILE), FILE));
  t.false(isMountedAt(line(30, 21, '/proc') + line(31, 21, FILE) + line(32, 21, '/etc'), FILE));
});

test('what is mounted in a folder that is mounted itself', (t) => {
  t.true(isMountedAt(root + line(30, 21, '/etc') + line(31, 30, FILE), FILE));
  t.true(isMountedAt(root + line(30, 21, FILE) + line(31, 30, FILE), FILE), 'twice');
});

test('what a later mount of the folder, or of everything, has covered does not count', (t) => {
  t.false(isMountedAt(root + line(30, 21, FILE) + line(31, 21, '/etc'), FILE));
  t.false(isMountedAt(root + line(30, 21, FILE) + line(31, 21, '/'), FILE));
  t.true(isMountedAt(root + line(30, 21, FILE) + line(31, 21, '/etc') + line(32, 31, FILE), FILE), 'and again in it');
});
