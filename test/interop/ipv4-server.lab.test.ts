/** Interop where `/etc/resolv.conf` names a server of this kind. Needs root, unbound, dnsmasq and sshd (`../lab/README.md`). */
import { places } from './network.ts';
import { testThroughTheBump } from './through-the-bump.ts';

testThroughTheBump(places.ipv4, 'dnsmasq');
