"""
Servers that know nothing but IPv4, on the ports that are given: they echo over TCP and UDP, and print whom they see as
`tcp 10.170.160.1` at every connection and every datagram. Says `ready`.
"""

import socket
import sys
import threading


def tell(*words):
    print(*words, flush=True)


def echo_tcp(opened):
    with opened:
        try:
            while chunk := opened.recv(1 << 20):
                opened.sendall(chunk)
        except OSError as error:
            tell("lost", type(error).__name__)


def serve_tcp(listening):
    while True:
        opened, (address, _) = listening.accept()
        tell("tcp", address)
        threading.Thread(target=echo_tcp, args=(opened,), daemon=True).start()


def serve_udp(opened):
    while True:
        try:
            message, sender = opened.recvfrom(65536)
            tell("udp", sender[0])
            opened.sendto(message, sender)
        except OSError as error:
            tell("lost", type(error).__name__)


for port in map(int, sys.argv[1:]):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    datagrams.bind(("0.0.0.0", port))
    threading.Thread(target=serve_udp, args=(datagrams,), daemon=True).start()
    connections = socket.create_server(("0.0.0.0", port), backlog=128)
    threading.Thread(target=serve_tcp, args=(connections,), daemon=True).start()
tell("ready")
threading.Event().wait()
