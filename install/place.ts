/**
 * Where and when the steps of a journal were done: what one boot, or one network namespace, has in its memory, another
 * knows nothing of.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Place {
  /** Random, drawn by the kernel when it starts (`/proc/sys/kernel/random/boot_id`). */
  readonly boot: string;
  /** The network namespace: `net:[4026531840]`. */
  readonly namespace: string;
}

const NAMESPACES = '/run/netns';

/** This boot and the network namespace of this process. Throws where `/proc` is not mounted. */
export function currentPlace(): Place {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim(),
    namespace: readlinkSync('/proc/self/ns/net'),
  };
}

function succeeds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** Whether a network namespace is still there: some process is in it, or it has a name (ip-netns(8)). */
export function isNamespaceThere(namespace: string): boolean {
  const inode = Number(/\d+/.exec(namespace)?.[0]);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  if (pids.some((pid) => succeeds(() => readlinkSync(`/proc/${pid}/ns/net`) === namespace))) return true;
  return succeeds(() => readdirSync(NAMESPACES).some((name) => statSync(join(NAMESPACES, name)).ino === inode));
}
