"""A Ray reward worker: actors of a training job that score batches on the nodes of one pool.

    python -m runner.distributed.example                          # on a Ray of its own
    python -m runner.distributed.example --address HEAD:6379      # on a cluster

The pool is started once, by the job's driver, and passed to the workers. A worker returns None for
a solution without a verdict: the infrastructure failed, or the tests are broken. The job must score
it again or leave it out, and must not count it as 0.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import NamedTuple

from runner.distributed.connection import load_ray
from runner.distributed.pool import RayPool
from runner.scoring import score


class Rollout(NamedTuple):
    """A model's solution, and its tests."""

    code: str
    tests: tuple[str, ...]


class RewardWorker:
    """Scores batches; one actor for each reward worker of the job."""

    def __init__(self, pool: RayPool) -> None:
        self._pool = pool

    async def score(self, batch: Sequence[Rollout]) -> list[float | None]:
        """Return the reward of each rollout; None where there is no verdict."""
        executions = [self._pool.aexecute(rollout.code, rollout.tests) for rollout in batch]
        return [score(result, "partial") for result in await asyncio.gather(*executions)]


_TESTS = ("assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'")
_BATCH = (
    Rollout("def add(a, b): return a + b", _TESTS),
    Rollout("def add(a, b): return int(a) + int(b)", _TESTS),
    Rollout("def add(a, b): return None", _TESTS),
    Rollout("import os\nos._exit(0)", _TESTS),
)
_REWARDS = [1.0, 0.5, 0.0, 0.0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a batch with each of some workers; return 0 if the rewards are the expected ones."""
    parser = argparse.ArgumentParser(prog="python -m runner.distributed.example")
    parser.add_argument("--address", help="of a Ray cluster; a Ray of its own if omitted")
    parser.add_argument("--workers", type=int, default=2, help="reward workers; default: 2")
    options = parser.parse_args(arguments)
    with RayPool(address=options.address) as pool:
        ray = load_ray()
        make = ray.remote(num_cpus=0)(RewardWorker)
        workers = [make.remote(pool) for _ in range(options.workers)]
        rewards = ray.get([worker.score.remote(_BATCH) for worker in workers])
        stats = pool.stats()
    sys.stdout.write(f"{stats.workers} sandboxes on {len(stats.nodes)} nodes\n")
    for row in rewards:
        sys.stdout.write(f"rewards: {row}\n")
    return 0 if all(row == _REWARDS for row in rewards) else 1


if __name__ == "__main__":
    sys.exit(main())
