"""A small tree of packages, and its archive: under a root where no file exists."""

import compileall
import contextlib
import importlib.machinery
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.worker.packages.archive import PackageArchive, build
from runner.worker.packages.installed import ROOT

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]

FILES = {
    "single_pkg.py": "VALUE = 'single'\n",
    "plain_pkg/__init__.py": "from .part import VALUE\ndef fail():\n    raise ValueError('here')\n",
    "plain_pkg/part.py": "VALUE = 'part'\n",
    "plain_pkg/data.txt": "line one\nline two\n",
    "plain_pkg/sub/__init__.py": "",
    "plain_pkg/tests/__init__.py": "",
    "plain_pkg/tests/_kept.py": "",
    "plain_pkg/tests/test_left_out.py": "",
    "plain_pkg-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: plain-pkg\nVersion: 1.5\n",
    "plain_pkg-1.5.dist-info/RECORD": "",
    "space_pkg/inside.py": "VALUE = 'namespace'\n",
    f"fast_pkg/_core{SUFFIX}": "no library",
    "fast_pkg/__init__.py": "",
    "fast_pkg.libs/libneeded.so.1": "no library",
    f"other_pkg{SUFFIX}": "no library",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Compiled as an image has it."""
    root = tmp_path / "packages"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert compileall.compile_dir(root, quiet=2, stripdir=str(root), prependdir="/elsewhere")
    return root


@pytest.fixture
def archive(tree: Path, tmp_path: Path) -> Iterator[PackageArchive]:
    """Its root exists on no machine that runs this."""
    build(str(tree), str(tmp_path / "packages.bin"))
    assert not Path(ROOT).exists()
    with contextlib.closing(PackageArchive(str(tmp_path / "packages.bin"), ROOT)) as found:
        yield found
