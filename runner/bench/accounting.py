"""``python -m runner.bench.accounting``: what it costs to tell computing from waiting.

The clocks of a pair are read once per test, and ten times per second of a longer one. Both figures
come from the same run: the duration of a reading, and that of a test on an idle local pool.
"""

import statistics
import subprocess
import sys

from runner.bench.latency import TESTS, execution_ms
from runner.fingerprint import WORKER_DIRECTORY
from runner.pool import Pool

_READINGS = 2000
_REPETITIONS = 50

#: Runs beside the worker's source, which the host does not import: prints microseconds.
_PROGRAM = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from worker.kernel.cpu_accounting import Meter
pids = []
for _ in range(2):
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
    pids.append(pid)
meter = Meter(tuple(pids))
durations = []
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    meter.look()
    durations.append(time.perf_counter() - began)
for pid in pids:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
print(sorted(durations)[len(durations) // 2] * 1e6)
"""


def reading_us() -> float:
    """Return the median duration of one reading of a pair's clocks, in microseconds."""
    command = [sys.executable, "-I", "-c", _PROGRAM, str(WORKER_DIRECTORY.parent), str(_READINGS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    with Pool(workers=1, spares=0, backend="local") as pool:
        test_us = statistics.median(execution_ms(pool, _REPETITIONS)) * 1000 / len(TESTS)
        one_us = reading_us()
    sys.stdout.write(
        f"reading the clocks: {one_us:.0f} us; a small test: {test_us:.0f} us; the share is"
        f" {100 * one_us / test_us:.1f} % of a small test and {1e-3 * one_us:.2f} % of a long one\n"
    )


if __name__ == "__main__":
    main()
