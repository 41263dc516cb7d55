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

from .cpu_accounting import Look, SummedTime, is_known, longest_wait_s


class ElapsedTime(SummedTime):
    """Elapsed time; each look ends an interval."""

    def _count(self, look: Look) -> None:
        piece_s = look.wall_s - self._last.wall_s
        sampled_s = 0.0 if look.runnable else piece_s
        self._sampled_s += sampled_s
        if is_known(self._last, look):
            taken_s = sum(map(longest_wait_s, self._last.waiting, look.waiting))
            self._exact_s += piece_s - min(taken_s, piece_s)
        else:
            self._exact_s += sampled_s
