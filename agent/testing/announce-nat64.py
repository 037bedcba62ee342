"""`announce-nat64.py DEVICE PREFIX SECONDS`: sends one Router Advertisement that says nothing but that a NAT64 translates this
/96 for so many seconds (RFC 8781), as a router would that is no default router."""
import socket, struct, sys

ROUTER_ADVERTISEMENT, PREF64 = 134, 38
device, prefix, seconds = sys.argv[1:]
index = socket.if_nametoindex(device)
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
option = struct.pack("!BBH", PREF64, 2, int(seconds) // 8 << 3) + socket.inet_pton(socket.AF_INET6, prefix)[:12]
message = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0) + option
sender.sendto(message, ("ff02::1", 0, 0, index))
