"""The floors: cost of a fork per execution, without judge, limits, container or verdict.

Run as a program of its own: a warm interpreter without threads forks, executes solution and tests
in the child, and waits for it. It prints one duration in milliseconds per execution.

Run by its module's name, it has imported this library with all that it needs, as a process of a
validator has. Run by its file's name with ``lean``, it has twenty modules of the standard library.
"""

import gc
import importlib
import os
import sys
import time

#: Modules that a warm interpreter has imported before it forks.
_WARM = (
    "bisect collections copy dataclasses datetime decimal fractions functools hashlib heapq"
    " itertools json math operator random re statistics string typing uuid"
).split()


def measure(program: str, repetitions: int) -> list[float]:
    """Return the duration of each execution, in milliseconds."""
    durations = []
    for _ in range(repetitions):
        began_s = time.perf_counter()
        pid = os.fork()
        if not pid:
            exec(compile(program, "<floor>", "exec"), {})  # noqa: S102 - that is what is measured
            os._exit(0)
        os.waitpid(pid, 0)
        durations.append((time.perf_counter() - began_s) * 1000)
    return durations


if __name__ == "__main__":
    for name in _WARM:
        importlib.import_module(name)
    if "lean" in sys.argv:
        gc.collect()
        gc.freeze()
        gc.disable()
    for duration_ms in measure(sys.stdin.read(), int(sys.argv[1])):
        sys.stdout.write(f"{duration_ms}\n")
