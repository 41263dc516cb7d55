"""``python -m runner.bench``: latency beside the floor, interleaved, as a table or as JSON."""

import argparse
import json
import sys

from runner.bench.latency import Spread, crossing_us, execution_ms, floor_ms
from runner.cli.render import table
from runner.pool import Pool

_ROUNDS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=40, help="per round; default: 40")
    parser.add_argument("--backends", nargs="+", default=["docker", "local"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    series: dict[str, list[float]] = {"floor": []}
    crossings: dict[str, float] = {}
    pools = {name: Pool(workers=2, backend=name) for name in options.backends}
    try:
        for _ in range(_ROUNDS):  # in turns: the machine is not equally fast at all times
            series["floor"] += floor_ms(options.repetitions)
            for name, pool in pools.items():
                series.setdefault(name, []).extend(execution_ms(pool, options.repetitions))
                crossings[name] = crossing_us(pool)
    finally:
        for pool in pools.values():
            pool.shutdown()
    _print(series, crossings, as_json=options.json)


def _print(series: dict[str, list[float]], crossings: dict[str, float], *, as_json: bool) -> None:
    spreads = {name: Spread.of(values) for name, values in series.items()}
    floor = spreads["floor"].median
    if as_json:
        figures = {
            name: {
                "median_ms": spread.median,
                "p99_ms": spread.p99,
                "ratio_to_floor": spread.median / floor,
                "crossing_us": crossings.get(name),
            }
            for name, spread in spreads.items()
        }
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
        return
    rows = [
        (
            name,
            f"{spread.median:.2f} ms",
            f"{spread.p99:.2f} ms",
            f"{spread.median / floor:.1f} x",
            f"{crossings[name]:.0f} us" if name in crossings else "",
        )
        for name, spread in spreads.items()
    ]
    title = "one execution of three asserts on an idle pool"
    table(title, ("way", "median", "p99", "to the floor", "one call across"), rows)


if __name__ == "__main__":
    main()
