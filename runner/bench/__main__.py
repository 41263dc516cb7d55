"""``python -m runner.bench``: the cost of an execution, compared in one run.

Contenders take turns, since the speed of a machine varies: compare the ratios within one run, not
the milliseconds of two. Ends within three minutes on an idle machine with two CPUs. Prints tables,
and writes ``bench.json``.
"""

import argparse
import contextlib
import functools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from runner.bench import baselines, load
from runner.bench.asserts import asserts
from runner.bench.ceiling.host import host_ceiling
from runner.bench.crossing import crossing
from runner.bench.idioms import idioms
from runner.bench.latency import TESTS, crossing_us, execution_ms, floor_ms, suites, timed_ms
from runner.bench.recovery import crash_storm, recovery
from runner.bench.service import service_overhead
from runner.pool import Pool

#: Returns rows by name, or yields them.
Section = Callable[..., Any]

#: Forks of an interpreter with twenty modules, and of one with all that this library imports.
_LEAN_FLOOR = "lean floor"
_FLOOR = "floor, all modules"


def latency(seconds: float) -> dict[str, Any]:
    """Measure one execution of three asserts on an idle machine, in milliseconds."""
    series: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        turns = dict(_contenders(stack))
        deadline = time.monotonic() + seconds
        rounds = 0
        while rounds < 3 or time.monotonic() < deadline:
            for name, turn in turns.items():
                series.setdefault(name, []).extend(turn())
            rounds += 1
    lean, floor = (statistics.median(series[name]) for name in (_LEAN_FLOOR, _FLOOR))
    return {name: _summary(values, lean, floor) for name, values in series.items()}


def _contenders(stack: contextlib.ExitStack) -> Iterator[tuple[str, Callable[[], list[float]]]]:
    yield _LEAN_FLOOR, lambda: baselines.lean_floor_ms(30)
    yield _FLOOR, lambda: floor_ms(30)
    for backend in ("docker", "local"):
        pool = stack.enter_context(Pool(workers=2, backend=backend, max_uses=100_000))
        execution_ms(pool, 10)
        yield f"{backend} pool", functools.partial(execution_ms, pool, 30)
    bare = stack.enter_context(baselines.process_pool())
    yield "bare process pool", lambda: [timed_ms(bare) for _ in range(30)]
    yield "spawn per test", lambda: [timed_ms(baselines.spawn_per_test)]
    for name, entered in (
        ("docker exec", baselines.docker_exec()),
        ("docker run", baselines.docker_run()),
    ):
        action = stack.enter_context(entered)
        yield name, lambda action=action: [timed_ms(action)]  # type: ignore[misc]


def _summary(values: list[float], lean: float, floor: float) -> dict[str, float]:
    quantiles = statistics.quantiles(values, n=100) if len(values) > 1 else values * 99
    median = statistics.median(values)
    figures = {"median": median, "p25": quantiles[24], "p99": quantiles[98]}
    ratios = {"to the lean": median / lean, "to the floor": median / floor}
    return {**figures, **ratios, "samples": len(values)}


def throughput(seconds: float) -> dict[str, Any]:
    """Measure batches: executions per second, and CPU time by process."""
    repetitions = int(20 * seconds)
    figures: dict[str, Any] = {}
    floors = [load.floor_throughput(repetitions)]
    for workers in (1, 2, 4, 8):
        rate, more = load.throughput(workers, seconds / 8)
        floors.append(load.floor_throughput(repetitions))
        ratio = rate / statistics.mean(floors[-2:])  # measured in the same minute
        figures[f"{workers} workers"] = {"per second": rate, "to the floor": ratio, **more}
    floor = statistics.median(floors)
    return {"floor, all processors": {"per second": floor, "to the floor": 1.0}, **figures}


def ceiling(seconds: float) -> dict[str, Any]:
    """Measure the host's share: three asserts in pools whose workers answer at once."""
    return {
        f"{way}, {workers} workers": row
        for workers in (1, 8, 64)
        for way, row in host_ceiling(workers, seconds / 12).items()
    }


def start() -> dict[str, Any]:
    """Measure the start of a pool, in seconds until all sandboxes are warm."""
    return {f"{count} sandboxes": {"seconds": load.start_s(count)} for count in (1, 4, 8)}


def memory() -> dict[str, Any]:
    """Measure memory, in MiB."""
    return {name: {"MiB": value} for name, value in load.memory_mib().items()}


def recover() -> dict[str, Any]:
    """Measure the delay by a killed sandbox, in milliseconds, with a warm spare."""
    seen = recovery()
    return {
        name: {"median ms": spread.median, "p99 ms": spread.p99}
        for name, spread in seen._asdict().items()
    }


def storm(seconds: float) -> dict[str, Any]:
    """Measure solutions that end their process, in three attempts, beside one that passes."""
    lean = statistics.median(baselines.lean_floor_ms(100))
    seen = crash_storm(seconds)
    rows = {
        _LEAN_FLOOR: (lean, None),
        "passes": (seen.ordinary.median, seen.ordinary_each),
        "crashes three times": (seen.crashing.median, seen.crashing_each),
    }
    return {
        name: {
            "ms": alone,
            "to one that passes": alone / seen.ordinary.median,
            **({"ms in a batch": each, "ratio": each / seen.ordinary_each} if each else {}),
        }
        for name, (alone, each) in rows.items()
    }


def cost() -> dict[str, Any]:
    """Measure the cost of more tests, calls and larger values."""
    figures = {_LEAN_FLOOR: {"ms": statistics.median(baselines.lean_floor_ms(100))}}
    with Pool(workers=2, max_uses=100_000) as pool:
        for count in (1, 3, 10, 100):
            median = statistics.median(execution_ms(pool, 30, TESTS[:1] * count))
            figures[f"{count} asserts"] = {"ms": median, "ms per assert": median / count}
        calls = {size: crossing_us(pool, size) for size in (1, 1024, 1024 * 1024)}
    figures["a call to the solution"] = {"us": calls[1]}
    for size, name in ((1024, "1 KiB"), (1024 * 1024, "1 MiB")):
        # an argument and a result
        per_kib = (calls[size] - calls[1]) / (size / 1024) / 2
        figures[f"a KiB of a text of {name}"] = {"us": per_kib}
    return figures


def growth() -> dict[str, Any]:
    """Measure the same with more sandboxes and longer queues."""
    crowds = load.crowds((1, 32), turns=6)
    queues = {f"{depth} queued": load.queue_ms(depth) for depth in (100, 20_000)}
    return {**{f"{count} idle sandboxes": row for count, row in crowds.items()}, **queues}


#: Name, what measures it, and its share of the time in seconds, where it can be chosen.
_SECTIONS: dict[str, tuple[Section, float | None]] = {
    "latency": (latency, 25),
    "throughput": (throughput, 20),
    "ceiling": (ceiling, 18),
    "start": (start, None),
    "memory": (memory, None),
    "recovery": (recover, None),
    "storm": (storm, 5),
    "cost": (cost, None),
    "crossing": (crossing, None),
    "asserts": (asserts, None),
    "suites": (suites, None),
    "idioms": (idioms, None),
    "growth": (growth, None),
    "service": (service_overhead, 25),
}


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(_SECTIONS), default=list(_SECTIONS))
    parser.add_argument(
        "--out", type=Path, default=Path("build/bench"), help="default: build/bench"
    )
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for name in options.only:
        measure, seconds = _SECTIONS[name]
        began_s = time.monotonic()
        found[name] = dict(measure() if seconds is None else measure(seconds))
        title, _, _ = f"{measure.__doc__}".partition("\n")
        _print(title.rstrip("."), found[name], time.monotonic() - began_s)
    options.out.mkdir(parents=True, exist_ok=True)
    report = {"machine": {"cpus": os.cpu_count(), "kernel": platform.release()}, **found}
    (options.out / "bench.json").write_text(json.dumps(report, indent=2), "ascii")
    sys.stdout.write(f"\nwritten to {options.out}/bench.json\n")


def _print(title: str, rows: dict[str, dict[str, float]], took_s: float) -> None:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    widths = [max(12, len(column) + 2) for column in columns]
    head = "".join(f"{column:>{width}}" for column, width in zip(columns, widths, strict=True))
    sys.stdout.write(f"\n{title} ({took_s:.0f} s)\n{'':26}{head}\n")
    for name, row in rows.items():
        cells = [f"{row[column]:.3g}" if column in row else "" for column in columns]
        body = "".join(f"{c:>{width}}" for c, width in zip(cells, widths, strict=True))
        sys.stdout.write(f"{name:26}{body}".rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
