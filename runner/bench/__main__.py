"""``python -m runner.bench``: latency beside the floor, interleaved, as a table or as JSON."""

import argparse
import json
import sys

from runner.bench.latency import Spread, crossing_us, execution_ms, floor_ms
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
    sys.stdout.write("one execution of three asserts on an idle pool\n")
    sys.stdout.write(f"{'':8}{'median':>12}{'p99':>12}{'to the floor':>15}{'a call across':>16}\n")
    for name, (median, p99) in spreads.items():
        crossing = f"{crossings[name]:.0f} us" if name in crossings else ""
        line = f"{name:8}{median:9.2f} ms{p99:9.2f} ms{median / floor:13.1f} x{crossing:>16}"
        sys.stdout.write(line.rstrip() + "\n")


if __name__ == "__main__":
    main()
