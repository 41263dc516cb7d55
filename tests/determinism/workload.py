"""Requests of every kind of outcome, many of them, and ways to put them to a pool."""

import random
import threading
from collections.abc import Sequence

import runner
from tests.determinism.programs import BURN

_ADD = "def f(a, b):\n    return a + b\n"

#: Share of its budget that a program burns, as it reads it from its own CPU clock.
SHARES = (0.5, 0.6, 0.7, 0.8)


def quick_requests(count: int) -> list[runner.ExecutionRequest]:
    """Return ``count`` different requests with all kinds of outcomes."""
    makers = [
        lambda n: (_ADD, [f"assert f({n}, 1) == {n + 1}", f"assert f('a', '{n}') == 'a{n}'"]),
        lambda n: (_ADD, [f"assert f({n}, 1) == {n}", f"assert f({n}, 1) == {n + 1}"]),
        lambda n: (f"def f(x): return x[{n}]", ["f([])", f"assert f(list(range({n + 1}))) == {n}"]),
        lambda n: (f"def f(: {n}", ["f()"]),
        # Seldom: every attempt at a crash costs a sandbox.
        lambda n: (f"import os\ndef f(): os._exit({n % 250}) if {n} % 40 == 4 else {n}", ["f()"]),
        lambda n: (f"x = [{n}] * 10 ** 10", ["pass"]),
        lambda n: (
            f"import random, uuid\nr = random.random(), uuid.uuid4().int, {n}",
            ["assert r[0] < 0.85 and r[1] % 7 < 5", "assert list({*'abcdef'})[0] == 'd'"],
        ),
        lambda n: (
            f"class A: pass\nobjs = [A() for _ in range({n % 50 + 2})]\ndef f(): return objs",
            ["assert [id(x) for x in f()] == sorted(id(x) for x in f())"],
        ),
    ]
    rows = [makers[number % len(makers)](number) for number in range(count)]
    return [
        runner.ExecutionRequest.model_validate({"code": code, "tests": tests})
        for code, tests in rows
    ]


def burning_requests(count: int, budget_s: float) -> list[runner.ExecutionRequest]:
    """Return programs that use most of their budget, and must pass."""
    return [
        runner.ExecutionRequest(
            code=f"{BURN}burn({SHARES[number % len(SHARES)] * budget_s})\nx = {number}",
            tests=(runner.AssertTest(code="pass"),),
            timeout=budget_s,
        )
        for number in range(count)
    ]


def run_in_batches(
    pool: runner.Pool, requests: Sequence[runner.ExecutionRequest], *, seed: int, size: int
) -> dict[str, runner.ExecutionResult]:
    """Run the requests in an order of their own, in batches from several threads.

    Returns:
        The results by request id.
    """
    order = random.Random(seed).sample(range(len(requests)), len(requests))
    batches = [order[at : at + size] for at in range(0, len(order), size)]
    results: dict[str, runner.ExecutionResult] = {}

    def work() -> None:
        while batches:
            try:
                batch = batches.pop()
            except IndexError:
                return
            for result in pool.execute_batch([requests[number] for number in batch]):
                results[result.request_id] = result

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
