"""Under the filter no file can be opened; whatever honest programs call must work without."""

import sys
from typing import Any

import pytest

import runner
from runner.worker.subject.import_policy import COMMON, SYSTEM

from .calls import CALLS, MORE_CALLS

_ALL = CALLS | MORE_CALLS

#: Executes a snippet as if it were the solution's own text, and says what was wrong.
_SOLUTION = f"""
SNIPPETS = {_ALL!r}

def outcome(name):
    try:
        exec(SNIPPETS[name], {{"__name__": __name__}})
    except BaseException as error:
        import traceback
        return traceback.format_exc()[-1500:]
    return "works"
"""

_IMPORTS = """
def outcome(name):
    try:
        __import__(name)
    except ImportError:
        return "ImportError"
    except BaseException as error:
        return repr(error)
    return "imported"
"""


def test_every_allowed_module_has_a_call() -> None:
    """Packages are called by their own snippet, whatever part of them a list names."""
    tops = {name.partition(".")[0] for name in (*COMMON, *SYSTEM)}
    assert tops - CALLS.keys() == set()


@pytest.fixture(scope="module")
def outcomes(pool: runner.Pool) -> dict[str, str]:
    tests = [runner.CallTest(function="outcome", args=[name], expected="works") for name in _ALL]
    result = pool.execute(_SOLUTION, tests, timeout=20)
    assert len(result.tests) == len(_ALL), result.error
    return {
        name: "" if test.passed else f"{test.message}\n{test.stderr}"
        for name, test in zip(_ALL, result.tests, strict=True)
    }


@pytest.mark.parametrize("name", _ALL)
def test_what_programs_call_works_under_the_filter(outcomes: dict[str, str], name: str) -> None:
    assert not outcomes[name]


@pytest.mark.parametrize("policy", ["standard", "strict"])
def test_what_is_missing_is_an_import_error(backend: str, policy: str) -> None:
    """Not a PermissionError, which no program expects of an import: whatever the module."""
    names = [*sorted(sys.stdlib_module_names), "numpy", "no_such_module", "email.nothing"]
    names += ["encodings.nothing", "json.nothing", "xml.nothing", "os.path.nothing"]
    code = f"{_IMPORTS}\nNAMES = {names!r}\n"
    tests = ["assert {outcome(name) for name in NAMES} == {'imported', 'ImportError'}"]
    settings: dict[str, Any] = {"backend": backend, "policy": policy, "workers": 1, "spares": 0}
    with runner.Pool(name=policy, **settings) as pool:
        result = pool.execute(f"{code}", tests, timeout=20)
    assert result.status == "all_passed", result.error
