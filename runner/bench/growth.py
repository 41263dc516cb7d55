"""Whether memory and descriptors grow with use: slopes of what was measured along a run."""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from runner.models import MIB

#: Flat enough, per 10,000 executions. Arenas and caches fill for a while; a leak of one object of
#: the size of a small request per execution would be 10 MiB.
_MOST_BYTES = 4 * MIB
_MOST_DESCRIPTORS = 1.0
#: A process that was used less is still warming up, and says nothing.
_LEAST_USES = 150
_WARM_UP_USES = 50
#: The host's process has much more to fill: connections, threads, arenas of each.
_HOST_WARM_UP = 0.25
_LEAST_HOST_USES = 5000


class _Sample(NamedTuple):
    uses: int
    memory_bytes: int
    descriptors: int


class Growth:
    """Samples of the host's process, ``"host"``, and of the workers."""

    def __init__(self) -> None:
        self._samples: dict[str, list[_Sample]] = defaultdict(list)
        #: Most dead children that a worker had not collected at any moment.
        self.zombies = 0

    def add(self, name: str, uses: int, memory_bytes: int, descriptors: int) -> None:
        """Note what a process holds after that many executions."""
        self._samples[name].append(_Sample(uses, memory_bytes, descriptors))

    @property
    def is_flat(self) -> bool:
        """Whether neither the host nor the workers grow, as far as can be told yet."""
        return all(
            bytes_ <= _MOST_BYTES and descriptors <= _MOST_DESCRIPTORS
            for bytes_, descriptors, _ in (self._host(), self._workers())
        )

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        for name, (bytes_, descriptors, uses) in (
            ("host", self._host()),
            ("workers", self._workers()),
        ):
            memory = f"{bytes_ / MIB:+.2f} MiB, {descriptors:+.2f} descriptors per 10,000"
            yield f"growth {name:11} {memory} (over {uses} executions)"
        yield f"zombies            at most {self.zombies} at a time in a worker"

    def _host(self) -> tuple[float, float, int]:
        samples = self._samples["host"]
        return _slopes([samples[int(len(samples) * _HOST_WARM_UP) :]], _LEAST_HOST_USES)

    def _workers(self) -> tuple[float, float, int]:
        return _slopes([each for name, each in self._samples.items() if name != "host"])


def _slopes(series: list[list[_Sample]], least_uses: int = _LEAST_USES) -> tuple[float, float, int]:
    """Return bytes and descriptors per 10,000 executions, and how many those were."""
    weights, bytes_, descriptors = [], [], []
    for samples in series:
        warm = [sample for sample in samples if sample.uses >= _WARM_UP_USES]
        if len(warm) < 3 or warm[-1].uses - warm[0].uses < least_uses:
            continue
        uses = [sample.uses for sample in warm]
        weights.append(uses[-1] - uses[0])
        bytes_.append(statistics.linear_regression(uses, [s.memory_bytes for s in warm]).slope)
        descriptors.append(statistics.linear_regression(uses, [s.descriptors for s in warm]).slope)
    if not weights:
        return 0.0, 0.0, 0
    total = sum(weights)
    mean_bytes = sum(map(float.__mul__, bytes_, map(float, weights))) / total
    mean_descriptors = sum(map(float.__mul__, descriptors, map(float, weights))) / total
    return mean_bytes * 10_000, mean_descriptors * 10_000, total
