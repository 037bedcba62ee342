#!/usr/bin/env python3
"""Asks and answers through plain sockets, because Node's event loop takes longer than what is measured with it.

    probe.py serve                                  echoes UDP and TCP on port 7, over IPv6
    probe.py udp|tcp ADDRESS COUNT                  round trips of 64 octets, one after the other
    probe.py names 4|6 NAME NUMBER COUNT            NAME with %d in it: from a new name to an open connection

The last three print microseconds, one line for each.
"""

import os
import socket
import sys
import time

PORT = 7
PAYLOAD = b"\xa5" * 64
UNMEASURED = 20


def serve_udp(server):
    while True:
        data, sender = server.recvfrom(2048)
        server.sendto(data, sender)


def serve_tcp(server):
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                while data := connection.recv(2048):
                    connection.sendall(data)
            except ConnectionError:
                pass


def serve():
    connections = socket.create_server(("::", PORT), family=socket.AF_INET6, backlog=128)
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(("::", PORT))
    print("ready", flush=True)
    if os.fork() == 0:
        serve_tcp(connections)
    serve_udp(datagrams)


def round_trips(kind, address, count):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as client:
        client.settimeout(1)
        client.connect((address, PORT))
        if kind == "tcp":
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(UNMEASURED + count):
            began = time.perf_counter_ns()
            client.send(PAYLOAD)
            try:
                client.recv(2048)
            except TimeoutError:
                continue
            if number >= UNMEASURED:
                yield time.perf_counter_ns() - began


def new_names(family, name, first, count):
    family = socket.AF_INET if family == "4" else socket.AF_INET6
    for number in range(first, first + count):
        began = time.perf_counter_ns()
        address = socket.getaddrinfo(name % number, PORT, family, socket.SOCK_STREAM)[0][4]
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.connect(address)
            yield time.perf_counter_ns() - began


def main(command, *rest):
    if command == "serve":
        serve()
    elif command == "names":
        family, name, first, count = rest
        durations = new_names(family, name, int(first), int(count))
        print("\n".join(str(duration / 1000) for duration in list(durations)))
    else:
        address, count = rest
        print("\n".join(str(duration / 1000) for duration in list(round_trips(command, address, int(count)))))


main(*sys.argv[1:])
