/** Interop where `/etc/resolv.conf` names a stub on loopback. Needs root, unbound, dnsmasq and sshd (`../lab/README.md`). */
import { places } from './network.ts';
import { testThroughTheBump } from './through-the-bump.ts';

testThroughTheBump(places.stub, 'unbound');
