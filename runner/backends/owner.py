"""Identifies the process that owns a container, so that a live pool is never reaped.

A process id alone is ambiguous: it is reused, and it names another process in another namespace, on
another machine behind the same engine, and after a reboot. Wall clocks are not used: they jump.
"""

import functools
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

_PREFIX = "sandbox-runner"
LABEL_POOL = f"{_PREFIX}.pool"
_LABEL_PLACE = f"{_PREFIX}.owner.place"
_LABEL_PID = f"{_PREFIX}.owner.pid"
_LABEL_START = f"{_PREFIX}.owner.start"


@dataclass(frozen=True)
class Owner:
    """One process of one boot of one machine.

    Attributes:
        place: Boot and process namespace in which the id is valid.
        pid: Process id.
        start: Start time of the process, which tells it from earlier ones with its id.
    """

    place: str
    pid: int
    start: str

    @classmethod
    def current(cls) -> Self:
        """Return the calling process."""
        pid = os.getpid()
        return cls(_place(), pid, _start_of(pid) or "")

    @classmethod
    def from_labels(cls, labels: Mapping[str, str]) -> Self | None:
        """Return the owner that a container's labels name; None if they name none."""
        try:
            return cls(labels[_LABEL_PLACE], int(labels[_LABEL_PID]), labels[_LABEL_START])
        except (KeyError, ValueError):
            return None

    def labels(self) -> dict[str, str]:
        """Return the labels that name this owner."""
        return {
            _LABEL_PLACE: self.place,
            _LABEL_PID: str(self.pid),
            _LABEL_START: self.start,
        }

    def is_dead(self) -> bool | None:
        """Return whether the process is gone; None if that cannot be seen from here."""
        if self.place != _place():
            return None
        return _start_of(self.pid) != self.start


@functools.cache
def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return f"{socket.gethostname()} {psutil.boot_time():.0f}"


def _start_of(pid: int) -> str | None:
    """Return the start time of a live process; None if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _start_elsewhere(pid)
    except OSError:
        return None
    # The name in parentheses may hold anything; the start, in ticks since boot, is field 22.
    return stat.rpartition(b")")[2].split()[19].decode("ascii")


def _start_elsewhere(pid: int) -> str | None:
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
