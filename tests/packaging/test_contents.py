"""Wheel and source distribution hold what their users need, and nothing else."""

import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from runner import images
from tests.packaging.conftest import Artifacts

_REPOSITORY = Path(__file__).parents[2]


def files_below(*directories: str) -> set[str]:
    """Name the files of this source, as a distribution names them."""
    found: Iterable[Path] = (
        path for directory in directories for path in (_REPOSITORY / directory).rglob("*")
    )
    return {
        path.relative_to(_REPOSITORY).as_posix()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def in_wheel(artifacts: Artifacts) -> set[str]:
    with zipfile.ZipFile(artifacts.wheel) as archive:
        return set(archive.namelist())


def test_who_has_the_source_can_build_and_test(artifacts: Artifacts) -> None:
    wanted = files_below("runner", "images", "seccomp", "tests", ".ci")
    wanted |= set("LICENSE CHANGELOG.md CONTRIBUTING.md README.md Makefile pyproject.toml".split())
    assert [name for name in sorted(wanted) if not (artifacts.unpacked / name).is_file()] == []


def test_a_wheel_made_of_the_source_is_complete(in_wheel: set[str]) -> None:
    data = {f"runner/_data/{name}" for name in files_below("images", "seccomp")}
    assert in_wheel >= files_below("runner") | data
    assert "runner/py.typed" in in_wheel


def test_a_wheel_takes_no_other_name(in_wheel: set[str]) -> None:
    """A directory ``tests`` or ``images`` in site-packages would belong to all packages."""
    tops = {PurePosixPath(name).parts[0] for name in in_wheel}
    (about,) = tops - {"runner"}
    assert about.startswith("sandbox_runner-")
    assert f"{about}/licenses/LICENSE" in in_wheel


def test_wheel_and_repository_mean_the_same_image(artifacts: Artifacts, tmp_path: Path) -> None:
    """Its name is a digest of recipe, versions and worker, so all of them were found."""
    with zipfile.ZipFile(artifacts.wheel) as archive:
        archive.extractall(tmp_path / "installed")
    empty = tmp_path / "empty"
    empty.mkdir()
    program = "from runner import images; print(images.__file__, images.image_reference())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=empty,
        env={"PYTHONPATH": str(tmp_path / "installed"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    file, reference = done.stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    assert reference == images.image_reference()
