"""Overhead of a service over its pool: latency and throughput, in one run."""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator

from runner.bench.latency import SOLUTION, TESTS, execution_ms
from runner.bench.served import served
from runner.client import Client
from runner.config import PoolConfig
from runner.models import ExecutionRequest
from runner.pool import Pool
from runner.pool.calls import PoolCalls

_WORKERS = 2
_THREADS = 32
_PROCESSES = 8
_FORK = multiprocessing.get_context("fork")
_REQUEST = ExecutionRequest.of_asserts(SOLUTION, TESTS)


def service_overhead(seconds: float) -> Iterator[tuple[str, dict[str, float]]]:
    """Measure a service over a Unix socket beside a pool in this process.

    Args:
        seconds: Total duration.
    """
    part_s = seconds / 10
    with (
        Pool(workers=_WORKERS, max_uses=100_000) as pool,
        served(PoolConfig(workers=_WORKERS, max_uses=100_000)) as address,
        Client(address) as client,
    ):
        for executes in (pool, client):
            execution_ms(executes, 20)
        yield from _latency(pool, client, part_s)
        yield from _compared(
            f"{_THREADS} threads",
            lambda: _threads_rate(pool, part_s),
            lambda: _threads_rate(client, part_s),
        )
        yield from _compared(
            f"{_PROCESSES} processes",
            lambda: _threads_rate(pool, part_s, _PROCESSES),
            lambda: _forked_rate(client, part_s),
        )
        yield from _compared(
            "a batch of 500", lambda: _batch_rate(pool), lambda: _batch_rate(client)
        )


def _latency(pool: Pool, client: Client, seconds: float) -> Iterator[tuple[str, dict[str, float]]]:
    alone: list[float] = []
    served: list[float] = []
    deadline = time.monotonic() + 2 * seconds
    while time.monotonic() < deadline:
        alone += execution_ms(pool, 20)
        served += execution_ms(client, 20)
    base, over = statistics.median(alone), statistics.median(served)
    yield "one request, pool", {"ms": base}
    yield (
        "one request, service",
        {
            "ms": over,
            "to the pool": over / base,
            "ms more": over - base,
            "less 1 ms": (over - 1) / base,
        },
    )


def _compared(
    name: str, alone: Callable[[], float], served: Callable[[], float]
) -> Iterator[tuple[str, dict[str, float]]]:
    rates = [(alone(), served()) for _ in range(2)]
    base, over = (statistics.mean(each) for each in zip(*rates, strict=True))
    yield f"{name}, pool", {"per second": base}
    yield f"{name}, service", {"per second": over, "to the pool": over / base}


def _threads_rate(executes: PoolCalls, seconds: float, count: int = _THREADS) -> float:
    """Return executions per second of threads that execute one request after another."""
    done = [0] * count
    began = time.monotonic()

    def work(number: int) -> None:
        while time.monotonic() - began < seconds:
            executes.execute(_REQUEST)
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - began)


def _forked_rate(client: Client, seconds: float) -> float:
    """Return executions per second of forked processes that share a client."""
    done = _FORK.SimpleQueue()

    def work() -> None:
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            client.execute(_REQUEST)
            count += 1
        done.put(count / (time.monotonic() - began))

    children = [_FORK.Process(target=work) for _ in range(_PROCESSES)]
    for child in children:
        child.start()
    rates = [done.get() for _ in children]
    for child in children:
        child.join()
    return float(sum(rates))


def _batch_rate(executes: PoolCalls) -> float:
    began = time.monotonic()
    executes.execute_batch([_REQUEST] * 500)
    return 500 / (time.monotonic() - began)
