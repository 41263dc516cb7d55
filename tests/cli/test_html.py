"""The page of a report: nothing on it is markup but ours, and it works in a real browser."""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import resources
from runner.cli.evaluation import html
from runner.cli.tally import PROBLEMS_MAX, Tally
from tests.cli.results import broken, inconclusive, pair

_HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\ud800"


def _tally() -> Tally:
    tally = Tally(problems=True)
    tally.add(*pair("good/1"))
    tally.add(*pair("slow/1", "timeout", cpu_s=5.0))
    texts = {"message": _HOSTILE, "expected": _HOSTILE, "actual": "got 7", "stdout": _HOSTILE}
    tally.add(*pair(f"bad/1 {_HOSTILE}", "failed", code=_HOSTILE, **texts), sample=3)
    return tally


def test_what_a_solution_says_is_no_markup() -> None:
    """Control: the same text in the page as it is would be."""
    page = html.page(_HOSTILE, _tally())
    assert page.count("<script") == 2
    assert page.count("</script") == 2
    assert "<img" not in page
    assert "<img" in _HOSTILE
    assert "https:" not in page
    assert "http:" not in page


def test_only_our_script_may_run() -> None:
    page = html.page("p", _tally())
    assert "default-src 'none'" in page
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'", page)
    assert "onclick" not in page


def test_there_are_plots_and_the_failing_tests_details() -> None:
    page = html.page("p", _tally())
    assert '<svg id="statuses"' in page
    assert '<svg id="times"' in page
    found = re.search(r'id="data">(.*?)</script>', page)
    assert found is not None
    rows = json.loads(found.group(1))
    assert [row["status"] for row in rows] == ["all_passed", "timeout", "some_failed"]
    assert rows[2]["failure"]["actual"] == "got 7"
    assert rows[2]["failure"]["code"] == _HOSTILE


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
    found = re.search(r'id="data">(.*?)</script>', page)
    assert found is not None
    rows = {row["task"]: row for row in json.loads(found.group(1))}
    assert (rows["good/1"]["evidence"], rows["weak/1"]["evidence"]) == ("values", "objects")
    assert rows["odd/1"]["failure"]["blame"] == "tests"


def test_an_empty_evaluation_has_a_page() -> None:
    assert "0 tests" in html.page("p", Tally(problems=True))


@pytest.fixture
def chromium() -> str:
    """Chromium, installed if this is Debian and we are root."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if not any(map(shutil.which, names)):
        installer = resources.directory("images") / "apt-install.sh"
        done = subprocess.run(
            ["sh", installer, "chromium"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.fail(f"a browser is needed for this test: {done.stderr}")
    return next(filter(None, map(shutil.which, names)))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve a directory; a page may look into another one of the same address only."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


#: Uses the report in a frame as a reader would, and writes down what is to be seen.
_READER = """<!DOCTYPE html><pre id="seen"></pre>
<iframe id="frame" src="report.html" width="1000" height="1000"></iframe>
<script>
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {
  const page = frame.contentDocument, seen = { before: page.title };
  const visible = (kind) => [...page.querySelectorAll(kind)].filter((row) => row.offsetHeight > 0);
  const rows = () => visible("#problems tr.problem").map((row) => row.cells[0].textContent);
  const put = (id, value) => {
    page.getElementById(id).value = value;
    page.getElementById(id).dispatchEvent(new Event("input"));
  };
  seen.all = rows().length;
  put("search", "BAD/1");
  seen.found = rows();
  seen.count = page.getElementById("count").textContent;
  visible("#problems tr.problem")[0].click();
  seen.details = visible("#problems tr.details").length;
  seen.sample = page.querySelector("p.sample").textContent.includes("#3 some_failed: ");
  seen.actual = page.querySelector("pre.actual").textContent;
  seen.code = page.querySelector("pre.code").textContent;
  seen.elements = page.querySelectorAll("img, pre script").length;
  visible("#problems tr.problem")[0].click();
  seen.closed = visible("#problems tr.details").length;
  put("search", "");
  put("status", "timeout");
  seen.timeouts = rows();
  put("status", "");
  seen.again = rows().length;
  const bar = page.querySelector("#statuses rect").getBoundingClientRect();
  seen.bar = bar.width > 10 && bar.height > 10;
  seen.title = page.title;
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""


@pytest.mark.slow
def test_a_reader_can_search_and_open_details(chromium: str, address: str, tmp_path: Path) -> None:
    """In a real browser, with as many problems as a report may have."""
    tally = _tally()
    for n in range(PROBLEMS_MAX - 3):
        tally.add(*pair(f"more/{n}"))
    html.write(tmp_path / "report.html", "the report", tally)
    (tmp_path / "reader.html").write_text(_READER)
    options = "--headless --no-sandbox --disable-gpu --virtual-time-budget=60000 --dump-dom".split()
    done = subprocess.run(
        [chromium, *options, f"--user-data-dir={tmp_path}/profile", f"{address}/reader.html"],
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    found = re.search(r'<pre id="seen">(\{.*?\})</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stdout[-2000:] + done.stderr[-2000:]
    text = found.group(1)
    for name, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(name, char)
    seen = json.loads(text)
    hostile = _HOSTILE.replace("\ud800", "\ufffd")
    assert seen["before"] == seen["title"] == "the report"
    assert seen["all"] == seen["again"] == PROBLEMS_MAX
    assert [task.replace("\ud800", "\ufffd") for task in seen["found"]] == [f"bad/1 {hostile}"]
    assert seen["count"] == f"1 of {PROBLEMS_MAX} problems"
    assert (seen["details"], seen["closed"], seen["elements"]) == (1, 0, 0)
    assert seen["actual"] == "got 7"
    assert seen["sample"] is True
    assert seen["code"].replace("\ud800", "\ufffd") == hostile
    assert seen["timeouts"] == ["slow/1"]
    assert seen["bar"] is True
