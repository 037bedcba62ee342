/** Prints who listens on port 53 as whoever runs it sees it, as JSON. */
import { linuxHost } from '../../install/host.ts';
import { observeDnsPrograms } from '../network/dns-programs.ts';

console.log(JSON.stringify(await observeDnsPrograms(linuxHost())));
