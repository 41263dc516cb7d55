"""Wall-clock time of a test, minus the time that the machine provably took from it.

Blocked time is settled only while every thread sleeps, so a thread that never sleeps, or that
waits in the kernel uninterruptibly, keeps it at zero. Elapsed time grows in every state of the
threads. Only the time that the machine took is subtracted:

* for each process, the CPU waits (ended or not) of the thread that waited longest;
* standstills of the machine or the container, which ``Meter`` has already left out.

Where waits are unknown (a thread has ended unseen, the kernel keeps no statistics, a hypervisor
steals time), an interval counts only if no thread is runnable when it ends. The intervals have
random lengths, so that a thread cannot time itself to be seen running.
"""

from .cpu_accounting import Look, StolenTime, is_known, longest_wait_s


class ElapsedTime:
    """Adds up elapsed time from one look to the next."""

    def __init__(self, first: Look) -> None:
        self._last = first
        self._theft: StolenTime | None = None
        self._exact_s = 0.0
        self._sampled_s = 0.0

    def add(self, look: Look) -> None:
        """Count what came after the last look."""
        if self._theft is None:  # a short test has one look, and is spared the reading
            self._theft = StolenTime(look)
        piece_s = look.wall_s - self._last.wall_s
        sampled_s = 0.0 if look.runnable else piece_s
        self._sampled_s += sampled_s
        if is_known(self._last, look):
            taken_s = sum(map(longest_wait_s, self._last.waiting, look.waiting))
            self._exact_s += piece_s - min(taken_s, piece_s)
        else:
            self._exact_s += sampled_s
        self._last = look

    def seconds(self) -> float:
        """Return what has elapsed."""
        if self._theft is not None and self._theft.is_large(self._last):
            return min(self._sampled_s, self._exact_s)
        return self._exact_s
