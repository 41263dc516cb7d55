"""``python -m runner.bench.layers``: what the two layers around a solution cost.

The same small execution on six pools that take turns in random order: in containers and locally,
with and without the subject's filter, with and without the container's profile. Ratios compare the
turns of one round with each other, since a machine is not equally fast at all times.

The product has no switch for either protection. The filter is left out of a copy of the worker that
exists only for this run; the profile is taken from what this process asks of the engine.
"""

import argparse
import contextlib
import io
import random
import shutil
import statistics
import sys
import tarfile
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from runner import engine, images
from runner.backends import docker, local
from runner.bench.latency import execution_ms
from runner.fingerprint import WORKER_DIRECTORY
from runner.pool import Pool
from runner.sandbox import sandbox
from runner.worker.protocol.digest import digest_of_directory

_TURN = 10

_IN_IMAGE = "/opt/runner/"

#: Added to the copy: no filter, and no proof before the greeting that there is one.
_WITHOUT_FILTER = {
    "seccomp.py": "\nFilter.confine = lambda self: None\n",
    "supervisor.py": '\n_KNOWN["tests"][2]["code"] = "assert True"\n',
}

_NAMES = (
    "docker, both layers",
    "docker, no filter",
    "docker, no profile",
    "docker, neither",
    "local, filter",
    "local, nothing",
)
_BOTH, _NO_FILTER, _NO_PROFILE, _NEITHER, _LOCAL, _NOTHING = _NAMES
_FILTERED = (_BOTH, _NO_PROFILE, _LOCAL)

#: Passes only without the filter: this must not measure twice the same.
_OPENS = "open('/dev/null').close()"


def measure(seconds: float) -> dict[str, list[float]]:
    """Return one median per round for each contender, in milliseconds."""
    medians: dict[str, list[float]] = {name: [] for name in _NAMES}
    with contextlib.ExitStack() as stack:
        pools = dict(_pools(stack))
        for name, pool in pools.items():
            assert pool.execute(_OPENS, ["pass"]).passed == (name not in _FILTERED), name
            execution_ms(pool, 3 * _TURN)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or len(medians[_BOTH]) < 3:
            for name in random.sample(list(pools), len(pools)):
                median = statistics.median(execution_ms(pools[name], _TURN))
                medians[name].append(median)
    return medians


def _pools(stack: contextlib.ExitStack) -> Iterator[tuple[str, Pool]]:
    worker = stack.enter_context(_worker_without_filter())
    image = stack.enter_context(_image_with(worker))
    # The host refuses workers of other sources than its own, unless it is told of them.
    digest = digest_of_directory(str(worker))
    known = mock.patch.object(sandbox, "worker_digest", return_value=digest)
    yield _BOTH, _start(stack)
    with known:
        yield _NO_FILTER, _start(stack, image=image)
    with _without_profile():
        yield _NO_PROFILE, _start(stack, allow_weak_isolation=True)
        with known:
            yield _NEITHER, _start(stack, image=image, allow_weak_isolation=True)
    yield _LOCAL, _start(stack, backend="local")
    with known, mock.patch.object(local, "WORKER_DIRECTORY", worker):
        yield _NOTHING, _start(stack, backend="local")


def _start(stack: contextlib.ExitStack, **settings: Any) -> Pool:
    wanted = {"backend": "docker", "workers": 1, "spares": 0, "max_uses": 1_000_000, **settings}
    return stack.enter_context(Pool(name="layers", **wanted))


@contextlib.contextmanager
def _worker_without_filter() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sandbox-runner-") as name:
        copy = Path(name) / "worker"
        shutil.copytree(WORKER_DIRECTORY, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file, lines in _WITHOUT_FILTER.items():
            with (copy / file).open("a") as text:
                text.write(lines)
        yield copy


@contextlib.contextmanager
def _image_with(worker: Path) -> Iterator[str]:
    """Lend an image with another worker, and remove it."""
    packed = io.BytesIO()
    reference = images.image_reference()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        # Beside the image's own, whose compiled modules would be run instead.
        archive.add(worker, "unfiltered")
    name = f"sandbox-runner-layers:{uuid.uuid4().hex[:12]}"
    with contextlib.closing(engine.connect(60)) as client:
        made = client.create_container(reference)["Id"]
        try:
            client.put_archive(made, _IN_IMAGE, packed.getvalue())
            repository, _, tag = name.partition(":")
            command = client.inspect_image(reference)["Config"]["Entrypoint"]
            program = [word.replace("/worker/", "/unfiltered/") for word in command]
            assert program != command
            client.commit(made, repository=repository, tag=tag, conf={"Entrypoint": program})
        finally:
            client.remove_container(made)
        try:
            yield name
        finally:
            client.remove_image(name, force=True)


@contextlib.contextmanager
def _without_profile() -> Iterator[None]:
    designed = docker.host_config

    def weaker(*args: Any, **settings: Any) -> dict[str, Any]:
        unconfined = {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}
        return designed(*args, **settings) | unconfined

    with mock.patch.object(docker, "host_config", weaker):
        yield


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.bench.layers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="default: 60")
    medians = measure(parser.parse_args().seconds)
    sys.stdout.write(f"{'':22}{'ms':>10}{'quartiles':>18}{'ratio':>10}{'quartiles':>18}\n")
    for name, values in medians.items():
        ratios = [one / both for one, both in zip(values, medians[_BOTH], strict=True)]
        sys.stdout.write(f"{name:22}{_spread(values, 2)}{_spread(ratios, 3)}\n")
    sys.stdout.write(f"{len(medians[_BOTH])} rounds of {_TURN} executions each\n")


def _spread(values: list[float], digits: int) -> str:
    low, median, high = statistics.quantiles(values, n=4)
    quartiles = f"{low:.{digits}f} to {high:.{digits}f}"
    return f"{median:>10.{digits}f}{quartiles:>18}"


if __name__ == "__main__":
    main()
