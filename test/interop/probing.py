"""What the probing programs of both families share: octets of which a lost part shows, and echoing them."""

import errno
import socket

PMTUDISC = {"dont": 0, "want": 1, "do": 2}
PATIENCE = 2.0


def name_of(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    return errno.errorcode.get(error.errno, str(error))


def pattern(length, seed=0):
    """Octets of which a shifted, repeated or lost part shows: 251 has no factor in common with any fragment's length."""
    start = seed % 251
    return (bytes(range(251)) * (length // 251 + 2))[start : start + length]


def udp(family, host, port, patience=PATIENCE):
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    opened.settimeout(patience)
    opened.connect((host, port))
    return opened


def echoed(opened, message):
    """What became of a datagram that should come back: `same`, `other`, or the name of an error."""
    try:
        opened.send(message)
        return "same" if opened.recv(65536) == message else "other"
    except OSError as error:
        return name_of(error)


def all_echoed(opened, sizes, tries):
    """Sends datagrams of all sizes (`1-2000,65507`) until they come back; those that did not, and why."""
    failed = {}
    for part in sizes.split(","):
        first, _, last = part.partition("-")
        for size in range(int(first), int(last or first) + 1):
            outcomes = []
            while len(outcomes) < tries and outcomes[-1:] != ["same"]:
                outcomes.append(echoed(opened, pattern(size, size)))
            if outcomes[-1] != "same":
                failed[size] = outcomes
    return failed


def streamed(opened, message):
    """Sends octets over TCP to an echo server: whether they came back."""
    sent, back = 0, bytearray()
    while len(back) < len(message):
        if sent < len(message) and sent - len(back) < 400_000:
            sent += opened.send(message[sent : sent + 65536])
        else:
            chunk = opened.recv(1 << 20)
            if not chunk:
                break
            back += chunk
    return bytes(back) == message
