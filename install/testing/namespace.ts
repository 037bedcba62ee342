/**
 * Doing something inside another network namespace with this process's own thread (setns(2)), so that a test can hold
 * sockets, devices and tables of a lab host. For tests only.
 */
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { type Host, linuxHost } from '../host.ts';

const CLONE_NEWNET = 0x40000000;

const setns = koffi.load('libc.so.6').func('int setns(int descriptor, int type)');

function switchTo(path: string): void {
  const descriptor = openSync(path, 'r');
  const status = setns(descriptor, CLONE_NEWNET) as number;
  closeSync(descriptor);
  if (status !== 0) throw new Error(`Cannot enter ${path}`);
}

/**
 * Runs `action` inside the namespace called `name`. It must not wait: sockets made and files under `/proc/sys/net` opened
 * before it returns are those of the namespace.
 */
export function inNamespace<T>(name: string, action: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  switchTo(`/run/netns/${name}`);
  try {
    return action();
  } finally {
    switchTo(`/proc/self/fd/${home}`);
    closeSync(home);
  }
}

/** The namespace called `name` as a host to run steps on. */
export function namespaceHost(name: string): Host {
  const host = linuxHost();
  return {
    run: (argv) => host.run(['ip', 'netns', 'exec', name, ...argv]),
    readText: (path) => inNamespace(name, () => host.readText(path)),
    readLink: (path) => inNamespace(name, () => host.readLink(path)),
    writeText: (path, text) => inNamespace(name, () => host.writeText(path, text)),
    mayWriteIn: host.mayWriteIn,
    replaceFile: host.replaceFile,
    putBack: host.putBack,
    forgetFlowsOf: (prefix) => inNamespace(name, () => host.forgetFlowsOf(prefix)),
  };
}
