/** Which network namespace a process is in (network_namespaces(7)): one daemon serves one, and a path socket reaches all. */
import { readlinkSync } from 'node:fs';

/** The namespace of this process: `net:[4026531840]`; empty where `/proc` is not mounted. */
export function networkNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/net');
  } catch {
    return '';
  }
}
