"""`overlay.py NAMESPACE NAMESPACE DEVICE`: a TUN device of that name in two network namespaces, with a wire between them, as an
overlay network has them: no neighbour discovery, no Ethernet. Says `ready`; both are gone when this program ends."""
import ctypes, fcntl, os, select, struct, sys

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
*namespaces, device = sys.argv[1:]
ends = []
for namespace in namespaces:
    with open(f"/run/netns/{namespace}") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    ends.append(end)
print("ready", flush=True)
while True:
    for end in select.select(ends, [], [])[0]:
        try:
            os.write(ends[1 - ends.index(end)], os.read(end, 65536))
        except OSError:  # The other end is down: the packet is lost.
            pass
