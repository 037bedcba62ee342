"""Echoes over TCP (port 7000) and UDP (port 7001) at every address of this host, each answer behind the address it was sent to."""
import selectors
import socket

# From linux/in6.h.
IPV6_FREEBIND = 78

selector = selectors.DefaultSelector()


def accept(listener):
    connection, _ = listener.accept()
    selector.register(connection, selectors.EVENT_READ, answer)


def answer(connection):
    data = connection.recv(1000)
    if data == b"":
        selector.unregister(connection)
        connection.close()
    else:
        connection.sendall(connection.getsockname()[0].encode() + b" " + data)


def answer_datagram(receiver):
    data, control, _, peer = receiver.recvmsg(1000, 100)
    for level, kind, information in control:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            own = socket.inet_ntop(socket.AF_INET6, information[:16])
            receiver.sendmsg([own.encode() + b" " + data], [(level, kind, information[:16] + bytes(4))], 0, peer)


listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("::", 7000))
listener.listen(1000)
selector.register(listener, selectors.EVENT_READ, accept)
receiver = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
# Answers come from addresses that are routed to this host and not assigned to it (ip-route(8), type local).
receiver.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
receiver.bind(("::", 7001))
selector.register(receiver, selectors.EVENT_READ, answer_datagram)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
