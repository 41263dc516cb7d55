"""A request whose subject lacks a library is run once more, with all of them."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from runner.worker.packages.libraries import EVERY, LACKS_LIBRARY
from runner.worker.supervisor import execution
from runner.worker.supervisor.execution import Execution
from runner.worker.supervisor.pair import Ending

_NAMED = 5
_REQUEST: dict[str, Any] = {
    "id": "1",
    "code": "",
    "limits": {"total_s": None, "output_bytes": 0, "source_bytes": 100},
    "tests": [{"kind": "assert", "code": ""}] * 2,
}


class _Pairs:
    """Hands out pairs that end with a status each, and notes with which libraries."""

    places: dict[str, int] = {}  # noqa: RUF012 - as of the protocol

    def __init__(self, every: int, named: int, *statuses: int) -> None:
        self.every_library = every
        self._named = named
        self._statuses = [*statuses]
        self.made: list[int] = []

    def libraries_for(self, _: Any) -> int:
        return self._named

    def next_uids(self) -> tuple[int, int]:
        return 1, 2

    def take(self) -> Any:
        return self.make((1, 2), None)

    def make(self, _uids: Any, _directory: Any, libraries: int = 0) -> Any:
        self.made.append(libraries)
        ending = Ending(self._statuses.pop(0) << 8, 0, reaped=True)
        child = SimpleNamespace(pid=0, ended_within=lambda _: True)
        judge = SimpleNamespace(child=child, pairs=1)
        return SimpleNamespace(
            subject=child, judge=judge, peak_bytes=lambda: 0, destroy=lambda **_: ending
        )


class _Run:
    """A pair at work: the suites are listed, a first test passes, and the subject ends."""

    clocks: list[Any] = []  # noqa: RUF012 - of all runs

    plain, cpu_s, overrun = False, 1.0, None

    def __init__(
        self, pair: Any, _r: Any, findings: Any, clock: Any, _fd: int, collected: Any
    ) -> None:
        budget = SimpleNamespace(
            overrun=None, end=lambda: None, usage=(0.0, 0.0, 0.0), share=0.0, charged_s=0.0
        )
        stream = SimpleNamespace(drain=lambda: None, truncated=False, text=lambda: "")
        self.test = SimpleNamespace(
            budget=budget, streams=(stream,), stdout=stream, stderr=stream, limit=0
        )
        self._findings = findings
        self.clocks.append(clock)
        self._collected = collected

    def run(self) -> str:
        self._findings.compiled = True
        if not self._findings.reports:
            self._collected({0: ["a"]})
            self._findings.finish(self.test, "passed", "")
        return "subject"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[_Pairs], tuple[Any, list[Any]]]:
    monkeypatch.setattr(_Run, "clocks", [])
    monkeypatch.setattr(execution, "PairRun", _Run)
    monkeypatch.setattr(execution, "sweep", lambda _: True)

    def execute(pairs: _Pairs) -> tuple[Any, list[Any]]:
        told: list[Any] = []
        oom: Any = SimpleNamespace(struck=lambda: False)
        made: Any = Execution(_REQUEST, 0, lambda _: None, oom, set, told.append)
        return made.run(pairs), told

    return execute


@pytest.mark.parametrize("named", [0, _NAMED])
def test_the_second_run_has_every_library_and_is_the_only_one_that_counts(
    run: Callable[[_Pairs], tuple[Any, list[Any]]], named: int
) -> None:
    pairs = _Pairs(EVERY, named, LACKS_LIBRARY, 1)
    report, told = run(pairs)
    assert pairs.made == [named, EVERY]
    assert _Run.clocks[0] is not _Run.clocks[1]
    assert [test["status"] for test in report["tests"]] == ["passed", "crashed"]
    assert (report["tests"][1]["exit_code"], report["cpu_s"], len(told)) == (1, 1.0, 1)


def test_a_subject_that_always_says_so_is_run_twice(
    run: Callable[[_Pairs], tuple[Any, list[Any]]],
) -> None:
    pairs = _Pairs(EVERY, 0, LACKS_LIBRARY, LACKS_LIBRARY)
    report, _ = run(pairs)
    assert pairs.made == [0, EVERY]
    assert report["tests"][1]["exit_code"] == LACKS_LIBRARY


@pytest.mark.parametrize(("every", "status"), [(0, LACKS_LIBRARY), (EVERY, os.EX_SOFTWARE)])
def test_where_no_library_lacks_nothing_is_repeated(
    run: Callable[[_Pairs], tuple[Any, list[Any]]], every: int, status: int
) -> None:
    pairs = _Pairs(every, 0, status)
    report, _ = run(pairs)
    assert pairs.made == [0]
    assert report["tests"][1]["exit_code"] == status
