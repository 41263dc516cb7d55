"""Data files are found in the repository and in the wheel."""

import tomllib
from pathlib import Path

import pytest

from runner import resources
from runner.errors import ConfigurationError


def make_package(root: Path) -> Path:
    package = root / "runner"
    package.mkdir(parents=True)
    return package


def test_this_source_has_its_recipe() -> None:
    assert (resources.directory("images") / "rootfs.sh").is_file()
    assert "packages" in resources.read_text("images", "lock.json")


def test_the_repository_comes_before_the_wheels_copy(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "images").mkdir()
    (package / "_data" / "images").mkdir(parents=True)
    assert resources.directory("images", package=package) == tmp_path / "images"


def test_an_installed_wheel_uses_its_own_copy(tmp_path: Path) -> None:
    """Beside an installed package there may be a stranger's directory of the same name."""
    package = make_package(tmp_path)
    (tmp_path / "images").mkdir()
    (package / "_data" / "images").mkdir(parents=True)
    assert resources.directory("images", package=package) == package / "_data" / "images"


def test_an_incomplete_installation_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="install sandbox-runner again"):
        resources.directory("seccomp", package=make_package(tmp_path))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"no-such-file"):
        resources.read_text("images", "no-such-file")


@pytest.mark.parametrize("name", ["images", "seccomp"])
def test_the_wheel_carries_every_data_directory(name: str) -> None:
    repository = Path(resources.__file__).parents[1]
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    has_files = any((repository / name).glob("*"))
    assert wheel["force-include"].get(name) == (f"runner/_data/{name}" if has_files else None)
