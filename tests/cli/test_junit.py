"""JUnit reports are XML, whatever a solution says."""

import contextlib
import xml.etree.ElementTree as ET
from pathlib import Path

from runner.cli.evaluation.junit import JUnit
from tests.cli.results import broken, inconclusive, pair


def test_names_of_cases_are_unique(tmp_path: Path) -> None:
    """Samples of a task, tasks that are named like a sample, and names that XML cannot hold."""
    names = ["a", "a#1", "a\x00", "a\x01", "a\ufffd", "b" * 5000, "b" * 5001, "a\ud800"]
    with contextlib.closing(JUnit("p")) as junit:
        for name in names:
            for sample in (1, 2):
                junit.add(pair(name)[1], sample)
        junit.write(tmp_path / "r.xml")
    (suite,) = ET.parse(tmp_path / "r.xml").getroot()
    found = [case.get("name") for case in suite]
    assert found[:4] == ["a#1", "a#2", "a#1#1", "a#1#2"]
    assert len(set(found)) == len(names) * 2


def test_cases_have_their_status_and_text_is_text(tmp_path: Path) -> None:
    hostile = "]]></failure>&\x00\x1b\ud800\ufffe\"'<b>"
    with contextlib.closing(JUnit("p & q \udcff")) as junit:
        junit.add(pair("good")[1])
        junit.add(pair(hostile, "failed", message=hostile)[1])
        junit.add(inconclusive("lost")[1])
        junit.add(broken("odd")[1])
        junit.write(tmp_path / "r.xml")
    (suite,) = ET.parse(tmp_path / "r.xml").getroot()
    counts = [suite.get(name) for name in ("name", "tests", "failures", "errors")]
    assert counts == ["p & q \ufffd", "4", "1", "2"]
    good, bad, lost, odd = suite
    assert [(each.get("name"), each.get("value")) for each in good.iter("property")] == [
        ("evidence", "values")
    ]
    assert bad[0].tag == "failure"
    assert "]]></failure>&" in (bad[0].text or "")
    assert (lost[0].tag, lost[0].get("type")) == ("error", "process_error")
    assert (odd[0].tag, odd[0].get("type")) == ("error", "broken_tests")
    assert "test 0 is broken" in (odd[0].get("message") or "")
