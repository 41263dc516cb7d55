"""Builds what is published, from what is published: the wheel is made of the unpacked sdist."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Artifacts:
    """A source distribution, its content, and the wheel made of that."""

    sdist: Path
    unpacked: Path
    wheel: Path


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """Build both; needs no network."""
    place = tmp_path_factory.mktemp("dist")
    sdist = _build(_REPOSITORY, "sdist", place)
    source = place / "source"
    source.mkdir()
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(source)], check=True)
    (unpacked,) = source.iterdir()
    return Artifacts(sdist, unpacked, _build(unpacked, "wheel", place))


def _build(source: Path, target: str, place: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(place)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=60)
    (built,) = place.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built
