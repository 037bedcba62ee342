/**
 * A host of the lab with a system of its own: besides its network, its `/run` and `/etc` are nobody else's, so that
 * services which are found by a path (D-Bus, systemd-resolved) run on it, and `/etc/resolv.conf` can be replaced.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Lab } from './lab.ts';
import { LabHost } from './lab-host.ts';
import { unpackedRoot } from './tools.ts';

/** Where the layers of `/etc` are, inside the host's `/run`. */
const LAYERS = '/run/lab-etc';

/**
 * Gives `host` its own `/run`, empty, and an `/etc` that can be changed; unpacked packages (`tools.ts`) are in its
 * `/usr`, where the C library looks for them. Returns the host to use from now on; it goes with the lab.
 */
export async function giveOwnSystem(lab: Lab, host: LabHost): Promise<LabHost> {
  // A mount namespace lives as long as somebody is in it.
  const holder = host.start(['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'echo in; exec sleep inf']);
  await holder.says(/^in$/m);
  const entry = ['nsenter', '--target', String(holder.pid), '--mount', '--net', '--'];
  const own = new LabHost(host.name, host.namespace, undefined, entry);
  await own.must(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  await own.must(['mkdir', '-p', `${LAYERS}/upper`, `${LAYERS}/work`]);
  await overlay(own, '/etc', `lowerdir=/etc,upperdir=${LAYERS}/upper,workdir=${LAYERS}/work`);
  const unpacked = path.join(unpackedRoot, 'usr');
  if (fs.existsSync(unpacked)) await overlay(own, '/usr', `lowerdir=${unpacked}:/usr`);
  // What the lab gave the host in the place of the machine's files is below the new `/etc`.
  const given = lab.etcOf(host);
  const files = fs.readdirSync(given).map((name) => path.join(given, name));
  await own.must(['cp', '--remove-destination', ...files, '/etc/']);
  return own;
}

function overlay(host: LabHost, place: string, options: string): Promise<string> {
  return host.must(['mount', '-t', 'overlay', 'overlay', '-o', options, place]);
}

/** Writes a file of a host that has a system of its own; its folder is made. */
export async function writeFile(host: LabHost, file: string, text: string): Promise<void> {
  await host.must(['mkdir', '-p', path.dirname(file)]);
  await host.must(['tee', file], { input: text });
}
