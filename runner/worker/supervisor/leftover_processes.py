"""Kills the processes that an execution has left behind."""

import contextlib
import os
import signal

from ..kernel import process
from .zygote_client import REAP_S

#: Rounds of killing before a sandbox is given up: each takes the orphans that the last one made.
_ROUNDS = 50


def sweep(known: set[int]) -> bool:
    """Kill and reap every child that is not known; return whether none is left.

    Orphans become our children, so each round reaches one more level of a tree.
    """
    for _ in range(_ROUNDS):
        strangers = _children() - known
        if not strangers:
            return True
        for pid in strangers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not all(process.wait_for_end(pid, REAP_S) for pid in strangers):
            return False
        for pid in strangers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
    return False


def _children() -> set[int]:
    pid = os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return {int(child) for child in file.read().split()}
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        everyone = map(int, filter(str.isdigit, os.listdir("/proc")))
        return {child for child in everyone if _parent(child) == pid}


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0
