"""Becomes another program that cannot outlive its parent: `python cradle.py PARENT_PID PROGRAM ARGUMENT...` (Linux).

PostgreSQL refuses to run as root. For root it is therefore run in a user namespace in which we are an ordinary user:
its files stay ours, no account has to be made and no folder opened to others. This file runs by itself, before the
program, because a fork with Python code in it is not safe in a process that has threads.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
NO_NAMESPACE = 71  # our exit status: this system forbids user namespaces


def leave_root(libc: ctypes.CDLL) -> None:
    """Become uid 1000 in a namespace of our own. Raises OSError where that is forbidden."""
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")


def main(parent: int, command: list[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        try:
            leave_root(libc)
        except OSError as error:
            sys.stderr.write(f"user namespace: {error}\n")
            sys.exit(NO_NAMESPACE)
    # After the namespace: the kernel forgets the signal when a process gains capabilities.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.getppid() != parent:
        sys.exit("the parent died first")
    os.execv(command[0], command)  # noqa: S606 - the absolute path of a binary from our own packages


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
