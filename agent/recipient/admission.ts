/** What the control plane does when a packet came from a stranger (RFC 2767 §2.3): a mapping for everybody but ourselves. */
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import type { AddressMapper } from '../../mapper/address-mapper.ts';
import type { Log } from '../log.ts';

export interface AdmissionParts {
  readonly mapper: Pick<AddressMapper, 'admit'>;
  /** Whether an address is of this host, or of a prefix of ours: what comes from there goes round in circles. */
  readonly isOwn: (address: Ipv6Address) => boolean;
  readonly log: Log;
}

/** Admits strangers, as far as the mapper lets them in. Never throws: whoever got no mapping is dropped and counted. */
export function admission({ mapper, isOwn, log }: AdmissionParts): (address: Ipv6Address) => void {
  return (address) => {
    try {
      if (!isOwn(address)) mapper.admit(address);
    } catch (error) {
      log.error({ err: error }, 'Cannot admit a stranger');
    }
  };
}
