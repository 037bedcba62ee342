/** OpenSSH's server, with keys that live as long as the lab. */
import fs from 'node:fs';
import path from 'node:path';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { must, type Program } from '../lab/program.ts';
import { toolCommand, unpackedRoot } from '../lab/tools.ts';

/** Options of an `ssh` command line that uses this lab's key and knows nobody's configuration. */
export function sshOptions(lab: Lab): string[] {
  const settings = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=5'];
  return ['-F', 'none', '-i', path.join(lab.directory, 'ssh-key'), ...settings.flatMap((setting) => ['-o', setting])];
}

/** The files of a host that runs the server: it wants a user of its own, and root to be one who may log in. */
export const sshEtc = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nsshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n',
  shadow: 'root:*:20000:0:99999:7:::\nsshd:*:20000:0:99999:7:::\n',
} as const;

/** Starts the server on port 22 of all addresses of one family. Resolves when it listens. */
export async function startSshServer(lab: Lab, host: LabHost, family: 'inet' | 'inet6'): Promise<Program> {
  const file = (name: string): string => path.join(lab.directory, name);
  for (const key of ['ssh-host-key', 'ssh-key'])
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  const settings = [
    `ListenAddress ${family === 'inet' ? '0.0.0.0' : '::'}`,
    `AddressFamily ${family}`,
    `HostKey ${file('ssh-host-key')}`,
    `AuthorizedKeysFile ${file('ssh-key.pub')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    ...unpackedParts(),
  ];
  fs.writeFileSync(file('sshd.conf'), settings.map((line) => `${line}\n`).join(''));
  // The server wants an empty directory at a fixed place. Mounts made here are seen by nobody else (ip-netns(8)).
  const inPrivateRun = ['sh', '-c', 'mount -t tmpfs run /run && mkdir -m 755 /run/sshd && exec "$@"', 'sh'];
  const sshd = host.start([...inPrivateRun, ...toolCommand('sshd'), '-D', '-e', '-f', file('sshd.conf')]);
  await sshd.says(/listening on/i);
  return sshd;
}

/** Since OpenSSH 9.8 the server runs other programs, which an unpacked one does not find at their usual place. */
function unpackedParts(): string[] {
  const parts = { SshdSessionPath: 'sshd-session', SshdAuthPath: 'sshd-auth' };
  return Object.entries(parts).flatMap(([setting, name]) => {
    const program = path.join(unpackedRoot, 'usr/lib/openssh', name);
    return fs.existsSync(program) ? [`${setting} ${program}`] : [];
  });
}
