"""The tests that are found in a file, and how they end, are those of pytest itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import runner
from runner.models import SuiteTest, TestStatus

from .files import FILES, SOLUTION

_PLUGIN = """
import json

ENDS = {}

def pytest_runtest_logreport(report):
    name = report.nodeid.partition("::")[2].replace("::", ".")
    if "subtest" in type(report).__name__.lower():
        if report.outcome == "failed":
            ENDS[name] = "failed"
    elif report.outcome == "failed" or report.when == "call":
        ENDS[name] = "failed" if ENDS.get(name) == "failed" else report.outcome

def pytest_sessionfinish():
    ENDS_FILE.write_text(json.dumps(ENDS))
"""


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Name and end of each test of each file, as pytest has them."""
    found = {}
    for name, text in FILES.items():
        place = tmp_path_factory.mktemp("suite")
        found[name] = _told_by_pytest(place, text)
    return found


def _told_by_pytest(place: Path, text: str) -> dict[str, str]:
    ends = place / "ends.json"
    (place / "solution.py").write_text(SOLUTION)
    (place / "test_it.py").write_text(text)
    plugin = f"import pathlib\nENDS_FILE = pathlib.Path({str(ends)!r})\n{_PLUGIN}"
    (place / "conftest.py").write_text(plugin)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(place)]
    command = [sys.executable, "-m", "pytest", *options, "test_it.py"]
    subprocess.run(command, cwd=place, capture_output=True, timeout=60, check=False)
    seen: dict[str, str] = json.loads(ends.read_text())
    return {name: end for name, end in seen.items() if end != "skipped"}


@pytest.mark.parametrize("name", FILES)
def test_tests_and_ends_are_those_of_pytest(
    pool: runner.Pool, told: dict[str, dict[str, str]], name: str
) -> None:
    result = pool.execute(SOLUTION, [SuiteTest(code=FILES[name])])
    seen = {
        str(test.name): "passed" if test.status is TestStatus.PASSED else "failed"
        for test in result.tests
    }
    assert seen == told[name], result.error
