/**
 * A process that holds the tables and the device of the namespace it runs in, as the daemon will, and writes packets
 * that conntrack finds invalid and packets that it does not, as fast as it can, until it is killed. For tests only.
 */
import { spawn } from 'node:child_process';
import { deviceSteps } from '../device.ts';
import { chooseForwarding, observeForwarding } from '../forwarding.ts';
import { linuxHost } from '../host.ts';
import { Nft } from '../nft.ts';
import { apply } from '../step.ts';
import { arpTableCommands, forcedCommands, tableCommands } from '../table.ts';
import { ulaOfSelf } from './bump.ts';
import { tcp, tcpFlag, udp } from './packet.ts';
import { settings } from './settings.ts';
import { Tun } from './tun.ts';

const host = linuxHost();
const nft = new Nft();
nft.run(tableCommands(settings));
nft.run(arpTableCommands(settings));
const tun = new Tun(settings.device);
const { device, spool, ula } = settings;
await apply(deviceSteps({ device, self: '172.21.112.1', spool: [spool], ula, mtu: 1480 }), host);
const choice = chooseForwarding(await observeForwarding(host, device, ['eth0']));
nft.run(forcedCommands(settings, choice.guarded));
await apply(choice.steps, host);

// A child that outlives this process: with an inherited descriptor it would keep the tables or the device.
const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
console.log(`ready ${child.pid}`);

const host6 = Buffer.from('20010db8000600000000000000000002', 'hex');
const packets = [tcpFlag.RST, tcpFlag.FIN, tcpFlag.NONE].map((flags) => tcp(ulaOfSelf, host6, 9, flags));
for (let port = 1; ; port = (port % 60_000) + 1) {
  for (const packet of [...packets, udp(ulaOfSelf, host6, port)]) {
    try {
      tun.write(packet);
    } catch {
      // The device has no room for the moment.
    }
  }
}
