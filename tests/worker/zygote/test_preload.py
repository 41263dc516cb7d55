"""What a worker loads ahead of time is the same on every machine."""

import importlib
import pkgutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.fingerprint import WORKER_DIRECTORY
from runner.worker.zygote import preload

#: Prints the standard library's shared objects that a worker has imported.
_SHARED_OBJECTS = """
import sys
sys.path.insert(0, sys.argv[1])
from worker.subject import import_policy
from worker.zygote import preload
preload.load(import_policy.policy_of("standard"))
for name in sys.stdlib_module_names & sys.modules.keys():
    if str(getattr(sys.modules[name], "__file__", "")).endswith(".so"):
        print(name)
"""


def test_every_shared_object_is_mapped_first() -> None:
    """One that is not lies between the objects, and parts their memory."""
    command = [sys.executable, "-I", "-c", _SHARED_OBJECTS, str(WORKER_DIRECTORY.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {"_ssl", "_sqlite3"} <= {*done.stdout.split()} <= {*preload._COMPILED}


@pytest.mark.parametrize("package", ["email", "importlib", "xml"])
def test_the_parts_of_a_package_are_those_that_pkgutil_finds(package: str) -> None:
    path = importlib.import_module(package).__path__
    expected = {
        found.name
        for found in pkgutil.walk_packages(path, f"{package}.")
        if not found.name.rpartition(".")[2].startswith(preload._USELESS)
    }
    assert {*preload._parts(package)} == expected


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_zones_come_in_an_order_that_no_disk_decides(
    order: Callable[[list[str]], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once each, from the first place that has them, and nothing that is none."""
    first, second = tmp_path / "first", tmp_path / "second"
    files = [
        "first/B",
        "first/A/x",
        "first/A/y",
        "first/C",
        "first/posix/B",
        "second/B",
        "second/D",
    ]
    for name in order(files):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"TZif" + name.encode())
    (first / "posixrules").write_bytes(b"TZif")
    (first / "zone.tab").write_bytes(b"# text")
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(first), str(second)))
    found = list(preload._read_zones())
    assert [key for key, _ in found] == ["B", "D", "A/x", "A/y", "B", "C"]
    assert dict(found)["B"] == b"TZiffirst/B"
