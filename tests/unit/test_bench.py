"""Instruments of the bench that no command of a page runs."""

from runner import Pool
from runner.bench.ceiling.host import instant_backend
from runner.bench.latency import SOLUTION, TESTS


def test_a_pool_accepts_workers_that_answer_at_once() -> None:
    with instant_backend() as backend, Pool(backend=backend, workers=1, spares=0) as pool:
        assert pool.execute(SOLUTION, TESTS).status == "all_passed"
