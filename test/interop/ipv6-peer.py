"""The peer of ipv4-program.py: knows nothing but IPv6, and answers what Node's sockets cannot. Says `ready`."""

import select
import socket
import struct
import sys

# <linux/udp.h>, <linux/in6.h>
SOL_UDP, UDP_SEGMENT = 17, 103
IPV6_RECVTCLASS, IPV6_TCLASS = 66, 67

# Protocols that are echoed as they are: SCTP, GRE, and one for experiments (RFC 3692).
PROTOCOLS = (132, 47, 253)
# Ports: the traffic class of what came; as many octets as asked for, in segments as long as asked for; datagrams that are
# kept until this host itself says `back`, and that are counted whenever it says something.
CLASS_PORT, SEGMENT_PORT, KEEP_PORT = 1001, 1002, 1003


def udp(port):
    opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    opened.bind(("::", port))
    return opened


def main():
    raw = [socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol) for protocol in PROTOCOLS]
    classes = udp(CLASS_PORT)
    classes.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
    segments = udp(SEGMENT_PORT)
    keep, kept = udp(KEEP_PORT), []
    print("ready", flush=True)
    while True:
        for ready in select.select([*raw, classes, segments, keep], [], [])[0]:
            if ready is classes:
                _, ancillary, _, sender = ready.recvmsg(65536, 256)
                traffic_class = next(struct.unpack("i", data)[0] for _, kind, data in ancillary if kind == IPV6_TCLASS)
                # Sent back with the same class, so that the asker sees what became of it on the way back.
                ready.setsockopt(socket.IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                ready.sendto(bytes([traffic_class]), sender)
            elif ready is segments:
                request, sender = ready.recvfrom(65536)
                octets, segment = struct.unpack("!HH", request[:4])
                ready.setsockopt(SOL_UDP, UDP_SEGMENT, segment)
                ready.sendto(bytes(index % 251 for index in range(octets)), sender)
            elif ready is keep:
                message, sender = ready.recvfrom(65536)
                if sender[0] != "::1":
                    kept.append((message, sender))
                    continue
                ready.sendto(str(len(kept)).encode(), sender)
                if message == b"back":
                    for datagram in kept:
                        ready.sendto(*datagram)
                    kept.clear()
            else:
                message, sender = ready.recvfrom(65536)
                ready.sendto(message, (sender[0], 0))


sys.exit(main())
