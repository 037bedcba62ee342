/** Which IPv4 addresses mean the same everywhere: all but those of RFC 5735 §3, RFC 6598 and multicast. */

/** Address and length of every block that does not. */
const blocks: readonly (readonly [number, number])[] = [
  [0x00000000, 8], // "this network"
  [0x0a000000, 8], // private (RFC 1918)
  [0x64400000, 10], // shared by a carrier's customers (RFC 6598)
  [0x7f000000, 8], // loopback
  [0xa9fe0000, 16], // link-local
  [0xac100000, 12], // private
  [0xc0000000, 24], // IETF protocols
  [0xc0000200, 24], // documentation
  [0xc0586300, 24], // 6to4 relays
  [0xc0a80000, 16], // private
  [0xc6120000, 15], // benchmarks
  [0xc6336400, 24], // documentation
  [0xcb007100, 24], // documentation
  [0xe0000000, 3], // multicast, reserved, broadcast
];

const addresses = Int32Array.from(blocks, ([address]) => address);
const masks = Int32Array.from(blocks, ([, length]) => -1 << (32 - length));

/** Whether an IPv4 address (signed or not) is global. */
export function isGlobalIpv4(address: number): boolean {
  for (let block = 0; block < addresses.length; block++) {
    if ((address & (masks[block] as number)) === addresses[block]) return false;
  }
  return true;
}
