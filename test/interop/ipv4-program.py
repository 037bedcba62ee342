"""
A program that knows nothing but IPv4, and uses its sockets as few programs do. Python, because Node has no raw sockets,
no error queue and no socket options. `ipv4-program.py COMMAND ...` prints one JSON value; the commands are the functions
at the end.
"""

import json
import socket
import struct
import sys
import time

import probing
from probing import PATIENCE, PMTUDISC, all_echoed, echoed, name_of, pattern, streamed

# <linux/in.h>, <linux/udp.h>, <linux/tcp.h>, <asm-generic/socket.h>, <linux/errqueue.h>
IP_TOS, IP_TTL, IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTOS, IP_MTU, IP_NODEFRAG = 1, 2, 10, 11, 13, 14, 22
SOL_UDP, UDP_SEGMENT = 17, 103
SO_NO_CHECK = 11
IPPROTO_SCTP = 132
TCPI_OPT_ECN, TCPI_OPT_ECN_SEEN = 8, 16

ECHO_PORT, CLASS_PORT, SEGMENT_PORT, KEEP_PORT = 7, 1001, 1002, 1003


def udp(host, port, patience=PATIENCE):
    return probing.udp(socket.AF_INET, host, port, patience)


def echo(host, sizes, discovery="want", tries="1", checksum="yes"):
    """Sends datagrams of all sizes (`1-2000,65507`) to the echo server; prints those that did not come back, and why."""
    with udp(host, ECHO_PORT, 0.5 if int(tries) > 1 else PATIENCE) as opened:
        opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC[discovery])
        if checksum == "no":
            opened.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        return all_echoed(opened, sizes, int(tries))


def discover(host, size):
    """What a program with DF set on all its datagrams sees: the outcomes of three tries, and the MTU it then learns."""
    with udp(host, ECHO_PORT, 0.5) as opened:
        opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC["do"])
        tries = [echoed(opened, pattern(int(size))) for _ in range(3)]
        mtu = opened.getsockopt(socket.IPPROTO_IP, IP_MTU)
        return {"tries": tries, "mtu": mtu, "fits": echoed(opened, pattern(mtu - 28)), "over": echoed(opened, pattern(mtu - 27))}


def connect(host, port):
    """Connects with TCP: how it ended and after how many milliseconds."""
    begun = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as opened:
        opened.settimeout(PATIENCE)
        try:
            opened.connect((host, int(port)))
            outcome = "connected"
        except OSError as error:
            outcome = name_of(error)
    return {"outcome": outcome, "milliseconds": round((time.monotonic() - begun) * 1000)}


def send(host, port, ttl="64", patience="2"):
    """Sends one datagram and waits: the outcome, and the ICMP error behind it (`type/code source`)."""
    begun = time.monotonic()
    with udp(host, int(port), float(patience)) as opened:
        opened.setsockopt(socket.IPPROTO_IP, IP_TTL, int(ttl))
        opened.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        outcome = echoed(opened, b"anybody there?")
        milliseconds = round((time.monotonic() - begun) * 1000)
        cause = ""
        opened.setblocking(False)
        try:
            for _, _, data in opened.recvmsg(2048, 512, socket.MSG_ERRQUEUE)[1]:
                # struct sock_extended_err: number (4), origin, type, code; behind it (16) the sockaddr_in that told.
                cause = f"{data[5]}/{data[6]} {socket.inet_ntoa(data[20:24])}"
        except BlockingIOError:
            pass
        return {"outcome": outcome, "cause": cause, "milliseconds": milliseconds}


def classes(host):
    """Sends a datagram of each type of service; prints [sent, what the peer saw, what came back]."""
    seen = []
    with udp(host, CLASS_PORT) as opened:
        opened.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
        for service in (0, 1, 2, 3, 0xB8, 0xBA, 0xFF):
            opened.setsockopt(socket.IPPROTO_IP, IP_TOS, service)
            opened.send(b"x")
            answer, ancillary, _, _ = opened.recvmsg(16, 64)
            seen.append([service, answer[0], next(data[0] for _, kind, data in ancillary if kind == IP_TOS)])
    return seen


def received(opened, octets):
    """Datagrams until there are so many octets or none comes: their lengths, and whether the octets are right."""
    lengths, content = [], b""
    while len(content) < octets:
        try:
            datagram = opened.recv(65536)
        except TimeoutError:
            break
        lengths.append(len(datagram))
        content += datagram
    return lengths, content == pattern(octets)


def segments_up(host, octets, segment):
    """Sends so many octets at once as segments (UDP_SEGMENT) to the echo server: the lengths that come back."""
    with udp(host, ECHO_PORT) as opened:
        opened.setsockopt(SOL_UDP, UDP_SEGMENT, int(segment))
        opened.send(pattern(int(octets)))
        return received(opened, int(octets))


def segments_down(host, octets, segment):
    """Has the peer send so many octets at once as segments: the lengths that come."""
    with udp(host, SEGMENT_PORT) as opened:
        opened.send(struct.pack("!HH", int(octets), int(segment)))
        return received(opened, int(octets))


def burst(address, *lengths):
    """Sends datagrams of these lengths to the peer, which keeps them for a while; says `sent`. What comes back: the number
    of each among those that were sent, or -1."""
    messages = [pattern(int(length), number) for number, length in enumerate(lengths)]
    with udp(address, KEEP_PORT, 30) as opened:
        for message in messages:
            opened.send(message)
        print("sent", file=sys.stderr, flush=True)
        came = [opened.recv(65536) for _ in messages]
        return [messages.index(message) if message in messages else -1 for message in came]


def stream(host, octets):
    """Sends octets to the TCP echo server: whether they came back, and whether both ends did ECN (RFC 3168)."""
    message = pattern(int(octets))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as opened:
        opened.settimeout(PATIENCE)
        opened.connect((host, ECHO_PORT))
        same = streamed(opened, message)
        options = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[5]
        return {
            "same": same,
            "negotiated": bool(options & TCPI_OPT_ECN),
            "seen": bool(options & TCPI_OPT_ECN_SEEN),
        }


def crc32c(octets):
    """The checksum of SCTP (RFC 9260 appendix A), bit by bit."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp_init():
    """An SCTP packet with an INIT chunk (RFC 9260 §3.3.2)."""
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 0x1234, 65536, 1, 1, 1)
    header = struct.pack("!HHI", 5000, 5000, 0)
    return header + struct.pack("<I", crc32c(header + bytes(4) + chunk)) + chunk


def protocol(host, number, sizes):
    """Sends packets of a protocol, with so many octets of payload each (`0,100`), to the peer, which sends them back."""
    number, failed = int(number), {}
    for size in sizes.split(","):
        message = pattern(int(size))
        if number == socket.IPPROTO_GRE:
            message = struct.pack("!HH", 0, 0x0800) + message
        elif number == IPPROTO_SCTP:
            message = sctp_init()
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, number) as opened:
            opened.settimeout(PATIENCE)
            opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC["dont"])
            opened.connect((host, 0))
            try:
                opened.send(message)
                packet = opened.recv(65536)
            except OSError as error:
                failed[size] = name_of(error)
                continue
        if packet[(packet[0] & 15) * 4 :] != message:
            failed[size] = "other"
    return failed


def first_fragments(host, count):
    """Sends the first fragments of so many pings whose rest never comes."""
    echo_request = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + bytes(1192)
    target = socket.gethostbyname(host)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as opened:
        # Else connection tracking would keep them for itself.
        opened.setsockopt(socket.IPPROTO_IP, IP_NODEFRAG, 1)
        for number in range(int(count)):
            fields = (0x45, 0, 20 + len(echo_request), 40000 + number, 0x2000, 64, 1, 0)
            addresses = bytes(4) + socket.inet_aton(target)
            opened.sendto(struct.pack("!BBHHHBBH", *fields) + addresses + echo_request, (target, 0))
    return int(count)


commands = (echo, discover, connect, send, classes, segments_up, segments_down, burst, stream, protocol, first_fragments)
chosen = {command.__name__: command for command in commands}[sys.argv[1]]
print(json.dumps(chosen(*sys.argv[2:])))
