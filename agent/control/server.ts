/**
 * Opens the control sockets of a daemon (requirement S8): everything on one for root and the group `bis`, reading on
 * another for everybody. No TCP, no abstract socket: only file permissions say who may.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Agent } from './agent.ts';
import { ControlError, errorCode } from './control-error.ts';
import { controlHttpServer, defaultLimits, type Limits } from './http-server.ts';
import { type InstanceLock, takeInstanceLock } from './instance-lock.ts';
import { routes } from './routes.ts';
import { giveToGroup, makeRuntimeDirectory, makeSocketDirectories } from './runtime-directory.ts';

/** How long answers that are under way may still take when the server closes. */
const CLOSING_MS = 500;

export interface ControlOptions {
  readonly runtimeDirectory: string;
  readonly agent: Agent;
  /** Tighter bounds, for tests. */
  readonly limits?: Partial<Limits>;
}

export interface ControlServer {
  /** The instance lock. */
  readonly lock: InstanceLock;
  /** Closes and removes both sockets, then lets the next daemon in. Call it when all else is undone. */
  close(): Promise<void>;
}

/**
 * Takes the instance lock of the runtime directory, then listens. Call it before anything is done to the host: it
 * throws a `ControlError` when another daemon is there, or when something that is not ours is in the way.
 */
export async function openControl(options: ControlOptions): Promise<ControlServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const paths = makeRuntimeDirectory(options.runtimeDirectory);
  const lock = await takeInstanceLock(paths.lock);
  const servers: Server[] = [];
  try {
    makeSocketDirectories(paths);
    // Of both, before one of them listens: then they listen in one turn, and nobody is answered by half a daemon.
    for (const socket of [paths.controlSocket, paths.publicSocket]) await makeWay(socket);
    const control = controlHttpServer(options.agent, routes, limits);
    await listen(control, paths.controlSocket, 0o660);
    servers.push(control);
    giveToGroup(paths.controlSocket);
    const reading = routes.filter((route) => route.method === 'GET');
    const open = controlHttpServer(options.agent, reading, limits);
    await listen(open, paths.publicSocket, 0o666);
    servers.push(open);
  } catch (error) {
    await close(servers, lock);
    throw error;
  }
  return { lock, close: () => close(servers, lock) };
}

/** Libuv unlinks a socket as it closes it, so both are gone before the lock is. */
async function close(servers: readonly Server[], lock: InstanceLock): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(timer);
    }),
  );
  lock.release();
}

/** Listens on `path` with exactly `mode`. The umask, not a later chmod, keeps others out in between. */
async function listen(server: Server, path: string, mode: number): Promise<void> {
  const umask = process.umask(0o777 & ~mode);
  try {
    await new Promise<void>((resolve, reject) => {
      // Stays: once it listens, a connection that cannot be accepted is no reason to end.
      server.on('error', reject);
      server.listen(path, resolve);
      // `listen` has called bind(2) when it returns; the other umask must not outlast this turn.
      process.umask(umask);
    });
  } catch (error) {
    throw new ControlError('unusable-directory', `Cannot listen on ${path}: ${errorCode(error)}`, { cause: error });
  } finally {
    process.umask(umask);
  }
  // A default ACL on the directory would have made the umask count for nothing (acl(5)).
  chmodSync(path, mode);
}

/** Removes a socket that a killed daemon left behind. Throws when it answers, or when it is no socket. */
async function makeWay(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new ControlError('in-the-way', `Cannot listen on ${path}: it is not a socket of ours`);
  const refusal = await new Promise<string | undefined>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(undefined)).once('error', (error) => resolve(errorCode(error)));
    probe.once('close', () => probe.removeAllListeners());
    probe.unref().setTimeout(1000, () => resolve(undefined));
    probe.once('connect', () => probe.destroy());
  });
  if (refusal !== 'ECONNREFUSED') {
    throw new ControlError('already-running', `Cannot listen on ${path}: another program answers there`);
  }
  unlinkSync(path);
}
