"""JUnit reports are XML, whatever a solution says."""

import contextlib
import xml.etree.ElementTree as ET
from pathlib import Path

from runner.cli.junit import JUnit
from tests.cli.results import inconclusive, pair


def test_cases_have_their_status_and_text_is_text(tmp_path: Path) -> None:
    hostile = "]]></failure>&\x00\x1b\ud800\ufffe\"'<b>"
    with contextlib.closing(JUnit("p & q \udcff")) as junit:
        junit.add(pair("good")[1])
        junit.add(pair(hostile, "failed", message=hostile)[1])
        junit.add(inconclusive("lost")[1])
        junit.write(tmp_path / "r.xml")
    (suite,) = ET.parse(tmp_path / "r.xml").getroot()
    counts = [suite.get(name) for name in ("name", "tests", "failures", "errors")]
    assert counts == ["p & q \ufffd", "3", "1", "1"]
    good, bad, lost = suite
    assert list(good) == []
    assert bad[0].tag == "failure"
    assert "]]></failure>&" in (bad[0].text or "")
    assert lost[0].tag == "error"
