"""How long sandboxes outlive a host that is killed with -9: ``python -m runner.bench.orphans``.

Another process starts a pool and is killed; measured is the time from the kill until none of its
sandboxes runs, by the engine's word. Once alone, once with a forked child that lives on.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from runner.backends import create_backend
from runner.bench.victims import victims
from runner.config import PoolConfig

_HOST = """
import logging, os, sys, threading, runner
logging.disable()  # each finds the leftovers of the one before
pool = runner.Pool(name="orphans", workers=2, spares=0, backend=sys.argv[1])
pool.start()
if sys.argv[2] == "forked" and not os.fork():
    threading.Event().wait()
for sandbox in pool._sandboxes._leases.idle:
    print(sandbox.sandbox_id)
sys.stdout.close()
threading.Event().wait()
"""
_PATIENCE_S = 30.0


def orphans(backend: str, *, child: bool, repetitions: int) -> list[float]:
    """Return the seconds that the sandboxes of killed hosts lived on, one for each host.

    Args:
        backend: ``"docker"`` or ``"local"``.
        child: Whether each host has a forked child that is not killed.
        repetitions: How many hosts to kill.
    """
    with victims(backend) as running:
        lived_s = [_killed(backend, running.runs, child=child) for _ in range(repetitions)]
    left = create_backend(PoolConfig.build(None, {"backend": backend}))
    left.reap()
    left.close()
    return lived_s


def _killed(backend: str, runs: Callable[[str], bool], *, child: bool) -> float:
    command = [sys.executable, "-c", _HOST, backend, "forked" if child else "alone"]
    host = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    with host:
        assert host.stdout is not None
        try:
            names = [host.stdout.readline().strip() for _ in range(2)]
            assert all(map(runs, names)), "the host has no sandboxes"
            host.kill()
            killed_at = time.monotonic()
            pause = threading.Event()
            while any(map(runs, names)):
                assert time.monotonic() < killed_at + _PATIENCE_S, "they live on"
                pause.wait(0.002)
            return time.monotonic() - killed_at
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(host.pid, signal.SIGKILL)


def main() -> None:
    """Measure both ways, and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.orphans", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--backend", choices=("docker", "local"), default="docker")
    options = parser.parse_args()
    for child, name in ((False, "alone"), (True, "with a forked child")):
        lived_s = orphans(options.backend, child=child, repetitions=options.repetitions)
        median, most = statistics.median(lived_s) * 1000, max(lived_s) * 1000
        sys.stdout.write(f"killed {name:20} gone after {median:.0f} ms, at most {most:.0f} ms\n")


if __name__ == "__main__":
    main()
