"""
A peer that knows nothing but IPv6 and begins. `ipv6-program.py COMMAND ...` prints one JSON value; the commands are the
functions at the end.
"""

import json
import socket
import sys
import time

from probing import PATIENCE, PMTUDISC, all_echoed, echoed, name_of, pattern, streamed, udp

# <linux/in6.h>
IPV6_MTU_DISCOVER = 23


def tcp(host, port, source_port=0):
    opened = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    opened.settimeout(PATIENCE)
    if source_port != 0:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("::", source_port))
    opened.connect((host, int(port)))
    return opened


def echo(host, port, sizes, discovery="want", tries="1"):
    """Sends datagrams of all sizes to the echo server; prints those that did not come back, and why."""
    with udp(socket.AF_INET6, host, int(port), 0.5 if int(tries) > 1 else PATIENCE) as opened:
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC[discovery])
        return all_echoed(opened, sizes, int(tries))


def stream(host, port, octets):
    """Sends octets to the TCP echo server: whether they came back."""
    with tcp(host, port) as opened:
        return streamed(opened, pattern(int(octets)))


def knock(host, port):
    """Tries TCP and UDP: what became of either, and the milliseconds of both."""
    begun = time.monotonic()
    try:
        tcp(host, port).close()
        outcome = "connected"
    except OSError as error:
        outcome = name_of(error)
    with udp(socket.AF_INET6, host, int(port)) as opened:
        answer = echoed(opened, b"anybody there?")
    return {"tcp": outcome, "udp": answer, "milliseconds": round((time.monotonic() - begun) * 1000)}


def again(host, port, source_port):
    """Connects from one port, has the server close first, and connects from it again: what the server said both times."""
    said = []
    for _ in range(2):
        with tcp(host, port, int(source_port)) as opened:
            chunks = []
            while chunk := opened.recv(4096):
                chunks.append(chunk)
            said.append(b"".join(chunks).decode())
    return said


def keep(host, port):
    """Keeps a connection and a UDP socket in use until it is stopped; prints how they fare whenever that changes."""
    with tcp(host, port) as opened, udp(socket.AF_INET6, host, int(port), 0.3) as datagrams:
        fare, before = {"tcp": "same"}, None
        while True:
            if fare["tcp"] == "same":
                fare["tcp"] = echoed(opened, b"hello")
            fare["udp"] = echoed(datagrams, b"hello")
            if fare != before:
                print(json.dumps(fare), flush=True)
            before = dict(fare)
            time.sleep(0.05)


def insist(host, port):
    """Sends datagrams from one port until it is stopped; prints what became of them whenever that changes."""
    with udp(socket.AF_INET6, host, int(port), 0.3) as datagrams:
        before = None
        while True:
            fare = echoed(datagrams, b"hello")
            # A host says so once a second that a port is closed; what is lost in between says nothing.
            if fare not in (before, "timeout"):
                print(json.dumps(fare), flush=True)
                before = fare
            time.sleep(0.05)


commands = (echo, stream, knock, again, keep, insist)
chosen = {command.__name__: command for command in commands}[sys.argv[1]]
print(json.dumps(chosen(*sys.argv[2:])))
