/**
 * Short HTTP connections, a new one for each question: nginx answers, wrk asks. Few at once, where each waits for the one before,
 * and as many as keep every way busy, which says how many there can be: native IPv6 makes as many with 8 as with 64, what is
 * translated has enough at 32.
 */
import fs from 'node:fs';
import path from 'node:path';
import { toolCommand } from '../../lab/tools.ts';
import type { Contender } from '../contender.ts';
import { ways } from '../network.ts';
import type { Meter } from './meter.ts';

/**
 * Through the bump the client closes first, and keeps its port for a minute (TIME-WAIT); of 28,232 there would be none left
 * after three seconds, and what was measured would be the search for one. So every client has 64,512, and those that it has used
 * back after a second.
 */
const PORTS = ['net.ipv4.ip_local_port_range=1024 65535', 'net.ipv4.tcp_tw_reuse=1'];

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Everything nginx writes is in `directory`: the unpacked program would use the machine's own directories. */
const configuration = (directory: string): string => `
worker_processes 1;
daemon off;
user root;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_timeout 0;
${temporary.map((name) => `  ${name}_temp_path ${directory}/nginx-${name};`).join('\n')}
  server { listen [::]:80 backlog=1024; location / { return 200 "Hello over IPv6\\n"; } }
}
`;

export const connections: Meter = {
  name: 'connections',
  async serve(lab) {
    const file = path.join(lab.directory, 'nginx.conf');
    fs.writeFileSync(file, configuration(lab.directory));
    for (const way of ways) await lab.host(way).must(['sysctl', '-qw', ...PORTS]);
    const host6 = lab.host('host6');
    host6.start([...toolCommand('nginx'), '-e', 'stderr', '-p', lab.directory, '-c', file]);
    await host6.must(['curl', '-sS', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', 'http://[::1]/']);
  },
  async measure(contender, { seconds }) {
    const connections8 = await ask(contender, 8, seconds);
    return { connections: await ask(contender, 32, seconds), connections8 };
  },
};

/** Connections a second, so many at once. Rejects when wrk does not say. */
async function ask({ client, target }: Contender, number: number, seconds: number): Promise<number> {
  const host = target.includes(':') ? `[${target}]` : target;
  const length = ['-t', '1', '-c', String(number), '-d', `${seconds}s`];
  const argv = ['wrk', ...length, '-H', 'Connection: close', `http://${host}/`];
  const text = await client.must(argv, {}, (seconds + 20) * 1000);
  const [, rate] = /^Requests\/sec:\s+([\d.]+)/m.exec(text) ?? [];
  if (rate === undefined) throw new Error(`wrk does not say how many connections it made:\n${text}`);
  return Number(rate);
}
