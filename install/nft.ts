/**
 * libnftables in this process (libnftables(3)), through koffi. A table made here with `flags owner` belongs to the one
 * netlink socket behind the context: it is gone when the context is closed or the process killed, and no other program
 * can change or flush it.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import { errorIn, type KeptTable, keepBatch, partsOf } from './nft-kept.ts';

/** The type of `struct nft_ctx *`, which is never looked into. */
const CONTEXT = koffi.pointer('bis_nft_ctx', koffi.opaque());

/** fcntl(2): the command, and the flag that closes a descriptor in every child at exec. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** pthread_sigmask(3): octets of `sigset_t`, all signals, and what is done with them. */
const SIGNALS_SIZE = 128;
const allSignals = new Uint8Array(new ArrayBuffer(SIGNALS_SIZE)).fill(0xff);
const SIG_BLOCK = 0;
const SIG_SETMASK = 2;

/** recv(2): does not wait for what is not there. */
const MSG_DONTWAIT = 0x40;

/** getsockopt(2): what is asked, and what the socket of libnftables answers (AF_NETLINK, NETLINK_NETFILTER). */
const SOL_SOCKET = 1;
const netfilter = [
  { option: 39, answer: 16 },
  { option: 38, answer: 12 },
] as const;

/** The functions of libnftables and libc that are used, bound once. */
function bind() {
  const nftables = koffi.load('libnftables.so.1');
  const libc = koffi.load('libc.so.6');
  return {
    create: nftables.func('nft_ctx_new', CONTEXT, ['uint32_t']),
    free: nftables.func('nft_ctx_free', 'void', [CONTEXT]),
    bufferOutput: nftables.func('nft_ctx_buffer_output', 'int', [CONTEXT]),
    bufferError: nftables.func('nft_ctx_buffer_error', 'int', [CONTEXT]),
    run: nftables.func('nft_run_cmd_from_buffer', 'int', [CONTEXT, 'str']),
    output: nftables.func('nft_ctx_get_output_buffer', 'str', [CONTEXT]),
    error: nftables.func('nft_ctx_get_error_buffer', 'str', [CONTEXT]),
    pthread_sigmask: libc.func('int pthread_sigmask(int how, void *set, void *before)'),
    fcntl: libc.func('int fcntl(int descriptor, int command, ...)'),
    getsockopt: libc.func('int getsockopt(int descriptor, int level, int name, void *value, void *size)'),
    recv: libc.func('long recv(int descriptor, void *octets, size_t size, int flags)'),
    write: libc.func('long write(int descriptor, void *octets, size_t size)'),
  };
}

let bound: ReturnType<typeof bind> | undefined;

/** The descriptors of this process that are sockets, each with the inode that tells it from a later one of the same number. */
function sockets(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      if (target.startsWith('socket:')) found.set(Number(name), target);
    } catch {
      // The descriptor readdir itself had open is closed by now.
    }
  }
  return found;
}

/**
 * One libnftables context. Its socket belongs to the network namespace the process is in when the context is made.
 * Do not `list` with it where time matters: under foreign changes libnftables starts over, without bound.
 */
export class Nft {
  readonly #library: ReturnType<typeof bind>;
  #context: unknown;
  /** The descriptor of its socket. */
  #socket = -1;

  /** Throws when libnftables cannot be loaded or gives no context. */
  constructor() {
    bound ??= bind();
    this.#library = bound;
    const before = sockets();
    const context: unknown = this.#library.create(0);
    if (context === null) throw new Error('Cannot make an nftables context');
    this.#library.bufferOutput(context);
    this.#library.bufferError(context);
    this.#context = context;
    // libnftables opens its socket without CLOEXEC, and a child that outlived us would keep the owner table alive.
    for (const [descriptor, inode] of sockets()) {
      if (before.get(descriptor) === inode) continue;
      if (this.#isNetfilter(descriptor)) this.#socket = descriptor;
      if (this.#library.fcntl(descriptor, F_SETFD, 'int', FD_CLOEXEC) !== 0) throw new Error('Cannot set FD_CLOEXEC');
    }
  }

  /** Whether a descriptor is a socket of netfilter: other threads may have opened others meanwhile. */
  #isNetfilter(descriptor: number): boolean {
    return netfilter.every(({ option, answer }) => {
      const value = new Int32Array(1);
      const isTold = this.#library.getsockopt(descriptor, SOL_SOCKET, option, value, new Int32Array([4])) === 0;
      return isTold && value[0] === answer;
    });
  }

  /**
   * Runs commands as one transaction: all of them or none, but for those of `keepCommand`, each of which is one for itself. Takes
   * about 0.3 ms. Returns what nft prints. Throws an `Error` with nft's own text when nft or the kernel refuses, and when the
   * context is closed.
   */
  run(commands: string): string {
    return partsOf(commands)
      .map((part) => (typeof part === 'string' ? this.#transact(part) : this.#keep(part)))
      .join('');
  }

  #transact(commands: string): string {
    if (this.#context === undefined) throw new Error('Cannot run nft commands: the context is closed');
    const status = this.#undisturbed(() => this.#library.run(this.#context, commands) as number);
    // Both buffers are emptied by reading them.
    const output = (this.#library.output(this.#context) as string | null) ?? '';
    const error = (this.#library.error(this.#context) as string | null) ?? '';
    if (status !== 0) throw new Error(error.trim() === '' ? `nft returned ${status}` : error.trim());
    return output;
  }

  /**
   * Calls without signals on this thread: libnftables takes the end of a child of ours (SIGCHLD) for a failure, when it comes while
   * it looks for answers, although the kernel has done everything.
   */
  #undisturbed<T>(call: () => T): T {
    const { pthread_sigmask } = this.#library;
    const before = new Uint8Array(new ArrayBuffer(SIGNALS_SIZE));
    pthread_sigmask(SIG_BLOCK, allSignals, before);
    try {
      return call();
    } finally {
      pthread_sigmask(SIG_SETMASK, before, null);
    }
  }

  /** Makes a table that is kept, in the place of one that is not. */
  #keep(table: KeptTable): string {
    if (this.#context === undefined) throw new Error('Cannot run nft commands: the context is closed');
    const { family, name } = table;
    let error = this.#send(keepBatch(table));
    if (error === koffi.os.errno.EOPNOTSUPP && this.#isDeleted(`${family} ${name}`))
      error = this.#send(keepBatch(table));
    if (error === 0) return '';
    const [code] = Object.entries(koffi.os.errno).find(([, number]) => number === error) ?? [`errno ${error}`];
    throw new Error(`Cannot make the nft table ${family} ${name}: ${code}`);
  }

  /** Whether there was such a table, and is no more. Throws when it cannot be deleted. */
  #isDeleted(table: string): boolean {
    try {
      this.#transact(`delete table ${table}`);
      return true;
    } catch (error) {
      if (/No such file/.test(String(error))) return false;
      throw error;
    }
  }

  /** Sends a batch. Returns the first error number in the answers, which are there when `write` returns; 0 for none. */
  #send(batch: Uint8Array): number {
    const { recv, write } = this.#library;
    if (Number(write(this.#socket, batch, batch.length)) !== batch.length) return koffi.errno();
    const answer = new Uint8Array(new ArrayBuffer(4096));
    const errors: number[] = [];
    // Nothing of this may be left for libnftables to read.
    for (let length = 1; length > 0; ) {
      length = Number(recv(this.#socket, answer, answer.length, MSG_DONTWAIT));
      if (length > 0) errors.push(errorIn(answer.subarray(0, length)) ?? koffi.os.errno.EPROTO ?? -1);
    }
    return errors.length === 0 ? koffi.errno() : (errors.find((error) => error !== 0) ?? 0);
  }

  /** Frees the context; the tables it owns are gone when this returns. A second call does nothing. */
  close(): void {
    if (this.#context === undefined) return;
    this.#library.free(this.#context);
    this.#context = undefined;
  }
}
