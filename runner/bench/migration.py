"""``python -m runner.bench.migration``: compares this library with the replaced process pool.

Both sides do the same on the same machine, in turns. The old side has no isolation, so the
difference is the cost of isolation.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runner.bench.latency import SOLUTION, TESTS, timed_ms
from runner.bench.victims import victims
from runner.config import default_backend
from runner.envs import PythonCodeEnv
from runner.errors import DatasetError
from runner.grail import CodeExecutionPool, check_code_executes

_WORKERS = 8

Problem = tuple[str, list[str]]
Figures = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.migration", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--warm", type=int, default=40, help="executions per round; default: 40")
    parser.add_argument("--slow", type=int, default=3, help="the same without a pool; default: 3")
    options = parser.parse_args()
    logging.getLogger("runner").setLevel(logging.ERROR)  # there is no pool on purpose
    work = {"code": SOLUTION, "tests": TESTS, "workers": _WORKERS, "problems": []}
    work |= {"warm": options.warm, "slow": options.slow}
    old: Figures = defaultdict(list)
    new: Figures = defaultdict(list)
    for _ in range(options.rounds):  # in turns: the speed of the machine varies
        _add(old, _old(work))
        _add(new, _new(options.warm, options.slow))
    _print(old, new)
    for name, problems in _references():
        sides = (
            _old({**work, "warm": 0, "slow": 0, "problems": problems})["passed"],
            _passed(problems),
        )
        _row(f"{name} references", *(f"{passed}/{len(problems)}" for passed in sides))


def _add(figures: Figures, more: dict[str, Any]) -> None:
    for name, values in more.items():
        if isinstance(values, list):
            figures[name] += values


def _old(work: dict[str, Any]) -> Any:
    program = Path(__file__).with_name("process_pool.py")
    command = [sys.executable, str(program)]
    done = subprocess.run(
        command, input=json.dumps(work), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def _new(warm: int, slow: int) -> Figures:
    figures: Figures = {}
    pool = CodeExecutionPool(_WORKERS)
    figures["start_s"] = [timed_ms(pool.start) / 1000]
    try:
        tests = list(TESTS)
        figures["warm_ms"] = [timed_ms(lambda: pool.execute(SOLUTION, tests)) for _ in range(warm)]
        figures["memory_bytes"] = _memory_bytes()
    finally:
        pool.shutdown()
    figures["slow_ms"] = [
        timed_ms(lambda: check_code_executes(SOLUTION, tests)) for _ in range(slow)
    ]
    return figures


def _memory_bytes() -> list[float]:
    """Return the memory of two of our containers, without file caches."""
    with victims(default_backend()) as running:
        found = [running.group_bytes(name) for name in running.all()[:2]]
    return [float(each) for each in found if each is not None]


def _references() -> Iterator[tuple[str, list[Problem]]]:
    splits = [("humaneval", "test"), ("mbpp", "train"), ("mbpp", "validation")]
    for dataset, split in splits:
        try:
            env = PythonCodeEnv(dataset, split)
        except DatasetError as error:
            sys.stdout.write(f"{dataset} {split}: {error}\n")
            continue
        yield f"{dataset} {split}", list(_problems(env))


def _problems(env: PythonCodeEnv) -> Iterator[Problem]:
    seen = set()
    seed = 0
    while True:
        env.reset(seed)
        task = env.task
        if task is None or task.id in seen:
            return
        seen.add(task.id)
        seed += 1
        yield task.reference, list(task.tests)


def _passed(problems: Sequence[Problem]) -> int:
    with CodeExecutionPool(_WORKERS) as pool:
        results = pool.execute_batch(problems)
    return sum(result["status"] == "all_passed" for result in results)


def _print(old: Figures, new: Figures) -> None:
    _row("", "process pool", "this library")
    rows = [
        ("one execution, warm", "warm_ms", "ms", 1.0),
        ("one execution, no pool", "slow_ms", "ms", 1.0),
        (f"start of {_WORKERS} workers", "start_s", "s", 1.0),
        ("memory per worker", "memory_bytes", "MB", 1e-6),
    ]
    for title, name, unit, factor in rows:
        _row(title, *(_median(side[name], factor, unit) for side in (old, new)))


def _median(values: list[float], factor: float, unit: str) -> str:
    """Return the median as text; a dash without values: the local backend has no containers."""
    return f"{statistics.median(values) * factor:.2f} {unit}" if values else "-"


def _row(title: str, old: str, new: str) -> None:
    sys.stdout.write(f"{title:32}{old:>16}{new:>16}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
