/**
 * Forgetting flows: the first packet decides what connection tracking does with all that follow, so a change of what is
 * exposed takes effect when those of before are forgotten, and a flow that outlived its NAT rules would go on being
 * translated. Over nfnetlink (linux/netfilter/nfnetlink_conntrack.h), with koffi: to be loaded only when it is needed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import koffi from 'koffi';
import { type Ipv6Address, ipv6FromOctets } from '../mapper/address/ipv6.ts';
import { ipv6PrefixContains, parseIpv6Prefix } from '../mapper/address/prefix.ts';

/** One IPv6 flow as it is tracked: between whom its first packet was sent, and who answers. */
export interface Flow {
  readonly protocol: number;
  /** Who began, before any NAT. */
  readonly source: Ipv6Address;
  readonly destination: Ipv6Address;
  /** The destination's; 0 for protocols that have none. */
  readonly port: number;
  /** Other than `destination` where the flow is DNATed. */
  readonly answering: Ipv6Address;
  /** Whom the answers are for: other than who began it where its source is NATed. */
  readonly answered: Ipv6Address;
}

/** From the Linux headers. */
const AF_NETLINK = 16;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_NETFILTER = 12;
const NLM = { REQUEST: 0x001, ACK: 0x004, DUMP: 0x300, DONE: 3, ERROR: 2 } as const;
/** `struct nlmsghdr` and, behind it, `struct nfgenmsg`. */
const HEADER = { SIZE: 16, LENGTH: 0, TYPE: 4, FLAGS: 6 } as const;
const NFGEN_SIZE = 4;
/** Messages of the subsystem for connection tracking. */
const message = { NEW: 0x100, GET: 0x101, DELETE: 0x102 } as const;
/** Attributes: `struct nlattr`, of which two bits of the type are flags. */
const ATTRIBUTE = { SIZE: 4, TYPE_MASK: 0x3fff } as const;
const attribute = { ORIGINAL: 1, REPLY: 2, ID: 12, ZONE: 18 } as const;
const tuple = { IP: 1, PROTOCOL: 2 } as const;
const ip = { SOURCE6: 3, DESTINATION6: 4 } as const;
const transport = { NUMBER: 1, DESTINATION_PORT: 3 } as const;

/** The kernel puts no more into one datagram of a dump. */
const BUFFER_SIZE = 65_536;

/** Rounds of forgetting a prefix: listing may miss what moves about in the table meanwhile. */
const MOST_ROUNDS = 3;

/** What a kernel without connection tracking over netlink answers: then there is nothing we could have it forget. */
const UNTRACKED: ReadonlySet<unknown> = new Set(['EINVAL', 'EOPNOTSUPP', 'EPROTONOSUPPORT']);

/** The functions of libc that are used, bound once. */
function bind() {
  const library = koffi.load('libc.so.6');
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    read: library.func('long read(int fd, void *buffer, size_t size)'),
    write: library.func('long write(int fd, void *buffer, size_t size)'),
    close: library.func('int close(int fd)'),
  };
}

let bound: ReturnType<typeof bind> | undefined;

/** `Cannot …` with the name of an error number as its `code`. */
function refusal(what: string, number: number = koffi.errno()): Error {
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return Object.assign(new Error(`Cannot ${what}: ${name}`), { code: name });
}

/**
 * Forgets the tracked IPv6 flows that an address of this prefix began or answers: those we masqueraded, and those we sent
 * to ourselves. Does nothing where the kernel has no such list. Rejects when the kernel refuses, or the prefix is none.
 */
export async function forgetFlowsOf(prefix: string): Promise<void> {
  const parsed = parseIpv6Prefix(prefix);
  if (parsed === undefined) throw new Error(`Cannot forget the flows of ${prefix}: it is no IPv6 prefix`);
  const matches = ({ source, destination, answering }: Flow): boolean =>
    [source, destination, answering].some((address) => ipv6PrefixContains(parsed, address));
  try {
    for (let round = 0; round < MOST_ROUNDS; round++) if ((await forgetFlows(matches)) === 0) return;
  } catch (error) {
    if (!isUntracked(error)) throw error;
  }
}

/** Whether a failure says that this kernel does not tell what it tracks. */
export function isUntracked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNTRACKED.has(error.code);
}

/**
 * Forgets the tracked IPv6 flows that match, in the network namespace of this thread. Gives other work its turn now and
 * then; flows that begin meanwhile may be missed. Returns how many they were; rejects when the kernel refuses.
 */
export async function forgetFlows(matches: (flow: Flow) => boolean): Promise<number> {
  bound ??= bind();
  const libc = bound;
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) throw refusal('ask for the tracked flows');
  try {
    const ask = request(message.GET, NLM.REQUEST | NLM.DUMP, []);
    if (libc.write(fd, ask, ask.length) < 0) throw refusal('ask for the tracked flows');
    const found: Uint8Array[] = [];
    const octets = new Uint8Array(new ArrayBuffer(BUFFER_SIZE));
    for (let isDone = false; !isDone; await nextTurn()) {
      const length = Number(libc.read(fd, octets, octets.length));
      if (length < 0) throw refusal('read the tracked flows');
      isDone = readDump(octets.subarray(0, length), matches, found) || length === 0;
    }
    for (const removal of found) {
      if (libc.write(fd, removal, removal.length) < 0) throw refusal('forget a flow');
    }
    return found.length;
  } finally {
    libc.close(fd);
  }
}

/**
 * Reads one datagram of a dump, and adds a request for each flow that is to be forgotten. Returns whether it was the
 * last. Throws when the kernel refused to list.
 */
export function readDump(octets: Uint8Array, matches: (flow: Flow) => boolean, removals: Uint8Array[]): boolean {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at + HEADER.SIZE <= octets.length; ) {
    const length = view.getUint32(at + HEADER.LENGTH, true);
    const type = view.getUint16(at + HEADER.TYPE, true);
    if (type === NLM.DONE) return true;
    if (type === NLM.ERROR) throw refusal('list the tracked flows', errorOf(view, at));
    if (length < HEADER.SIZE || at + length > octets.length) break;
    if (type === message.NEW) {
      const attributes = readAttributes(octets.subarray(at + HEADER.SIZE + NFGEN_SIZE, at + length));
      const flow = readFlow(attributes);
      if (flow !== undefined && matches(flow)) removals.push(removalOf(attributes));
    }
    at += aligned(length);
  }
  return false;
}

/** The error number of a refusal, or 0 where it is cut off. */
function errorOf(view: DataView, at: number): number {
  return at + HEADER.SIZE + 4 <= view.byteLength ? -view.getInt32(at + HEADER.SIZE, true) : 0;
}

/** Attributes by type, each whole, with its header. */
type Attributes = ReadonlyMap<number, Uint8Array>;

function readAttributes(octets: Uint8Array): Attributes {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE.SIZE <= octets.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE.SIZE || at + length > octets.length) break;
    found.set(view.getUint16(at + 2, true) & ATTRIBUTE.TYPE_MASK, octets.subarray(at, at + length));
    at += aligned(length);
  }
  return found;
}

/** The attributes inside an attribute, or none. */
function inside(attributes: Attributes, type: number): Attributes {
  return readAttributes((attributes.get(type) ?? new Uint8Array()).subarray(ATTRIBUTE.SIZE));
}

function readFlow(attributes: Attributes): Flow | undefined {
  const original = inside(attributes, attribute.ORIGINAL);
  const source = inside(original, tuple.IP).get(ip.SOURCE6);
  const destination = inside(original, tuple.IP).get(ip.DESTINATION6);
  const reply = inside(inside(attributes, attribute.REPLY), tuple.IP);
  const [answering, answered] = [reply.get(ip.SOURCE6), reply.get(ip.DESTINATION6)];
  const { number, port } = { number: transport.NUMBER, port: transport.DESTINATION_PORT };
  const protocols = inside(original, tuple.PROTOCOL);
  const protocol = protocols.get(number)?.[ATTRIBUTE.SIZE];
  const ports = protocols.get(port);
  if (source?.length !== 20 || destination?.length !== 20) return undefined;
  if (answering?.length !== 20 || answered?.length !== 20) return undefined;
  if (protocol === undefined || (ports !== undefined && ports.length !== 6)) return undefined;
  return {
    protocol,
    source: ipv6FromOctets(source, ATTRIBUTE.SIZE),
    destination: ipv6FromOctets(destination, ATTRIBUTE.SIZE),
    port: ((ports?.[4] ?? 0) << 8) | (ports?.[5] ?? 0),
    answering: ipv6FromOctets(answering, ATTRIBUTE.SIZE),
    answered: ipv6FromOctets(answered, ATTRIBUTE.SIZE),
  };
}

/** The request that removes a flow: its first tuple, its zone, and its id, so that no later one is meant. */
function removalOf(attributes: Attributes): Uint8Array {
  const kept = [attribute.ORIGINAL, attribute.ZONE, attribute.ID].map((type) => attributes.get(type));
  return request(
    message.DELETE,
    NLM.REQUEST,
    kept.filter((each) => each !== undefined),
  );
}

function request(type: number, flags: number, attributes: readonly Uint8Array[]): Uint8Array {
  const size = HEADER.SIZE + NFGEN_SIZE + attributes.reduce((sum, { length }) => sum + aligned(length), 0);
  const octets = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(octets.buffer);
  view.setUint32(HEADER.LENGTH, size, true);
  view.setUint16(HEADER.TYPE, type, true);
  view.setUint16(HEADER.FLAGS, flags, true);
  octets[HEADER.SIZE] = AF_INET6;
  let at = HEADER.SIZE + NFGEN_SIZE;
  for (const each of attributes) {
    octets.set(each, at);
    at += aligned(each.length);
  }
  return octets;
}

/** Messages and attributes begin at multiples of 4. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
