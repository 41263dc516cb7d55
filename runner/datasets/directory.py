"""A directory as a problem: a solution, its test files, and data files for both.

The solution is ``solution.py``, or the module that the tests import. If that is only a stub
(exercism has ``.meta/example.py`` beside it), the complete one is the reference.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from runner.datasets.base import Problem
from runner.datasets.suites import body_of, imported_by
from runner.errors import DatasetError
from runner.models import SuiteTest, explain
from runner.worker.protocol.cases import SOLUTION
from runner.worker.protocol.files import MOST_FILES, MOST_FILES_BYTES

_REFERENCES = (".meta/example.py", ".meta/exemplar.py")


def problems(place: Path) -> Iterator[Problem]:
    """Yield the problem in a directory, or those in its subdirectories.

    Raises:
        DatasetError: No test file is found, or a file cannot be read.
    """
    places = [place, *sorted(each for each in place.iterdir() if each.is_dir())]
    found = [(each, tests) for each in places if (tests := _test_files(each))]
    if not found:
        raise DatasetError(
            f"{place}: no test file (test_*.py or *_test.py) in it or its subdirectories"
        )
    for each, tests in found:
        yield _problem(each, tests)


def _test_files(place: Path) -> list[Path]:
    return sorted({*place.glob("test_*.py"), *place.glob("*_test.py")})


def _problem(place: Path, tests: list[Path]) -> Problem:
    texts = [_text(path) for path in tests]
    own = {path.stem for path in place.glob("*.py") if path not in tests}
    module = _module(own, tests, texts)
    candidates = [*(place / name for name in _REFERENCES), place / f"{module}.py"]
    reference = next((path for path in candidates if path.is_file()), None)
    try:
        return Problem(
            task_id=place.resolve().name,
            reference=None if reference is None else _text(reference),
            tests=tuple(SuiteTest(code=text, module=module) for text in texts),
            files=_files(place) or None,
            where=str(place),
        )
    except ValidationError as error:
        raise DatasetError(f"{place}: {explain(error, 'problem')}") from error


def _files(place: Path) -> dict[str, bytes | str]:
    """Return the data files: not code, not hidden, and not in the directory of another problem.

    Links are left out: they could give the solution access to any file.
    """
    found: dict[str, bytes | str] = {}
    length = 0
    for path in _data_files(place):
        length += path.stat().st_size
        if len(found) == MOST_FILES or length > MOST_FILES_BYTES:
            raise DatasetError(
                f"{place}: its data files are more than {MOST_FILES} or take more than"
                f" {MOST_FILES_BYTES} bytes: move what the tests do not need elsewhere"
            )
        try:
            found[path.relative_to(place).as_posix()] = path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read: {error}") from error
    return found


def _data_files(place: Path) -> Iterator[Path]:
    for directory, inner, names in os.walk(place):
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith((".", "__pycache__")) and not _test_files(Path(directory, name))
        )
        for name in sorted(names):
            path = Path(directory, name)
            hidden = name.startswith(".") or path.suffix == ".py"
            if not hidden and path.is_file() and not path.is_symlink():
                yield path


def _module(own: set[str], tests: list[Path], texts: list[str]) -> str:
    """Return the name by which test files import the solution."""
    if SOLUTION in own:
        return SOLUTION
    imported = [name for text in texts for name in _imported(text)]
    stems = [path.stem.removeprefix("test_").removesuffix("_test") for path in tests]
    return next((name for name in [*imported, *stems] if name in own), stems[0])


def _imported(text: str) -> list[str]:
    """Return the modules of a file's imports, first those of ``from`` imports."""
    body = sorted(body_of(text) or [], key=lambda node: isinstance(node, ast.Import))
    return [name for node in body for name in imported_by(node)]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error
