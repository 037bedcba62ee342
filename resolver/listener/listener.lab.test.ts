/**
 * Listening and asking on a link-local address, as home routers have it. A namespace of its own, gone with the program:
 *
 *     [ bisl0 fe80::77 ]═veth═[ bisl1 ]
 *
 * Needs root.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const program = fileURLToPath(new URL('../fixture/ask-ourselves.ts', import.meta.url));

const setUp = `
set -ex
ip link set lo up
ip link add bisl0 type veth peer name bisl1
ip link set bisl0 up
ip link set bisl1 up
ip address add fe80::77/64 dev bisl0 nodad
exec "$0" "$1" fe80::77%bisl0`;

test('E18: a listener serves a link-local address of one device, over UDP and TCP', async (t) => {
  const { stdout, stderr } = await promisify(execFile)('unshare', ['-n', 'sh', '-c', setUp, process.execPath, program]);
  t.log(stderr.trim());
  t.is(stdout, 'udp from fe80::77%bisl0: NOERROR\ntcp from fe80::77%bisl0: NOERROR\n');
});
