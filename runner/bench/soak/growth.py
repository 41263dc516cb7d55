"""Detects leaks of memory and descriptors: slopes of measurements during a run."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runner.models import MIB

#: Flat enough, per 10,000 executions. Arenas and caches fill for a while; a leak of one object of
#: the size of a small request per execution would be 10 MiB.
_MOST_BYTES = 4 * MIB
_MOST_DESCRIPTORS = 1.0


class Trend(NamedTuple):
    """One kind of process that is measured.

    Attributes:
        name: Name in the report.
        warm_up_uses: Samples after fewer executions are ignored.
        least_uses: Executions after the warm-up that are needed for a slope.
    """

    name: str
    warm_up_uses: int
    least_uses: int


#: Its warm-up is longer than a worker's: connections, threads, arenas of each.
HOST = Trend("host process", 5000, 5000)
#: Processes that live as long as the sandbox: supervisor and zygotes.
WORKERS = Trend("workers", 50, 150)
#: Memory of the control group: also the waiting pair, and the kernel's own memory.
CONTAINERS = Trend("containers", 50, 150)


class _Sample(NamedTuple):
    uses: int
    memory_bytes: int
    descriptors: int


class _Slope(NamedTuple):
    """Growth per 10,000 executions, seen over that many."""

    memory_bytes: float = 0.0
    descriptors: float = 0.0
    uses: int = 0


class Growth:
    """Samples of the host's process, of the workers and of their containers."""

    def __init__(self) -> None:
        self._samples: dict[Trend, dict[str, list[_Sample]]] = {
            kind: defaultdict(list) for kind in (HOST, WORKERS, CONTAINERS)
        }
        #: Most zombies of a worker at any moment.
        self.zombies = 0

    def add(
        self, kind: Trend, name: str, uses: int, memory_bytes: int, descriptors: int = 0
    ) -> None:
        """Add a sample of one process after this number of executions."""
        self._samples[kind][name].append(_Sample(uses, memory_bytes, descriptors))

    @property
    def is_flat(self) -> bool:
        """Whether no measured slope is too large."""
        return all(
            slope.memory_bytes <= _MOST_BYTES and slope.descriptors <= _MOST_DESCRIPTORS
            for slope in map(self._slope, self._samples)
        )

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        for kind, series in self._samples.items():
            slope = self._slope(kind)
            memory = f"{slope.memory_bytes / MIB:+.2f} MiB, {slope.descriptors:+.2f} descriptors"
            held = [sample.memory_bytes / MIB for each in series.values() for sample in each]
            span = f"{min(held):.1f} to {max(held):.1f} MiB" if held else "not seen"
            yield f"{kind.name:12} growth {memory} per 10,000 of {slope.uses} executions; {span}"
        yield f"zombies            at most {self.zombies} at a time in a worker"

    def _slope(self, kind: Trend) -> _Slope:
        """Return the mean slope of a kind, weighted by uses."""
        slopes = []
        for samples in self._samples[kind].values():
            warm = [sample for sample in samples if sample.uses >= kind.warm_up_uses]
            if len(warm) >= 3 and warm[-1].uses - warm[0].uses >= kind.least_uses:
                slopes.append(_slope_of(warm))
        total = sum(slope.uses for slope in slopes)
        if not total:
            return _Slope()
        return _Slope(
            sum(slope.memory_bytes * slope.uses for slope in slopes) / total,
            sum(slope.descriptors * slope.uses for slope in slopes) / total,
            total,
        )


def _slope_of(samples: list[_Sample]) -> _Slope:
    uses, memory, descriptors = zip(*samples, strict=True)
    return _Slope(
        per_10_000(uses, memory),
        per_10_000(uses, descriptors),
        uses[-1] - uses[0],
    )


def per_10_000(uses: Sequence[int], held: Sequence[int]) -> float:
    """Return the growth per 10,000 uses; needs at least two samples."""
    return statistics.linear_regression(uses, held).slope * 10_000
