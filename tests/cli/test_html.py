"""The page of a report as text: nothing on it is markup but ours."""

import json
import re
from typing import Any

import pytest

from runner.cli.evaluation import html
from runner.cli.tally import Tally
from tests.cli.results import HOSTILE, broken, inconclusive, pair


def _tally() -> Tally:
    tally = Tally(report=True)
    tally.add(*pair("good/1"))
    tally.add(*pair("slow/1", "timeout", cpu_s=5.0))
    texts = {"message": HOSTILE, "expected": HOSTILE, "actual": "got 7", "stdout": HOSTILE}
    tally.add(*pair(f"bad/1 {HOSTILE}", "failed", code=HOSTILE, **texts), sample=3)
    return tally


def _rows(page: str) -> list[dict[str, Any]]:
    found = re.search(r'id="data">(.*?)</script>', page)
    assert found is not None
    rows: list[dict[str, Any]] = json.loads(found.group(1))
    return rows


def test_what_a_solution_says_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the escape of each kind, the same text is markup."""

    def markup() -> tuple[int, ...]:
        page = html.page(HOSTILE, _tally())
        return tuple(map(page.count, ("<script", "</title", "<img")))

    assert markup() == (2, 1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(html, "_json", json.dumps)
        assert markup() > (2, 1, 0)
    with monkeypatch.context() as patch:
        patch.setattr("html.escape", str)
        assert markup() > (2, 1, 0)


def test_the_page_needs_no_other() -> None:
    page = html.page("p", _tally())
    assert "https:" not in page
    assert "http:" not in page


def test_only_our_script_may_run() -> None:
    page = html.page("p", _tally())
    assert "default-src 'none'" in page
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'", page)
    assert "onclick" not in page


def test_there_are_plots_and_the_failing_tests_details() -> None:
    page = html.page("p", _tally())
    assert 'id="statuses"' in page
    assert "<td>1 (33.3 %)</td>" in page
    assert 'id="times"' in page
    assert ">up to 5 s<" in page
    timeout, failed, passed = _rows(page)
    assert timeout["failures"][0]["status"] == "timeout"
    assert failed["failures"][0]["details"]["actual"] == "got 7"
    assert failed["failures"][0]["details"]["code"] == HOSTILE
    assert passed["failures"] == []


def test_evidence_and_broken_tests_have_their_figures() -> None:
    tally = _tally()
    tally.add(*pair("weak/1", evidence="objects"))
    tally.add(*broken("odd/1"))
    tally.add(*inconclusive("lost/1"))
    page = html.page("p", tally)
    for name, count in {
        "passed on values": 1,
        "passed on objects": 1,
        "passed on none": 0,
        "inconclusive: infrastructure": 1,
        "inconclusive: broken tests": 1,
    }.items():
        assert f"<dt>{name}</dt><dd>{count}</dd>" in page
    rows = {row["task"]: row for row in _rows(page)}
    assert (rows["good/1"]["evidence"], rows["weak/1"]["evidence"]) == ("values", "objects")
    assert rows["odd/1"]["failures"][0]["details"]["blame"] == "tests"


def test_an_empty_evaluation_has_a_page() -> None:
    assert "0 tests" in html.page("p", Tally(report=True))
