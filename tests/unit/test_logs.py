"""A log line is one line, and says what it says to people and to programs."""

import logging
import re
from pathlib import Path

import pytest

from runner.logs import event

_ROOT = Path(__file__).parents[2]
#: Pages with tables of log lines.
_PAGES = ("pool", "server")


def logged(caplog: pytest.LogCaptureFixture, **fields: object) -> logging.LogRecord:
    caplog.set_level(logging.INFO)
    event(logging.getLogger("runner.test"), logging.INFO, "it_happened", **fields)
    (record,) = caplog.records
    return record


def test_a_line_is_a_name_and_fields(caplog: pytest.LogCaptureFixture) -> None:
    record = logged(caplog, pool="p", waited_s=1.23456, uses=3, cause=None)
    assert record.getMessage() == "it_happened pool=p waited_s=1.235 uses=3 cause=None"
    assert record.__dict__["event"] == "it_happened"
    assert record.__dict__["fields"] == {"pool": "p", "waited_s": 1.23456, "uses": 3, "cause": None}
    assert record.filename == "test_logs.py"


@pytest.mark.parametrize("text", ['two words "quoted"', "a\nb", "x=1", "", "caf\u00e9", "\x1b[31m"])
def test_no_value_can_break_a_line_or_pass_for_a_field(
    caplog: pytest.LogCaptureFixture, text: str
) -> None:
    message = logged(caplog, error=text).getMessage()
    assert re.fullmatch(r'it_happened error="[ -~]*"', message)


def test_a_record_keeps_no_objects(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, error=ValueError("no")).__dict__["fields"] == {"error": "no"}


def test_no_text_is_made_without_a_handler(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    event(logging.getLogger("runner.test"), logging.INFO, "it_happened")
    assert not caplog.records


def test_every_event_is_documented() -> None:
    modules = (_ROOT / "runner").rglob("*.py")
    source = "\n".join(path.read_text("utf-8") for path in modules)
    events = set(re.findall(r'(?:logging\.[A-Z]+,|level,|_warn_once\()\s*"([a-z_]+)"', source))
    assert len(events) > 25
    pages = "".join((_ROOT / "runner" / name / "README.md").read_text("utf-8") for name in _PAGES)
    assert {name for name in events if f"`{name}`" not in pages} == set()
