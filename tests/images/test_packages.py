"""What the recipe makes of wheels: a directory of packages, and what a worker has to know."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from runner import resources
from tests.images.tiny_wheels import make_wheel

_spec = importlib.util.spec_from_file_location(
    "packages_of_image", resources.directory("images") / "packages.py"
)
assert _spec is not None
assert _spec.loader is not None
packages: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(packages)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    directory = tmp_path / "wheels"
    directory.mkdir()
    return directory


def install(wheels: Path) -> Path:
    site = wheels.parent / "site"
    packages.install(wheels, site)
    return site


def describe(site: Path, *preload: str) -> dict[str, Any]:
    names, lock, target = (site.parent / name for name in ("preload", "lock", "target"))
    names.write_text("\n".join(preload))
    lock.write_text('{"suite": "s"}')
    packages.describe(site, names, lock, target)
    described: dict[str, Any] = json.loads(target.read_text())
    return described


def names_in(site: Path) -> set[str]:
    return {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}


def test_modules_and_data_are_unpacked_and_the_rest_is_left_out(wheels: Path) -> None:
    files = ["a/__init__.py", "a/data.csv", "a/x.pyi", "a/c.c", "a/tests/test_a.py", "_b.py"]
    scheme = {"a-1.data/purelib/c.py": "", "a-1.data/scripts/run": "", "a-1.data/data/share/m": ""}
    make_wheel(wheels, "a", "1", {**dict.fromkeys(files, ""), **scheme})
    info = {"a-1.dist-info/METADATA", "a-1.dist-info/RECORD", "a-1.dist-info/WHEEL"}
    site = install(wheels)
    assert names_in(site) - info == {"a/__init__.py", "a/data.csv", "_b.py", "c.py"}
    assert describe(site)["modules"] == ["a", "c"]


def test_what_a_wheel_requires_is_followed(wheels: Path) -> None:
    make_wheel(wheels, "top", "1", {"top.py": ""}, "Mid-dle>=1", "extra ; extra == 'all'")
    make_wheel(wheels, "mid_dle", "1", {"middle/m.py": ""}, "low", "absent")
    make_wheel(wheels, "low", "1", {"low.py": "", "low_too.py": ""}, "top")
    make_wheel(wheels, "extra", "1", {"extra.py": ""})
    described = describe(install(wheels), "low", "middle.m")
    assert described["requires"]["top"] == ["low", "low_too", "middle"]
    assert described["requires"]["low"] == ["low_too", "middle", "top"]
    assert described["requires"]["extra"] == []
    assert described["preload"] == ["low", "middle.m"]


def test_the_lock_names_wheels_and_what_is_preloaded(wheels: Path) -> None:
    make_wheel(wheels, "a_b", "1.0", {"a_b.py": ""})
    describe(install(wheels), "a_b")
    lock = json.loads((wheels.parent / "lock").read_text())
    assert lock == {"suite": "s", "wheels": {"a-b": "1.0"}, "preload": ["a_b"]}


def test_the_digest_depends_on_every_file(wheels: Path) -> None:
    make_wheel(wheels, "a", "1", {"a.py": "", "a.txt": "x"})
    site = install(wheels)
    before = describe(site)["digest"]
    assert describe(site)["digest"] == before
    (site / "a.txt").write_text("y")
    assert describe(site)["digest"] != before


def test_debians_packages_have_no_site(tmp_path: Path) -> None:
    """They are part of the standard library's directory."""
    described = describe(tmp_path / "site", "numpy", "numpy.linalg")
    assert described["modules"] == ["numpy"]
    assert (described["requires"], described["digest"]) == ({}, "")
    assert json.loads((tmp_path / "lock").read_text()) == {"suite": "s"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"json/__init__.py": ""}, "'json', which the standard library has"),
        ({"worker/__init__.py": ""}, "'worker', which runs solutions"),
        ({"solution.py": ""}, "'solution', by which tests import"),
        ({"../etc/passwd": ""}, "lies outside"),
        ({"/etc/passwd": ""}, "lies outside"),
    ],
)
def test_a_wheel_that_does_not_fit_is_refused(
    wheels: Path, files: dict[str, str], words: str
) -> None:
    make_wheel(wheels, "a", "1", files)
    with pytest.raises(SystemExit, match=words):
        install(wheels)


def test_two_wheels_with_one_file_are_refused_unless_it_is_the_same(wheels: Path) -> None:
    make_wheel(wheels, "a", "1", {"shared.py": ""})
    make_wheel(wheels, "b", "1", {"shared.py": ""})
    assert "shared.py" in names_in(install(wheels))
    make_wheel(wheels, "c", "1", {"shared.py": "other = 1"})
    with pytest.raises(SystemExit, match=r"another shared\.py"):
        packages.install(wheels, wheels.parent / "again")


def test_what_should_be_preloaded_must_be_there(wheels: Path) -> None:
    make_wheel(wheels, "a", "1", {"a.py": ""})
    with pytest.raises(SystemExit, match="no wheel has b"):
        describe(install(wheels), "b.c")
