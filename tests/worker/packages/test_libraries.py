"""A request gets the libraries of the packages that it mentions, and of what these need."""

import json
from pathlib import Path

import pytest

from runner.worker.packages import libraries
from runner.worker.packages.archive import PackageArchive
from runner.worker.packages.installed import Installed, read
from runner.worker.packages.libraries import Libraries

_REQUIRES = {
    "plain_pkg": frozenset({"fast_pkg"}),
    "single_pkg": frozenset({"plain_pkg", "fast_pkg", "other_pkg"}),
    "space_pkg": frozenset[str](),
}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be loaded: the files are none."""
    paths: list[str] = []
    monkeypatch.setattr(
        libraries._libc, "dlopen", lambda path, _: paths.append(Path(path.decode()).name)
    )
    return paths


def _of(archive: PackageArchive, text: str, loaded: list[str], *preload: str) -> list[str]:
    found = Libraries(archive, Installed(preload=preload, requires=_REQUIRES))
    found.load(found.mask_for([text]))
    names = [name.partition(".")[0] for name in loaded]
    loaded.clear()
    return names


def test_a_text_names_what_is_loaded(archive: PackageArchive, loaded: list[str]) -> None:
    for text, names in (
        ("import other_pkg", ["other_pkg"]),
        ("from fast_pkg import x", ["_core"]),
        ("import plain_pkg as p", ["_core"]),
        ("import single_pkg", ["_core", "other_pkg"]),
        ("f('fast_pkg')\nother_pkg", ["_core", "other_pkg"]),
        ("import space_pkg, json", []),
        ("my_fast_pkg = fast_pkg2 = 1", []),
        ("", []),
    ):
        assert _of(archive, text, loaded) == names


def test_what_is_preloaded_needs_no_order(archive: PackageArchive, loaded: list[str]) -> None:
    assert _of(archive, "import single_pkg", loaded, "fast_pkg.part") == ["other_pkg"]
    found = Libraries(archive, Installed(preload=("fast_pkg.part", "json")))
    assert found.on_demand
    found.preload()
    assert [name.partition(".")[0] for name in loaded] == ["_core"]
    assert not Libraries(archive, Installed(preload=("fast_pkg", "other_pkg"))).on_demand


def test_every_library_is_more_than_the_modules_with_a_bit(
    archive: PackageArchive, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "MOST_BITS", 1)
    found = Libraries(archive, Installed(requires=_REQUIRES))
    found.load(found.mask_for(["fast_pkg other_pkg"]))
    assert [name.partition(".")[0] for name in loaded] == ["_core"]
    loaded.clear()
    found.load(found.every)
    assert [name.partition(".")[0] for name in loaded] == ["_core", "other_pkg"]
    assert Libraries(archive, Installed(preload=("fast_pkg", "other_pkg"))).every == 0


def test_a_mask_fits_into_an_order(archive: PackageArchive) -> None:
    found = Libraries(archive, Installed(requires=_REQUIRES))
    assert 0 < found.mask_for(["fast_pkg", "other_pkg"]) < 1 << libraries.MOST_BITS


def test_the_list_of_an_image(tmp_path: Path) -> None:
    path = tmp_path / "packages.json"
    assert read(str(path)) == Installed()
    text = {"modules": ["a"], "preload": ["a.b", "c"], "requires": {"a": ["c"]}, "digest": "1"}
    path.write_text(json.dumps(text))
    found = read(str(path))
    assert found.modules == {"a"}
    assert found.preloaded == {"a", "c"}
    assert found.requires == {"a": {"c"}}
    path.write_text(json.dumps({**text, "digest": "2"}))
    assert read(str(path)).text_digest not in {found.text_digest, ""}
