"""Parts of packages that a test reads are imported behind the package, and nothing else is."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.worker.judge.namespace import REWRITTEN
from runner.worker.judge.source.test_code import compile_test

_FILES = {
    "parts_pkg/__init__.py": "own = 1",
    "parts_pkg/one.py": "value = 1",
    "parts_pkg/two.py": "value = 2",
    "parts_pkg/own.py": "raise ValueError('hidden by an attribute')",
    "parts_pkg/needy.py": "import absent_pkg",
    "parts_pkg/sub/__init__.py": "",
    "parts_pkg/sub/three.py": "value = 3",
}


@pytest.fixture(autouse=True)
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [*sys.modules]:
        if name.partition(".")[0] == "parts_pkg":
            del sys.modules[name]


def _run(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "tests", **REWRITTEN}
    exec(compile_test(text, "<test>").code, space)
    return space


@pytest.mark.parametrize(
    "text",
    [
        "import parts_pkg\nx = parts_pkg.one.value",
        "import parts_pkg as p\nx = p.one.value",
        "import parts_pkg.two\nx = parts_pkg.one.value",
        "def f():\n    import parts_pkg.sub as s\n    return s.three.value - 2\nx = f()",
        "try:\n    import os, parts_pkg as p\nexcept ImportError:\n    raise\nx = p.one.value",
    ],
)
def test_what_is_read_is_there(text: str) -> None:
    assert _run(text)["x"] == 1


def test_nothing_else_is_imported() -> None:
    assert _run("import parts_pkg\nx = parts_pkg.own, 'parts_pkg.two'")["x"][0] == 1
    assert {name for name in sys.modules if name.startswith("parts_pkg.")} == set()


def test_a_module_that_is_no_package_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

    asked: list[str] = []
    monkeypatch.setitem(sys.modules, "solution", Module("solution"))
    _run("import solution\nif len(__name__) < 0:\n    solution.f()")
    assert "f" not in asked


@pytest.mark.parametrize("part", ["absent", "needy"])
def test_what_cannot_be_had_is_an_attribute_error(part: str) -> None:
    with pytest.raises(AttributeError, match=part):
        _run(f"import parts_pkg\nparts_pkg.{part}")
