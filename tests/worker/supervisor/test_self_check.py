"""Limits as each version of the control groups shows them."""

import pytest

from runner.worker.supervisor import self_check

_WANTED = {"memory_bytes": 1000, "pids": 64, "cpus": 0.5, "engine_kernel": ""}
_FIRST = {
    "memory/memory.limit_in_bytes": "1000",
    "memory/memory.memsw.limit_in_bytes": "1000",
    "pids/pids.max": "64",
    "cpu/cpu.cfs_quota_us": "50000",
    "cpu/cpu.cfs_period_us": "100000",
}
_SECOND = {
    "memory.max": "1000",
    "memory.swap.max": "0",
    "memory.oom.group": "0",
    "pids.max": "64",
    "cpu.max": "50000 100000",
}


def _checks(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> dict[str, bool | None]:
    def read(path: str) -> str:
        return files.get(path.removeprefix("/sys/fs/cgroup/"), "") + "\n"

    monkeypatch.setattr(self_check, "_read", read)
    return {check.name: check.ok for check in self_check._limits(_WANTED)}


@pytest.mark.parametrize("files", [_FIRST, _SECOND], ids=["first", "second"])
def test_limits_that_are_as_wanted_are_good(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    assert set(_checks(monkeypatch, files).values()) == {True}


@pytest.mark.parametrize("files", [_FIRST, _SECOND], ids=["first", "second"])
def test_every_limit_is_looked_at(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    """One that is another one, or the word for none."""
    for name in files:
        for value in ("77", "max", "-1"):
            found = _checks(monkeypatch, {**files, name: value})
            assert list(found.values()).count(False) == 1, (name, value)


def test_without_control_groups_nothing_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _checks(monkeypatch, {})
    assert [name for name, ok in found.items() if ok is False] == ["memory", "pids", "cpus"]


@pytest.mark.parametrize(("swap", "ok"), [("0", True), ("", True), ("1000", False), ("max", False)])
def test_the_second_version_counts_swap_alone(
    monkeypatch: pytest.MonkeyPatch, swap: str, *, ok: bool
) -> None:
    """As much swap as memory would double the memory; a kernel without swap has no such file."""
    assert _checks(monkeypatch, {**_SECOND, "memory.swap.max": swap})["swap"] is ok


def test_what_the_first_version_does_not_count_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _checks(monkeypatch, {**_FIRST, "memory/memory.memsw.limit_in_bytes": ""})
    assert found["memory and swap"] is None
