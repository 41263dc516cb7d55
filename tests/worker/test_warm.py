"""What a worker loads ahead of time is the same on every machine."""

import zoneinfo
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.worker import warm


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
    found = list(warm._read_zones())
    assert [key for key, _ in found] == ["B", "D", "B", "C", "A/x", "A/y"]
    assert dict(found)["B"] == b"TZiffirst/B"
