"""Modules are imported from the archive as they would be from files."""

import contextlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.worker.packages import importer
from runner.worker.packages.archive import PackageArchive, build
from runner.worker.packages.installed import ROOT
from runner.worker.packages.libraries import LACKS_LIBRARY

_NAMES = ("single_pkg", "plain_pkg", "space_pkg", "fast_pkg", "other_pkg")


class _Ended(BaseException):
    """The process would have ended."""


def _end(status: int) -> None:
    raise _Ended(status)


@pytest.fixture
def installed(archive: PackageArchive, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageArchive]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "path_hooks", [*sys.path_hooks])
    monkeypatch.setattr(sys, "path_importer_cache", dict(sys.path_importer_cache))
    importer.install(archive)
    yield archive
    for name in [*sys.modules]:
        if name.partition(".")[0] in _NAMES:
            del sys.modules[name]


@pytest.mark.usefixtures("installed")
class TestImports:
    def test_a_package_with_its_parts(self) -> None:
        module = importlib.import_module("plain_pkg")
        assert module.VALUE == "part"
        assert module.__file__ == f"{ROOT}/plain_pkg/__init__.py"
        assert module.__path__ == [f"{ROOT}/plain_pkg"]
        assert importlib.import_module("plain_pkg.sub").__package__ == "plain_pkg.sub"

    def test_a_single_module_and_a_namespace(self) -> None:
        assert importlib.import_module("single_pkg").VALUE == "single"
        assert importlib.import_module("space_pkg.inside").VALUE == "namespace"
        assert [*importlib.import_module("space_pkg").__path__] == [f"{ROOT}/space_pkg"]

    def test_what_is_absent(self) -> None:
        for name in ("absent_pkg", "plain_pkg.absent", "plain_pkg.data", "single_pkg.part"):
            with pytest.raises(ModuleNotFoundError, match=name):
                importlib.import_module(name)

    def test_code_knows_where_it_is_from(self) -> None:
        module = importlib.import_module("plain_pkg")
        with pytest.raises(ValueError, match="here") as caught:
            module.fail()
        assert traceback.extract_tb(caught.value.__traceback__)[-1].filename == module.__file__
        assert inspect.getsource(module.fail).startswith("def fail()")

    @pytest.mark.parametrize("name", ["fast_pkg._core", "other_pkg"])
    def test_a_shared_object_that_is_not_there_is_an_import_error(self, name: str) -> None:
        with pytest.raises(ImportError, match="cannot open shared object file"):
            importlib.import_module(name)

    @pytest.mark.parametrize("name", ["fast_pkg._core", "other_pkg"])
    def test_a_process_that_is_to_be_repeated_ends_instead(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importer.LibraryLoader, "ends_process", True)
        monkeypatch.setattr(importer, "_exit", _end)
        with pytest.raises(_Ended) as caught:
            importlib.import_module(name)
        assert caught.value.args == (LACKS_LIBRARY,)
        assert importlib.import_module("plain_pkg").VALUE == "part"

    def test_names_in_a_package(self) -> None:
        found = {
            each.name: each.ispkg for each in pkgutil.iter_modules([f"{ROOT}/plain_pkg"], "p.")
        }
        assert found == {"p.part": False, "p.sub": True, "p.tests": True}
        tops = {each.name for each in pkgutil.iter_modules([ROOT])}
        assert tops == {"single_pkg", "plain_pkg", "fast_pkg", "other_pkg"}

    def test_data_beside_a_module(self) -> None:
        assert pkgutil.get_data("plain_pkg", "data.txt") == b"line one\nline two\n"
        with pytest.raises(FileNotFoundError):
            pkgutil.get_data("plain_pkg", "absent.txt")


def test_a_module_without_code_is_compiled_when_it_is_imported(
    tree: Path, tmp_path: Path, installed: PackageArchive
) -> None:
    next((tree / "__pycache__").glob("single_pkg.*")).unlink()
    build(str(tree), str(tmp_path / "other.bin"))
    with contextlib.closing(PackageArchive(str(tmp_path / "other.bin"), ROOT)) as archive:
        loader = importer.ModuleLoader(archive, "single_pkg", f"{ROOT}/single_pkg.py")
        spec = importlib.util.spec_from_loader("single_pkg", loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    assert module.VALUE == "single"


def test_other_directories_are_imported_from_as_before(
    installed: PackageArchive, tmp_path: Path
) -> None:
    (tmp_path / "outside_pkg.py").write_text("VALUE = 1\n")
    sys.path.append(str(tmp_path))
    try:
        assert importlib.import_module("outside_pkg").VALUE == 1
    finally:
        del sys.modules["outside_pkg"]
