/** The few functions of the C library that Node does not offer, through koffi. Numbers are Linux's, from its headers. */
import koffi from 'koffi';

const library = koffi.load('libc.so.6');

/** Calls return -1 on failure; `failure` then says why. Buffers must stay alive, and unmoved, while the call runs. */
export const libc = {
  open: library.func('int open(const char *path, int flags)') as (path: string, flags: number) => number,
  close: library.func('int close(int fd)') as (fd: number) => number,
  ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)') as (
    fd: number,
    request: number,
    argument: Uint8Array,
  ) => number,
  /** The same function, for requests whose argument is a number and not a pointer. */
  ioctlNumber: library.func('int ioctl(int fd, unsigned long request, unsigned long argument)') as (
    fd: number,
    request: number,
    argument: number,
  ) => number,
  read: library.func('long read(int fd, void *buffer, size_t size)') as (
    fd: number,
    buffer: Uint8Array,
    size: number,
  ) => number,
  /** Reads from a place, as often as one likes: files of the kernel are made anew for offset 0. */
  pread: library.func('long pread(int fd, void *buffer, size_t size, long offset)') as (
    fd: number,
    buffer: Uint8Array,
    size: number,
    offset: number,
  ) => number,
  write: library.func('long write(int fd, void *buffer, size_t size)') as (
    fd: number,
    buffer: Uint8Array,
    size: number,
  ) => number,
  writev: library.func('long writev(int fd, void *vectors, int count)') as (
    fd: number,
    vectors: Uint8Array,
    count: number,
  ) => number,
  madvise: library.func('int madvise(uintptr_t address, size_t length, int advice)') as (
    address: number,
    length: number,
    advice: number,
  ) => number,
  /** System calls without a function of their own, of the shape that `bpf` has. */
  syscall: library.func('long syscall(long number, int command, void *attributes, unsigned int size)') as (
    number: number,
    command: number,
    attributes: Uint8Array,
    size: number,
  ) => number,
  poll: library.func('int poll(void *fds, unsigned long count, int milliseconds)') as (
    fds: Uint8Array,
    count: number,
    milliseconds: number,
  ) => number,
  mmap: library.func('void *mmap(void *address, size_t size, int protection, int flags, int fd, long offset)') as (
    address: null,
    size: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => unknown,
  munmap: library.func('int munmap(uintptr_t address, size_t size)') as (address: number, size: number) => number,
  sched_yield: library.func('int sched_yield()') as () => number,
  sched_getaffinity: library.func('int sched_getaffinity(int thread, size_t size, void *processors)') as (
    thread: number,
    size: number,
    processors: Uint8Array,
  ) => number,
  sched_setaffinity: library.func('int sched_setaffinity(int thread, size_t size, void *processors)') as (
    thread: number,
    size: number,
    processors: Uint8Array,
  ) => number,
  eventfd: library.func('int eventfd(unsigned int value, int flags)') as (value: number, flags: number) => number,
  socket: library.func('int socket(int domain, int type, int protocol)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  socketpair: library.func('int socketpair(int domain, int type, int protocol, void *ends)') as (
    domain: number,
    type: number,
    protocol: number,
    ends: Int32Array,
  ) => number,
  setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, unsigned int size)') as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    size: number,
  ) => number,
  sendto: library.func(
    'long sendto(int fd, void *data, size_t size, int flags, void *address, unsigned int length)',
  ) as (fd: number, data: Uint8Array, size: number, flags: number, address: Uint8Array, length: number) => number,
  bind: library.func('int bind(int fd, void *address, unsigned int size)') as (
    fd: number,
    address: Uint8Array,
    size: number,
  ) => number,
};

/** `open`, `socket` and `eventfd` flags: nothing of ours outlives us in a child (`O_CLOEXEC`), nothing makes us wait. */
export const flag = { RDWR: 0o2, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

/** From asm-generic/mman-common.h; what `mmap` returns when it fails is the pointer -1. */
const map = { READ_WRITE: 3, SHARED: 1, FAILED: 0xffff_ffff_ffff_ffffn } as const;

/** The error number of the last failed call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The last failure as an error that says what could not be done: `Cannot open /dev/net/tun: EACCES`. */
export function failure(what: string): Error {
  const number = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return Object.assign(new Error(`Cannot ${what}: ${name}`), { code: name });
}

/** The address of a buffer's octets, as a number: exact below 2^53, and user space ends at 2^47. */
export function addressOf(buffer: Uint8Array): number {
  return Number(koffi.address(buffer));
}

/** The first `size` octets of what a descriptor stands for, mapped for reading and writing, shared; `undefined` if it cannot be. */
export function mapped(fd: number, size: number): ArrayBuffer | undefined {
  const pointer = libc.mmap(null, size, map.READ_WRITE, map.SHARED, fd, 0);
  return koffi.address(pointer) === map.FAILED ? undefined : koffi.view(pointer, size);
}
