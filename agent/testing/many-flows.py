"""
Opens flows to many peers by name, over IPv4 only, and goes on asking each of them who it is: `many-flows.py TCP UDP`. The
name of number N is peerN.example and its address ends in N + 1. Prints `round N` after every round, `broken …` for each flow that
failed or reached somebody else. Ends when it is told to.
"""
import itertools
import socket
import sys
import time

connections, datagrams = int(sys.argv[1]), int(sys.argv[2])


def open_flow(number):
    kind, port = (socket.SOCK_STREAM, 7000) if number < connections else (socket.SOCK_DGRAM, 7001)
    address = socket.getaddrinfo(f"peer{number}.example", port, socket.AF_INET, kind)[0][4]
    flow = socket.socket(socket.AF_INET, kind)
    flow.settimeout(5)
    flow.connect(address)
    return flow


def ask(number, flow):
    question = f"{number}.{time.monotonic_ns()}"
    try:
        flow.sendall(question.encode())
        answer = flow.recv(1000).decode()
    except OSError as error:
        answer = str(error)
    if answer != f"2001:db8:7::{number + 1:x} {question}":
        print("broken", number, flow.getpeername(), answer, flush=True)


flows = [open_flow(number) for number in range(connections + datagrams)]
for count in itertools.count():
    for number, flow in enumerate(flows):
        ask(number, flow)
    print("round", count, flush=True)
    time.sleep(0.5)
