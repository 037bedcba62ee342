"""`freeze-thread.py PID NAME`: stops one thread of a process, and no other, until it is killed or this program ends (ptrace(2)); says `frozen`."""
import ctypes, os, sys

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
pid, name = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for thread in os.listdir(f"/proc/{pid}/task"):
    if open(f"/proc/{pid}/task/{thread}/comm").read().strip() != name:
        continue
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if libc.ptrace(request, int(thread), None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
    print("frozen", flush=True)
# A thread that is killed is there until whoever traces it has heard of it.
WAIT_ALL = 0x40000000
try:
    while True:
        os.waitpid(-1, WAIT_ALL)
except ChildProcessError:
    pass
