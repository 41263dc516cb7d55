"""Two parties with different pools and different load come to the same digests.

The large versions are slow; ``make test`` runs the small ones.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

import runner
from runner import datasets
from tests.determinism.workload import burning_requests, quick_requests, run_in_batches
from tests.integrity.programs import AMPLE_S

_BUSY = 8


@contextlib.contextmanager
def overload(processes: int = _BUSY) -> Iterator[None]:
    """Keep processors busy with other work."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(processes)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


def tell(figures: str) -> None:
    """Show figures where pytest is asked to (``-s``)."""
    sys.stdout.write(f"\n{figures}\n")


def mismatches(
    one: dict[str, runner.ExecutionResult], two: dict[str, runner.ExecutionResult]
) -> list[str]:
    assert one.keys() == two.keys()
    return [
        f"{one[name].error} / {two[name].error}"
        for name in one
        if one[name].digest != two[name].digest
    ]


def compare_parties(backend: str, count: int, *, workers: tuple[int, int] = (4, 8)) -> None:
    requests = quick_requests(count)
    with runner.Pool(workers=workers[0], spares=0, backend=backend) as miner:
        mined = run_in_batches(miner, requests, seed=1, size=7)
    with runner.Pool(workers=workers[1], spares=1, backend=backend) as validator:
        checked = run_in_batches(validator, requests, seed=2, size=50)
    assert all(result.conclusive for result in checked.values())
    assert mismatches(mined, checked) == []
    assert {result.fingerprint for result in mined.values()} == {
        result.fingerprint for result in checked.values()
    }
    tell(f"{len(mined)} digests compared, 0 mismatches")


def test_miner_and_validator_agree(backend: str) -> None:
    compare_parties(backend, 40, workers=(1, 2))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_miner_and_validator_agree_on_five_hundred(backend: str) -> None:
    compare_parties(backend, 520)


@pytest.mark.slow
@pytest.mark.overload
@pytest.mark.timeout(900)
def test_they_agree_on_an_overloaded_machine(backend: str) -> None:
    with overload():
        compare_parties(backend, 520)


def burn_under_load(backend: str, count: int, budget_s: float) -> None:
    """Run programs near their budget, idle and overloaded; a wall clock would fail most of them."""
    requests = burning_requests(count, budget_s)
    with runner.Pool(workers=2, spares=0, backend=backend) as pool, overload():
        results = run_in_batches(pool, requests, seed=3, size=5)
    false_timeouts = [r for r in results.values() if r.status != "all_passed"]
    by_wall_clock = [r for r in results.values() if r.tests[0].wall_s > budget_s]
    tell(
        f"{len(results)} programs at 50 to 80 % of their budget, {_BUSY} busy processes:"
        f" {len(false_timeouts)} false timeouts, {len(by_wall_clock)} by a wall clock"
    )
    assert false_timeouts == []
    # Of four programs a wall clock has failed two to four; one suffices to show that it would.
    assert by_wall_clock, "the machine was not overloaded"
    assert all(0.45 < r.tests[0].budget_used < 0.95 for r in results.values())


def test_load_fails_no_program(backend: str) -> None:
    burn_under_load(backend, 4, 0.5)


@pytest.mark.slow
@pytest.mark.overload
@pytest.mark.timeout(900)
def test_load_fails_none_of_many_programs(backend: str) -> None:
    burn_under_load(backend, 60, 1.0)


def reference_requests() -> list[runner.ExecutionRequest]:
    """HumanEval's own solutions, and MBPP's where a file is named by ``RUNNER_MBPP``."""
    sources = ["humaneval", *filter(None, [os.environ.get("RUNNER_MBPP")])]
    return [
        problem.request(timeout=AMPLE_S) for source in sources for problem in datasets.load(source)
    ]


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.timeout(900)
def test_both_backends_agree_on_the_references() -> None:
    requests = reference_requests()
    with runner.Pool(workers=2, backend="docker") as docker:
        contained = run_in_batches(docker, requests, seed=4, size=20)
    with runner.Pool(workers=2, backend="local") as local:
        uncontained = run_in_batches(local, requests, seed=5, size=30)
    assert len(contained) >= 164
    assert mismatches(contained, uncontained) == []
    tell(f"{len(contained)} digests compared, 0 mismatches")
