"""
Somebody on the link who sends whatever could get in: `neighbour.py LINK_ADDRESSED...` sends every attack once, and prints
how many packets those were. Sources may be anybody's, so that answers would go anywhere; a capture sees them.
"""

import itertools
import json
import socket
import struct
import sys

TCP, UDP, ICMP, ICMPV6, FRAGMENT, DESTINATION_OPTIONS = 6, 17, 1, 58, 44, 60
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

dual4, dual6 = "198.51.100.1", "2001:db8:6::1"
own4, own6 = "198.51.100.66", "2001:db8:6::66"
self4, spool = "172.21.112.1", ["10.170.160.0", "10.170.160.1", "10.170.160.77", "10.170.175.255"]


def total(octets):
    octets += b"\0" * (len(octets) % 2)
    value = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return ~value & 0xFFFF


def with_checksum(source, destination, protocol, message, at):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    pseudo = b"" if protocol == ICMP else addresses + struct.pack("!HBBHH", 0, 0, protocol, 0, len(message))
    checksum = total(pseudo + message[:at] + b"\0\0" + message[at + 2 :])
    return message[:at] + struct.pack("!H", checksum) + message[at + 2 :]


def tcp(source, destination, port, flags):
    header = struct.pack("!HHIIBBHHH", 40000, port, 1000, 2000, 0x50, flags, 65535, 0, 0)
    return TCP, with_checksum(source, destination, TCP, header, 16)


def udp(source, destination, port, octets=b"hello"):
    return UDP, with_checksum(source, destination, UDP, struct.pack("!HHHH", 40000, port, 8 + len(octets), 0) + octets, 6)


def echo(source, destination):
    protocol = ICMPV6 if ":" in source else ICMP
    message = struct.pack("!BBHHH", 128 if protocol == ICMPV6 else 8, 0, 0, 1, 1)
    return protocol, with_checksum(source, destination, protocol, message, 2)


def error(source, destination, kind, quote):
    protocol = ICMPV6 if ":" in source else ICMP
    return protocol, with_checksum(source, destination, protocol, struct.pack("!BBHI", kind, 0, 0, 1280) + quote, 2)


def packet(source, destination, content):
    protocol, payload = content
    if ":" in source:
        addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 7, 0, 64, protocol, 0) + addresses + payload


def contents(source, destination, port):
    yield from (tcp(source, destination, port, flags) for flags in (SYN, ACK, RST, FIN, 0, FIN | PSH | URG, SYN | FIN))
    yield udp(source, destination, port)
    yield echo(source, destination)


def fragments(source, destination, port):
    """First ones without a rest, later ones without a first, overlapping ones, and one fragment inside another."""
    protocol, payload = udp(source, destination, port, bytes(1472))
    for number, (offset, more) in enumerate([(0, 1), (8, 0), (0, 1), (4, 1), (16, 0)]):
        header = struct.pack("!BBHI", protocol, 0, offset << 3 | more, 100 + number // 2)
        yield FRAGMENT, header + payload[offset << 3 : (offset << 3) + 64]
    inner = struct.pack("!BBHI", protocol, 0, 1, 200)
    yield FRAGMENT, struct.pack("!BBHI", FRAGMENT, 0, 1, 200) + inner + payload[:64]


def attacks(ula, port):
    """Every attack as [source, destination, content]."""
    self6 = f"{ula}ac15:7001"
    for destination in (self4, *spool):
        for source in (own4, "192.0.2.9", self4, spool[2], dual4):
            for content in contents(source, destination, port):
                yield source, destination, content
    for source in (self4, spool[1]):
        for content in contents(source, dual4, port):
            yield source, dual4, content
    for destination in (self6, f"{ula}aaa:a001", f"{ula}808:808"):
        for source in (own6, "2001:db8:99::9", dual6, self6):
            for content in itertools.chain(contents(source, destination, port), fragments(source, destination, port)):
                yield source, destination, content
    # To the host's own address: what only we could have sent, what is no beginning, and errors about what never was.
    for source in (self6, f"{ula}808:808", dual6, "::1", "::ffff:10.0.0.1", "::", "ff02::1", "fe80::66"):
        for content in itertools.chain(contents(source, dual6, port), fragments(source, dual6, port)):
            yield source, dual6, content
    for flags in (ACK, RST, FIN, 0, FIN | PSH | URG, SYN | FIN, SYN | RST, SYN | ACK):
        yield own6, dual6, tcp(own6, dual6, port, flags)
    for content in fragments(own6, dual6, port):
        yield own6, dual6, content
    for kind in (1, 2, 3, 4):
        for inner in (tcp(dual6, own6, port, SYN), udp(self6, own6, port), udp(dual6, "2001:db8:6::2", 53)):
            quote = packet(self6 if inner[0] == UDP else dual6, own6, inner)
            yield own6, dual6, error(own6, dual6, kind, quote)
            yield own6, self6, error(own6, self6, kind, quote)


def main(ula, port):
    raw4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for opened in (raw4, raw6):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    raw4.setsockopt(socket.IPPROTO_IP, 22, 1)  # IP_NODEFRAG
    sent, refused = 0, 0
    for source, destination, content in attacks(ula, int(port)):
        try:
            (raw6 if ":" in source else raw4).sendto(packet(source, destination, content), (destination, 0))
            sent += 1
        except OSError:
            # What this kernel does not send, nobody's does; the test wants nearly all to be sent.
            refused += 1
    return {"sent": sent, "refused": refused}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
