"""The zygote as the supervisor sees it: where to ask for a process, and what was forked."""

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence

from ..kernel import process
from ..packages.libraries import MASK_BYTES
from ..zygote.orders import FORKED_BYTES, JUDGE, MISSING, ORDER, RING, ROLES

#: How long a forked process may take to read its order, and how often that is looked at, in
#: seconds: it is the first thing that it does.
_TAKE_S = 10.0
_LOOK_S = 0.0005

#: How long a process that was killed may take to end, in seconds: its memory has to be freed, on a
#: machine that may have something else to do.
REAP_S = 5.0

#: Descriptors that come with an order, at most.
_MOST_DESCRIPTORS = 8

_GONE = "the zygote is gone"


class Zygote:
    """The zygote's two processes; a request may be sent before the last answer is read.

    Args:
        pid: The one that is our child.
        bells: Sockets that ask for a subject, and for a judge.
        orders: Sockets for the orders of forked processes.
        ends: The ends of these from which forked processes read.
    """

    def __init__(
        self,
        pid: int,
        bells: Sequence[socket.socket],
        orders: Sequence[socket.socket],
        ends: Sequence[socket.socket],
    ) -> None:
        self._bells = bells
        self._orders = orders
        self._ends = ends
        self._last: dict[int, Child] = {}
        self._children = {pid}
        #: What is being forked, by role: its pid is the next answer.
        self._awaited: dict[int, Child] = {}

    def greeting(self) -> str:
        """Wait until both are ready; return whether addresses are "fixed" or "random".

        Raises:
            LookupError: The policy names what does not exist here; the text says what.
            RuntimeError: The zygote has ended.
        """
        addresses, _, rest = self._bells[JUDGE].recv(1 << 16).decode().partition(" ")
        if addresses == MISSING:
            raise LookupError(rest)
        if not rest:
            raise RuntimeError("the zygote did not start")
        self._children.add(int(rest))
        return addresses

    def spawn(
        self, role: int, uid: int, fds: list[int], most_file_bytes: int = 0, libraries: int = 0
    ) -> "Child":
        """Order the fork of a subject or a judge; returns before its pid is known.

        Args:
            role: Which of them.
            uid: Its user id; -1 for ours.
            fds: The descriptors that it gets.
            most_file_bytes: The largest file that it may make.
            libraries: The packages whose libraries it loads, see ``Libraries.mask_for``.

        Raises:
            RuntimeError: The zygote has ended.
        """
        order = ORDER.pack(uid, most_file_bytes, libraries.to_bytes(MASK_BYTES, "little"))
        self.settle(role)
        self._withdraw_order(role)
        try:
            self._bells[role].send(RING)
            socket.send_fds(self._orders[role], [order], fds)
        except ConnectionError as error:
            raise RuntimeError(_GONE) from error
        self._awaited[role] = self._last[role] = child = Child(self, role)
        return child

    def _withdraw_order(self, role: int) -> None:
        """Remove the order of a process that ended before it read it.

        Otherwise each later process would get the order of the one before.
        """
        deadline = time.monotonic() + _TAKE_S
        while role in self._last and self._is_untaken(role):
            if self._last[role].ended_within(0):
                _, fds, _, _ = socket.recv_fds(self._ends[role], ORDER.size, _MOST_DESCRIPTORS)
                for fd in fds:
                    os.close(fd)
            elif time.monotonic() > deadline:
                raise RuntimeError("a forked process does not read its order")
            else:
                select.select((), (), (), _LOOK_S)

    def _is_untaken(self, role: int) -> bool:
        try:
            return bool(self._ends[role].recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False

    def settle(self, role: int) -> None:
        """Wait for the pid of the process that is being forked in this role, if there is one."""
        child = self._awaited.pop(role, None)
        if child is not None:
            child.known_pid = self._pid(role)
            self._children.add(child.known_pid)

    def children(self) -> set[int]:
        """Return the pids of the zygote, and of its forked processes that are not reaped."""
        for role in ROLES:
            self.settle(role)
        return self._children

    def reap(self, pid: int) -> tuple[int, int] | None:
        """Wait for a killed process; return its wait status and peak memory in bytes.

        Returns None for a process that does not end: it waits in the kernel uninterruptibly.
        """
        if not process.wait_for_end(pid, REAP_S):
            return None
        _, status, usage = os.wait4(pid, 0)
        self._children.discard(pid)
        return status, usage.ru_maxrss * 1024

    def _pid(self, role: int) -> int:
        answer = self._bells[role].recv(FORKED_BYTES)
        pid = int.from_bytes(answer, sys.byteorder, signed=True)
        if pid <= 0:
            raise RuntimeError("the zygote could not fork" if answer else _GONE)
        return pid


class Child:
    """A process that the zygote has forked or is forking."""

    def __init__(self, zygote: Zygote, role: int) -> None:
        self._zygote = zygote
        self._role = role
        self.known_pid: int | None = None

    @property
    def pid(self) -> int:
        """The pid; waits until it is known."""
        if self.known_pid is None:
            self._zygote.settle(self._role)
        assert self.known_pid is not None
        return self.known_pid

    def ended_within(self, timeout_s: float) -> bool:
        """Return True if it ends by itself within a time, reaped or not."""
        return process.wait_for_end(self.pid, timeout_s)

    def kill(self) -> None:
        """Kill it if it still runs; it is still to be reaped."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> tuple[int, int] | None:
        """Wait for its end; return its wait status and peak memory in bytes, or None."""
        return self._zygote.reap(self.pid)
