"""One machine identity for all programs: hosts, kernels and process ids look the same.

So a program that prints its process id, or starts as many threads as there are processors, does the
same everywhere.
"""

import os
import platform
import posix
import socket
import threading
from collections.abc import Callable
from typing import Any

#: The real function, for the worker itself.
real_pid = os.getpid
_real_kill = os.kill
_real_native_id = threading.get_native_id

_PID = 2
_PARENT = 1
_UID = 65534
_NAME = "sandbox"

_threads: dict[int, int] = {}


def pretend() -> None:
    """Replace the functions that reveal the machine, in this process and all that it forks."""
    machine = platform.machine()
    name = os.uname_result(("Linux", _NAME, "0", "0", machine))
    constants: dict[str, Any] = {
        "getpid": _PID,
        "getppid": _PARENT,
        "getpgrp": _PARENT,
        "getpgid": _PARENT,
        "getsid": _PARENT,
        "getuid": _UID,
        "geteuid": _UID,
        "getgid": _UID,
        "getegid": _UID,
        "getresuid": (_UID, _UID, _UID),
        "getresgid": (_UID, _UID, _UID),
        "cpu_count": 1,
        "process_cpu_count": 1,
        "getloadavg": (0.0, 0.0, 0.0),
        "uname": name,
    }
    for key, value in constants.items():
        _replace(key, _constant(value))
    for key, value in {"getgroups": [], "sched_getaffinity": {0}}.items():
        _replace(key, _copies(value))
    _replace("kill", _kill)
    socket.gethostname = _constant(_NAME)
    threading.get_native_id = _native_id
    platform.uname.__globals__["_uname_cache"] = None


def _replace(name: str, function: Callable[..., Any]) -> None:
    for module in (os, posix):
        if hasattr(module, name):
            setattr(module, name, function)


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *_: value


def _copies(value: Any) -> Callable[..., Any]:
    return lambda *_: value.copy()


def _kill(pid: int, number: int, /) -> None:
    """Send a signal; the replaced pid means this process."""
    _real_kill(real_pid() if pid == _PID else pid, number)


def _native_id() -> int:
    """Number threads in the order in which they ask."""
    return _threads.setdefault(_real_native_id(), _PID + len(_threads))
