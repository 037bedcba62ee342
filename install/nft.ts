/**
 * libnftables in this process (libnftables(3)), through koffi. A table made here with `flags owner` belongs to the one
 * netlink socket behind the context: it is gone when the context is closed or the process killed, and no other program
 * can change or flush it.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import { errorIn, keepBatch, partsOf } from './nft-kept.ts';
import type { Family } from './nft-word.ts';

/** The type of `struct nft_ctx *`, which is never looked into. */
const CONTEXT = koffi.pointer('bis_nft_ctx', koffi.opaque());

/** fcntl(2): the command, and the flag that closes a descriptor in every child at exec. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

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
    fcntl: libc.func('int fcntl(int descriptor, int command, ...)'),
    read: libc.func('long read(int descriptor, void *octets, size_t size)'),
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
      this.#socket = descriptor;
      if (this.#library.fcntl(descriptor, F_SETFD, 'int', FD_CLOEXEC) !== 0) throw new Error('Cannot set FD_CLOEXEC');
    }
  }

  /**
   * Runs commands as one transaction: all of them or none, but for those of `keepCommand`, each of which is one for itself. Takes
   * about 0.3 ms. Returns what nft prints. Throws an `Error` with nft's own text when nft or the kernel refuses, and when the
   * context is closed.
   */
  run(commands: string): string {
    return partsOf(commands)
      .map((part) => (typeof part === 'string' ? this.#transact(part) : this.#keep(part.family, part.name)))
      .join('');
  }

  #transact(commands: string): string {
    if (this.#context === undefined) throw new Error('Cannot run nft commands: the context is closed');
    const status = this.#library.run(this.#context, commands) as number;
    // Both buffers are emptied by reading them.
    const output = (this.#library.output(this.#context) as string | null) ?? '';
    const error = (this.#library.error(this.#context) as string | null) ?? '';
    if (status !== 0) throw new Error(error.trim() === '' ? `nft returned ${status}` : error.trim());
    return output;
  }

  /** Makes a table that is kept, in the place of one that is not. */
  #keep(family: Family, name: string): string {
    if (this.#context === undefined) throw new Error('Cannot run nft commands: the context is closed');
    let error = this.#send(keepBatch(family, name));
    if (error === koffi.os.errno.EOPNOTSUPP) {
      try {
        this.#transact(`delete table ${family} ${name}`);
        error = this.#send(keepBatch(family, name));
      } catch {
        // None was there: the kernel keeps nothing.
      }
    }
    if (error === 0) return '';
    const [code] = Object.entries(koffi.os.errno).find(([, number]) => number === error) ?? [`errno ${error}`];
    throw new Error(`Cannot make the nft table ${family} ${name}: ${code}`);
  }

  /** The error number that the kernel answers to a batch, 0 for none; its answer is there when `write` returns. */
  #send(batch: Uint8Array): number | undefined {
    const { read, write } = this.#library;
    const answer = new Uint8Array(new ArrayBuffer(4096));
    const isSent = Number(write(this.#socket, batch, batch.length)) === batch.length;
    const length = isSent ? Number(read(this.#socket, answer, answer.length)) : -1;
    return length < 0 ? koffi.errno() : errorIn(answer.subarray(0, length));
  }

  /** Frees the context; the tables it owns are gone when this returns. A second call does nothing. */
  close(): void {
    if (this.#context === undefined) return;
    this.#library.free(this.#context);
    this.#context = undefined;
  }
}
