"""The least memory that a container can work in: ``python -m runner.bench.smallest``.

By bisection: with too little, a sandbox does not start, or kills what it executes. Measured with a
solution that itself needs next to nothing, so a useful limit is well above.
"""

import argparse
import sys

from runner.backends import create_backend
from runner.bench.latency import SOLUTION, TESTS
from runner.config import PoolConfig
from runner.errors import RunnerError
from runner.models import MIB, ExecutionStatus
from runner.pool import Pool


def works(memory_mib: int, image: str | None, *, executions: int) -> bool:
    """Tell whether a sandbox with that memory starts, and loses no execution.

    Args:
        memory_mib: Its limit, in MiB; may be less than a pool would accept.
        image: As the setting of a pool.
        executions: How many must go well.
    """
    config = PoolConfig(name="smallest", workers=1, spares=0, backend="docker", image=image)
    small = config.model_copy(update={"memory_bytes": memory_mib * MIB})
    try:
        with Pool(config, backend=create_backend(small)) as pool:
            results = (pool.execute(SOLUTION, TESTS, max_retries=1) for _ in range(executions))
            return all(result.status is ExecutionStatus.ALL_PASSED for result in results)
    except RunnerError:
        return False


def main() -> None:
    """Find it, and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.smallest", description=__doc__)
    parser.add_argument("--image")
    parser.add_argument("--executions", type=int, default=200)
    options = parser.parse_args()
    too_little, enough = 16, 256
    while enough - too_little > 1:
        middle = (too_little + enough) // 2
        if works(middle, options.image, executions=options.executions):
            enough = middle
        else:
            too_little = middle
    sys.stdout.write(f"{enough} MiB are the least that work\n")


if __name__ == "__main__":
    main()
