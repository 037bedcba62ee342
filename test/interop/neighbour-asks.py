"""
Somebody on the link who asks a DNS server of ours, as himself and as anybody: `neighbour-asks.py LINK_ADDRESS PORT4 PORT6`
sends one question from every source to either address of ours, and prints how many that were. Port 0 is not asked.
"""

import socket
import struct
import sys

from neighbour import UDP, dual4, dual6, own4, own6, packet, with_checksum

QUESTION = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\3six\7example\0" + struct.pack("!2H", 1, 1)
ETHERTYPE4, ETHERTYPE6 = 0x0800, 0x86DD


def asks(source, destination, port):
    header = struct.pack("!HHHH", 40000, port, 8 + len(QUESTION), 0)
    return packet(source, destination, (UDP, with_checksum(source, destination, UDP, header + QUESTION, 6)))


def main(link_address, port4, port6):
    # Past the neighbour's own kernel, which would not send from such sources.
    link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    sent = 0
    for ethertype, port, destination, sources in (
        (ETHERTYPE4, int(port4), dual4, (own4, dual4, "127.0.0.1", "10.170.160.1", "172.21.112.1", "192.0.2.9")),
        (ETHERTYPE6, int(port6), dual6, (own6, dual6, "::1", "::ffff:127.0.0.1", "fe80::66", "2001:db8:99::9")),
    ):
        for source in sources if port > 0 else ():
            there = ("eth0", ethertype, 0, 0, bytes.fromhex(link_address.replace(":", "")))
            link.sendto(asks(source, destination, port), there)
            sent += 1
    return sent


print(main(*sys.argv[1:]))
