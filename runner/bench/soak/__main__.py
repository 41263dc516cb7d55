"""Soak: ``make soak MINUTES=20`` runs all kinds of programs while sandboxes are killed at random.

Many threads execute programs with known verdicts. Another thread kills single sandboxes, or all at
once, at random moments. A third one pauses the callers now and then, and measures. At the end every
verdict must be right, no request lost, memory and descriptors flat, and nothing left behind;
otherwise the exit status is 1.

``--service`` does so with a service in this process and a client, while other clients vanish.
"""

import argparse
import contextlib
import gc
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator

import psutil

from runner.bench.soak.growth import CONTAINERS, HOST, WORKERS, Growth, per_10_000
from runner.bench.soak.programs import SoakProgram, draw
from runner.bench.victims import Victims, size, victims
from runner.client import Client
from runner.config import PoolConfig
from runner.models import ExecutionResult, ExecutionStatus, PoolStats
from runner.pool import Pool

#: Attempts of a program that must not crash: so many kills in a row are practically impossible.
_ATTEMPTS = 20
_SHARE_OF_MASSACRES = 0.1
#: Kills come in storms; between them workers live long enough to reveal leaks.
_STORM_S = 60.0
_CALM_S = 120.0
#: Measurements are at rest: during an execution a container holds the program's memory.
_MEASURE_EVERY_S = 15.0
#: Seconds after the last execution until workers have the next pair ready.
_SETTLE_S = 0.5


class _Turnstile:
    """Lets callers in, except while one thread has exclusive access."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut = False

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._shut)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._shut = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()


class Soak:
    """One run.

    Args:
        backend: Name of the backend.
        workers: Sandboxes in use at the same time.
        callers: Threads that execute programs.
        kill_every_s: Mean time between two kills during a storm, in seconds.
        seed: Makes the programs and kills of two runs alike.
        service: Whether the callers use a service.
    """

    def __init__(
        self,
        *,
        backend: str,
        workers: int,
        callers: int,
        kill_every_s: float,
        seed: int,
        service: bool = False,
    ) -> None:
        self._backend = backend
        self._callers = callers
        self._kill_every_s = kill_every_s
        self._seed = seed
        # Workers that are not killed stay for the whole run: their memory must be flat.
        settings = {"backend": backend, "workers": workers, "spares": 2, "max_uses": 1_000_000}
        config = PoolConfig.model_validate({"name": "soak", **settings})
        self._config = config
        self._service = service
        self._calls: Pool | Client = Pool(config)
        self._address: str | None = None
        self.verdicts: Counter[str] = Counter()
        self.mistakes: list[str] = []
        self.inconclusive = 0
        self.kills = self.massacres = self.vanished = 0
        self.growth = Growth()
        #: Objects that Python tracks in this process, at rest, after so many executions.
        self.objects: list[tuple[int, int]] = []
        self._uses: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._turnstile = _Turnstile()
        self._over = threading.Event()

    def run(self, minutes: float, say: Callable[[str], None]) -> PoolStats:
        """Run for this time, then shut the pool down, and return its last statistics."""
        with contextlib.ExitStack() as stack:
            if self._service:
                self._use_service(stack)
            stack.enter_context(self._calls)
            tasks = [self._call] * self._callers + [self._kill, self._measure]
            if self._address is not None:
                tasks.append(self._vanish)
            threads = [
                threading.Thread(target=self._guard, args=(task, random.Random(self._seed + index)))
                for index, task in enumerate(tasks)
            ]
            for thread in threads:
                thread.start()
            try:
                for minute in range(1, int(minutes) + 1):
                    self._over.wait(60)
                    say(f"{minute} min: {self.executions} executions, {self.kills} kills")
                self._over.wait(60 * (minutes % 1))
            finally:
                self._over.set()
                for thread in threads:
                    thread.join()
            return self._calls.stats()

    def _use_service(self, stack: contextlib.ExitStack) -> None:
        # Not at the top: it needs the extra ``serve``.
        from runner.bench.served import served_here

        self._address = stack.enter_context(served_here(self._config))
        self._calls = Client(self._address)

    @property
    def executions(self) -> int:
        """Number of verdicts."""
        return self.verdicts.total()

    def _guard(self, task: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            task(chance)
        except BaseException:  # noqa: BLE001  # it ends the soak and is reported
            self.mistakes.append(traceback.format_exc())
            self._over.set()

    def _call(self, chance: random.Random) -> None:
        while not self._over.is_set():
            with self._turnstile.inside():
                self._turn(chance)

    def _turn(self, chance: random.Random) -> None:
        first = draw(chance)
        programs = [first, *(draw(chance) for _ in range(chance.choice((0, 0, 0, 0, 4))))]
        if any(program.status is ExecutionStatus.PROCESS_ERROR for program in programs):
            # Meant to crash: it needs more attempts, so it is not in a batch with others.
            self._check(first, self._calls.execute(first.request, max_retries=_attempts(first)))
            return
        for program, result in zip(programs, self._execute(programs, chance), strict=True):
            self._check(program, result)

    def _execute(self, programs: list[SoakProgram], chance: random.Random) -> list[ExecutionResult]:
        requests = [program.request for program in programs]
        if len(requests) == 1 and chance.random() < 0.5:
            return [self._calls.submit(requests[0], max_retries=_ATTEMPTS).result()]
        return self._calls.execute_batch(requests, max_retries=_ATTEMPTS)

    def _check(self, program: SoakProgram, result: ExecutionResult) -> None:
        seen = (result.status, result.passed, result.conclusive)
        with self._lock:
            self.verdicts[program.kind] += 1
            self._uses[_key(result.sandbox_id)] += 1
            if _is_honest_about_bad_luck(program, result):
                self.inconclusive += 1
            elif seen != (program.status, program.passed, True):
                self.mistakes.append(f"{program.kind}: {seen}, {result.cause}, {result.error}")

    def _kill(self, chance: random.Random) -> None:
        began_at = time.monotonic()
        with victims(self._backend) as running:
            while not self._over.wait(chance.expovariate(1 / self._kill_every_s)):
                if (time.monotonic() - began_at) % (_STORM_S + _CALM_S) > _STORM_S:
                    continue
                names = running.all()
                massacre = chance.random() < _SHARE_OF_MASSACRES
                doomed = names if massacre else chance.sample(names, min(1, len(names)))
                for name in doomed:
                    running.kill(name)
                self.kills += len(doomed)
                self.massacres += massacre

    def _vanish(self, chance: random.Random) -> None:
        from runner.bench.served import vanish

        assert self._address is not None, "only with a service"
        while not self._over.wait(chance.expovariate(1.0)):
            with self._turnstile.inside():
                vanish(self._address, draw(chance).request, chance)
            self.vanished += 1

    def _measure(self, _: random.Random) -> None:
        host = psutil.Process()
        with victims(self._backend) as running:
            while not self._over.wait(_MEASURE_EVERY_S):
                with self._turnstile.alone():
                    self._over.wait(_SETTLE_S)
                    gc.collect()
                    self.objects.append((self.executions, len(gc.get_objects())))
                    memory, descriptors = host.memory_info().rss, host.num_fds()
                    self.growth.add(HOST, "", self.executions, memory, descriptors)
                    for name in running.all():
                        self._measure_worker(running, name)

    def _measure_worker(self, running: Victims, name: str) -> None:
        key, uses = _key(name), self._uses[_key(name)]
        if (found := size(running.pid(name))) is not None:
            self.growth.add(WORKERS, key, uses, found.rss_bytes, found.descriptors)
            self.growth.zombies = max(self.growth.zombies, found.zombies)
        if (group_bytes := running.group_bytes(name)) is not None:
            self.growth.add(CONTAINERS, key, uses, group_bytes)


def _is_honest_about_bad_luck(program: SoakProgram, result: ExecutionResult) -> bool:
    """Return True for a crashing program that is inconclusive: a kill met all its attempts."""
    return program.status is result.status is ExecutionStatus.PROCESS_ERROR and (
        not result.conclusive
    )


def _attempts(program: SoakProgram) -> int | None:
    return None if program.status is ExecutionStatus.PROCESS_ERROR else _ATTEMPTS


def _key(sandbox_id: str) -> str:
    return "-".join(sandbox_id.split("-")[:2])


def _footprint(backend: str) -> dict[str, int]:
    with victims(backend) as running:
        sandboxes = len(running.all())
    return {
        "sandboxes": sandboxes,
        "threads": threading.active_count(),
        "descriptors": psutil.Process().num_fds(),
    }


def main() -> int:
    """Run, print the report, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--backend", choices=("docker", "local"), default="docker")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--kill-every-s", type=float, default=1.0, help="mean, in a storm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--service", action="store_true", help="by a client of a service")
    options = vars(parser.parse_args())
    minutes = options.pop("minutes")
    before = _footprint(options["backend"])
    soak = Soak(**options)
    began_at = time.monotonic()
    stats = soak.run(minutes, lambda line: print(line, flush=True))
    took_s = time.monotonic() - began_at
    after = _footprint(options["backend"])
    left = {name: more - before[name] for name, more in after.items() if more > before[name]}
    _report(soak, stats, took_s, left)
    return 1 if soak.mistakes or left or not soak.growth.is_flat else 0


def _objects(samples: list[tuple[int, int]]) -> str:
    """Describe the growth of Python objects, without the allocator's memory for threads."""
    warm = samples[len(samples) // 4 :]
    if len(warm) < 2 or warm[0][0] == warm[-1][0]:
        return "not seen"
    uses, objects = zip(*warm, strict=True)
    slope = per_10_000(uses, objects)
    return f"growth {slope:+.0f} per 10,000 executions; {min(objects)} to {max(objects)}"


def _report(soak: Soak, stats: PoolStats, took_s: float, left: dict[str, int]) -> None:
    lines = [
        f"soak of {took_s / 60:.1f} min",
        f"  executions         {soak.executions} ({soak.executions / took_s:.0f} per second)",
        f"  by program         {dict(soak.verdicts.most_common())}",
        f"  kills              {soak.kills}, {soak.massacres} times all at once",
        f"  vanished clients   {soak.vanished}",
        f"  replacements       {stats.pool_worker_replacement_count}",
        f"  retries            {stats.process_error_retry_count}",
        f"  failed starts      {stats.start_failures}",
        f"  inconclusive       {soak.inconclusive} (meant to crash, shot first, and said so)",
        f"  wrong verdicts     {len(soak.mistakes)}",
        f"  left behind        {left or 'nothing'}",
        *(f"  {line}" for line in soak.growth.lines()),
        f"  objects of Python  {_objects(soak.objects)}",
    ]
    print("\n".join([*lines, *soak.mistakes[:20]]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
