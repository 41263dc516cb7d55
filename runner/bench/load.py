"""Throughput, CPU time by process, start, memory, and how these scale."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import psutil

from runner.bench.latency import SOLUTION, TESTS, execution_ms, floor_process
from runner.bench.victims import LiveContainers, zygotes
from runner.models import MIB
from runner.pool import Pool

_REQUEST = (SOLUTION, TESTS)
#: Executions before the memory of a used sandbox is measured, and of a queue that are timed.
_EXECUTIONS, _SAMPLE = 1000, 100
Figures = dict[str, float]
_T = TypeVar("_T")


def throughput(workers: int, seconds: float) -> tuple[float, Figures]:
    """Return executions per second of batches, and CPU milliseconds of one by process.

    Before the latter comes the largest share of periods in which a sandbox was throttled.
    """
    with Pool(workers=workers, spares=0, max_uses=100_000) as pool:
        pool.execute_batch([_REQUEST] * 4 * workers)
        processes = _processes()
        before, done, began_s = _cpu_s(processes), 0, time.perf_counter()
        while time.perf_counter() - began_s < seconds:
            results = pool.execute_batch([_REQUEST] * 10 * workers)
            assert all(result.passed == len(TESTS) for result in results)
            done += len(results)
        rate = done / (time.perf_counter() - began_s)
        after = _cpu_s(processes)
        throttled = max(_of_each(LiveContainers.throttled))
    cpu_ms = {f"CPU ms, {name}": (after[name] - before[name]) * 1000 / done for name in before}
    return rate, {"throttled": throttled, **cpu_ms}


def floor_throughput(repetitions: int) -> float:
    """Return executions per second of the floor with one process for each processor."""
    programs = [floor_process(repetitions) for _ in range(os.cpu_count() or 1)]
    text = "\n".join((*_REQUEST[:1], *TESTS))
    for program in programs:
        assert program.stdin is not None
        program.stdin.write(text)
        program.stdin.close()
        program.stdin = None
    lines = [float(line) for each in programs for line in each.communicate()[0].split()]
    return len(programs) * 1000 * len(lines) / sum(lines)


def start_s(workers: int) -> float:
    """Return how long a pool takes until that many sandboxes are warm."""
    began_s = time.perf_counter()
    with Pool(workers=workers, spares=0):
        return time.perf_counter() - began_s


def memory_mib() -> Figures:
    """Return memory of one sandbox by its control group, idle and used, and of this process."""
    with Pool(workers=1, spares=0, max_uses=100_000) as pool:
        pool.execute(*_REQUEST)
        figures = {"sandbox idle": _group_bytes()[0] / MIB}
        pool.execute_batch([_REQUEST] * _EXECUTIONS)
        figures[f"sandbox after {_EXECUTIONS}"] = _group_bytes()[0] / MIB
    figures["host process"] = psutil.Process().memory_info().rss / MIB
    return figures


def crowds(counts: Sequence[int], turns: int) -> dict[int, Figures]:
    """Return latency and memory of one sandbox in pools of these numbers of them.

    The pools take turns, since the speed of the machine varies.
    """
    figures: dict[int, Figures] = {}
    durations: dict[int, list[float]] = {count: [] for count in counts}
    with contextlib.ExitStack() as stack:
        pools = {}
        for count in counts:
            pools[count] = stack.enter_context(Pool(workers=count, spares=0))
            execution_ms(pools[count], 2 * count)
            groups = _group_bytes()
            figures[count] = {"memory MiB": sum(groups) / len(groups) / MIB}
        for count in list(counts) * turns:
            durations[count] += execution_ms(pools[count], 10)
    medians = {count: statistics.median(each) for count, each in durations.items()}
    return {count: {"latency ms": medians[count], **figures[count]} for count in counts}


def queue_ms(depth: int) -> Figures:
    """Return time per execution and memory per request with that many requests queued."""
    with Pool(workers=2, spares=0, max_uses=100_000) as pool:
        pool.execute_batch([_REQUEST] * 8)
        before = psutil.Process().memory_info().rss
        futures: list[Future[Any]] = [pool.submit(*_REQUEST) for _ in range(depth)]
        grown = psutil.Process().memory_info().rss - before
        # Some have been executed meanwhile, nearly in the order of submission.
        left = [future for future in futures if not future.done()][:_SAMPLE]
        began_s = time.perf_counter()
        wait(left)
        each_ms = (time.perf_counter() - began_s) * 1000 / len(left)
        for future in futures:
            future.cancel()
    return {"ms per execution": each_ms, "KiB per request": grown / 1024 / depth}


def _group_bytes() -> list[int]:
    """Return the memory of our sandboxes' control groups, without reclaimable caches."""
    return [bytes_ for bytes_ in _of_each(LiveContainers.group_bytes) if bytes_ is not None]


def _of_each(read: Callable[[LiveContainers, str], _T]) -> list[_T]:
    """Ask about all sandboxes at once: an engine may take a second for each."""

    def ask(sandbox_id: str) -> _T:
        with contextlib.closing(LiveContainers()) as own:
            return read(own, sandbox_id)

    with contextlib.closing(LiveContainers()) as running:
        found = running.all()
    with ThreadPoolExecutor(len(found)) as threads:
        return list(threads.map(ask, found))


def _processes() -> dict[str, list[psutil.Process]]:
    """Return the processes that work on an execution, as far as visible from here."""
    with contextlib.closing(LiveContainers()) as running:
        pids = map(running.pid, running.all())
        supervisors = [psutil.Process(pid) for pid in pids if pid]
    return {
        "host": [psutil.Process()],
        "engine": list(_engine(supervisors)),
        "supervisor": supervisors,
        "zygote": [process for each in supervisors for process in zygotes(each.children())],
    }


def _engine(supervisors: list[psutil.Process]) -> Iterator[psutil.Process]:
    yield from filter(None, (each.parent() for each in supervisors))
    yield from (p for p in psutil.process_iter(["name"]) if p.info["name"] == "dockerd")


def _cpu_s(processes: dict[str, list[psutil.Process]]) -> Figures:
    times = {name: [each.cpu_times() for each in group] for name, group in processes.items()}
    used = {name: sum(t.user + t.system for t in group) for name, group in times.items()}
    # The supervisor reaps the pairs, except a judge that is kept.
    reaped = sum(t.children_user + t.children_system for t in times["supervisor"])
    used["subject and judge"] = reaped + sum(map(_pair_s, processes["supervisor"]))
    return used


def _pair_s(supervisor: psutil.Process) -> float:
    """Return CPU seconds of the pair that is alive now."""
    children = supervisor.children()
    used = 0.0
    for child in set(children) - set(zygotes(children)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            used += times.user + times.system
    return used
