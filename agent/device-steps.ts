/** The device of an instance as steps: its MTU and queue, its address, and what is routed to it. */
import { deviceSteps } from '../install/device.ts';
import { type Step, step } from '../install/step.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../mapper/address/prefix.ts';
import { type Instance, selfAddress } from './instance.ts';

/** IPv6 headers are longer than IPv4 headers by 20 octets. */
export const HEADER_GROWTH = 20;

/**
 * The MTU of the device itself, in octets: more than any link has. What is too big for the uplink a packet leaves by, the
 * kernel says; a smaller device would refuse what a large uplink brings.
 */
export const DEVICE_MTU = 65_535;

/**
 * Packets the device keeps until they are read, as many as Ethernet devices do. The 500 of a TUN device are the fragments
 * of eleven datagrams of 64 KiB: of 120 such pings, twelve at a time, 20 to 30 were lost here, and now none.
 */
const DEVICE_QUEUE = 1000;

/** The steps that make the device what it is, with uplinks whose smallest IPv6 MTU is this, in octets. */
export function deviceStepsOf(
  instance: Instance,
  mtu: number,
  spool: readonly string[] = [formatIpv4Prefix(instance.spool)],
  [self = '', ...earlier]: readonly string[] = [selfAddress(instance)],
): Step[] {
  const { device } = instance;
  const ula = formatIpv6Prefix(instance.ula);
  return [
    step(`set MTU and queue of ${device}`, [
      ...['ip', 'link', 'set', 'dev', device],
      ...['mtu', String(DEVICE_MTU), 'txqueuelen', String(DEVICE_QUEUE)],
    ]),
    ...deviceSteps({ device, self, earlier, spool, ula, mtu: mtu - HEADER_GROWTH }),
  ];
}
