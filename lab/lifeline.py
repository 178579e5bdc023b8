"""A stand-in must never outlive the program that started it, however that program ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import stat
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # prctl(2)
GLANCE = 0.5  # seconds between two looks at the parent, where the kernel cannot tell us


def tie_to_parent() -> None:
    """Ends this process when its parent ends: by the kernel on Linux, elsewhere by watching the parent's id.

    The end of a piped standard input counts too, because then the starter is gone or wants us gone.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if _piped():
        threading.Thread(target=_drain, daemon=True).start()


def _piped() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return False


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(GLANCE)
    os._exit(0)


def _drain() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(0)
