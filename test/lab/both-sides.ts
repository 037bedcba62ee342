/** The same packet before and after translation, as it passes the device: IPv4 and IPv6 are both on it (RFC 2767 §2.1). */
import type { LabHost } from './lab-host.ts';
import { nodeCommand } from './tools.ts';

/** Protocol number of TCP (RFC 9293), at its place in either header. */
const TCP = 6;

function isTcp(packet: Buffer): boolean {
  const version = (packet[0] ?? 0) >>> 4;
  return packet[version === 4 ? 9 : 6] === TCP;
}

/**
 * Runs a program on `host` and returns the first four TCP packets that passed `device` meanwhile, from the IP header
 * on and cut to 256 octets: a SYN on both sides, and the SYN-ACK on both sides. Fewer, if fewer came.
 */
export async function handshakeOn(host: LabHost, device: string, argv: readonly string[]): Promise<Buffer[]> {
  const capture = host.start([...nodeCommand('test/lab/capture.ts'), device]);
  await capture.says(/ready/);
  await host.run(argv);
  const { stdout } = await capture.stop();
  const packets = stdout.split('\n').slice(1, -1);
  return packets
    .map((line) => Buffer.from(line, 'hex'))
    .filter(isTcp)
    .slice(0, 4);
}
