"""What a suite is, beyond what pytest and unittest have: results, budgets, imports, and blame."""

import os
from pathlib import Path

import pytest

import runner
from runner.models import (
    Blame,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    StdioTest,
    SuiteTest,
    TestStatus,
)
from runner.worker.protocol.cases import MOST_CASES, NAME_MAX

_ADD = "def add(a, b):\n    print('adding')\n    return a + b\n"
_TEST = "from solution import add\ndef test_add(): assert add(1, 2) == 3\n"


def _statuses(result: ExecutionResult) -> list[tuple[str | None, str]]:
    return [(test.name, test.status.value) for test in result.tests]


# -- results --------------------------------------------------------------------------------------


def test_each_test_has_its_own_result(pool: runner.Pool) -> None:
    suite = (
        _TEST
        + "def test_print(): print('mine'); add(1, 1)\ndef test_wrong(): assert add(1, 1) == 3\n"
    )
    result = pool.execute(_ADD, ["assert add(0, 0) == 0", SuiteTest(code=suite), "assert True"])
    assert (result.status, result.passed, result.total) == ("some_failed", 4, 5)
    assert [test.index for test in result.tests] == [0, 1, 2, 3, 4]
    assert [test.test for test in result.tests] == [0, 1, 1, 1, 2]
    names = [None, "test_add", "test_print", "test_wrong", None]
    assert [test.name for test in result.tests] == names
    assert [test.stdout for test in result.tests[1:4]] == ["adding\n", "adding\nmine\n", "adding\n"]
    wrong = result.tests[3]
    assert (wrong.expected, wrong.actual) == ("3", "2")
    assert result.error is not None
    assert "test_wrong" in result.error
    assert [test.evidence for test in result.tests[1:3]] == [Evidence.VALUES] * 2


def test_results_survive_json(pool: runner.Pool) -> None:
    result = pool.execute(_ADD, [SuiteTest(code=_TEST)])
    assert ExecutionResult.model_validate_json(result.model_dump_json()) == result


def test_a_suite_stands_between_programs(pool: runner.Pool) -> None:
    """All suites are listed before any test runs, in whichever pair it does."""
    program = StdioTest(stdin="", stdout="2\n")
    code = "def add(a, b): return a + b\nif __name__ == '__main__': print(add(1, 1))"
    tests = [
        program,
        SuiteTest(code=_TEST),
        program,
        SuiteTest(code=_TEST + "\ndef test_b(): add(1, 1)"),
    ]
    result = pool.execute(code, tests)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    assert [test.test for test in result.tests] == [0, 1, 2, 3, 3]


def test_a_syntax_error_counts_the_tests_that_were_listed(pool: runner.Pool) -> None:
    result = pool.execute("def add(", [SuiteTest(code=_TEST + "def test_b(): pass")])
    assert (result.status, result.passed, result.total) == ("syntax_error", 0, 2)


def test_names_are_bounded_and_told_apart(pool: runner.Pool) -> None:
    long = "x" * 2 * NAME_MAX
    suite = (
        "import pytest\nfrom solution import add\n"
        f"@pytest.mark.parametrize('n', [{long + 'a'!r}, {long + 'b'!r}, 'é\\n'])\n"
        "def test_n(n): assert add(1, 1) == 2"
    )
    result = pool.execute(_ADD, [SuiteTest(code=suite)])
    assert result.passed == 3, result.error
    names = [str(test.name) for test in result.tests]
    assert len({*names}) == 3
    assert max(map(len, names)) <= NAME_MAX
    assert names[2] == "test_n[\\xe9\\n]"


def test_a_suite_may_have_many_tests(pool: runner.Pool) -> None:
    suite = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_n(n): assert add(n, 0) == n"
    result = pool.execute("def add(a, b): return a + b", [SuiteTest(code=suite.format(400))])
    assert (result.passed, result.total) == (400, 400), result.error
    result = pool.execute(_ADD, [SuiteTest(code=suite.format(MOST_CASES + 1))])
    assert result.blame is Blame.TESTS
    assert f"more than {MOST_CASES} tests" in str(result.error)


_SHOWN = {
    "an object": "solution.Stack, solution.plus",
    "a value": "solution.LIMIT, solution.LIMIT + 1",
    "an answer": "solution.plus(1, 2), solution.Stack()",
    "chance": "random.random(), time.time()",
}


@pytest.mark.parametrize("name", _SHOWN)
def test_the_name_of_a_test_shows_no_answer(pool: runner.Pool, name: str) -> None:
    """Parameters may show the solution, or chance; how many there are may not depend on it."""
    code = "LIMIT = 10\nplus = lambda a, b: a + b\nclass Stack: pass"
    suite = (
        "import random, time\nimport pytest, solution\n"
        f"@pytest.mark.parametrize('item', [{_SHOWN[name]}])\n"
        "def test_it(item): assert item and solution.plus(1, 2) == 3"
    )
    result = pool.execute(code, [SuiteTest(code=suite)])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    wrong = pool.execute(code.replace("a + b", "4"), [SuiteTest(code=suite)])
    assert (wrong.passed, wrong.total, wrong.blame) == (0, 2, Blame.CODE)


# -- budgets --------------------------------------------------------------------------------------


def test_each_test_has_its_own_budget(pool: runner.Pool) -> None:
    """After one that is killed, the module and its fixtures start anew."""
    code = "import time\ndef wait(s):\n    time.sleep(s)\n    return s\nCALLS = []\ndef count():\n    CALLS.append(1)\n    return len(CALLS)"
    suite = (
        "import solution\nBEGAN = solution.count()\n"
        "def test_a(): assert solution.wait(0) == 0\n"
        "def test_b(): solution.wait(60)\n"
        "def test_c(): assert (BEGAN, solution.count()) == (1, 2)\n"
        "def test_d(): assert solution.count() == 3\n"
    )
    result = pool.execute(code, [SuiteTest(code=suite)], timeout=1.0)
    expected = ["passed", "timeout", "passed", "passed"]
    assert [status for _, status in _statuses(result)] == expected, result.error


def test_a_crash_leaves_the_other_tests(pool: runner.Pool) -> None:
    code = "import os\ndef leave(): os._exit(0)\ndef add(a, b): return a + b"
    suite = (
        _TEST
        + "def test_leave():\n    from solution import leave\n    leave()\ndef test_z(): add(1, 1)"
    )
    result = pool.execute(code, [SuiteTest(code=suite)], max_retries=1)
    assert result.status is ExecutionStatus.PROCESS_ERROR
    assert result.blame is Blame.CODE
    assert [status for _, status in _statuses(result)] == ["passed", "crashed", "passed"]


def test_all_tests_of_a_suite_may_use_their_budget(pool: runner.Pool) -> None:
    """The kernel's own limit of CPU time is for all of them."""
    code = "import time\ndef burn():\n    end = time.process_time() + 0.6\n    while time.process_time() < end: pass"
    suite = "import pytest, solution\n@pytest.mark.parametrize('n', range(6))\ndef test_n(n): solution.burn()"
    result = pool.execute(code, [SuiteTest(code=suite)], timeout=1.0)
    assert result.passed == 6, result.error


# -- imports --------------------------------------------------------------------------------------

_IMPORTS = {
    "module": "import solution\nassert solution.add(1, 2) == 3",
    "as": "import solution as s\nassert s.add(1, 2) == 3",
    "name": "from solution import add\nassert add(1, 2) == 3",
    "name as": "from solution import add as plus\nassert plus(1, 2) == 3",
    "star": "from solution import *\nassert add(1, 2) == 3",
    "in a function": "def run():\n    from solution import add\n    assert add(1, 2) == 3\nrun()",
    "importlib": "import importlib\nassert importlib.import_module('solution').add(1, 2) == 3",
    "__import__": "assert __import__('solution').add(1, 2) == 3",
    "patch": (
        "from unittest.mock import patch\nfrom solution import add\n"
        "with patch('solution.print', create=True) as shown:\n    add(1, 2)\nshown.assert_called()"
    ),
    "reload": (
        "import importlib, solution\nsolution.add = None\nimportlib.reload(solution)\n"
        "assert solution.add(1, 2) == 3"
    ),
}


@pytest.mark.parametrize("name", _IMPORTS)
@pytest.mark.parametrize("kind", ["string", "suite"])
def test_imports_lead_to_the_solution(pool: runner.Pool, name: str, kind: str) -> None:
    text = _IMPORTS[name]
    result = pool.execute(_ADD, [text if kind == "string" else SuiteTest(code=text)])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    wrong = pool.execute(
        "def add(a, b): return 0", [text if kind == "string" else SuiteTest(code=text)]
    )
    assert wrong.status is not ExecutionStatus.ALL_PASSED
    assert wrong.blame is Blame.CODE


@pytest.mark.parametrize("module", ["answer", "package.module", "__main__"])
def test_a_suite_may_call_the_solution_otherwise(pool: runner.Pool, module: str) -> None:
    suite = f"from {module} import add\ndef test_add(): assert add(1, 2) == 3"
    result = pool.execute(_ADD, [SuiteTest(code=suite, module=module)])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


@pytest.mark.parametrize("module", ["", "a-b", "a..b", "os", "json.decoder", "1a"])
def test_a_module_has_a_name_of_its_own(module: str) -> None:
    with pytest.raises(runner.ConfigurationError, match="module"):
        runner.Pool(backend="local").execute("", [SuiteTest(code="", module=module)])


def test_a_name_that_is_missing_is_the_codes_fault(pool: runner.Pool) -> None:
    result = pool.execute("x = 1", [SuiteTest(code=_TEST)])
    assert result.blame is Blame.CODE
    assert "cannot import name 'add' from 'solution'" in str(result.error)


# -- scripts and examples -------------------------------------------------------------------------

_SCRIPTS = {
    "end": "import solution\nassert solution.add(1, 2) == 3",
    "exit": "import solution, sys\nsys.exit(0 if solution.add(1, 2) == 3 else 1)",
    "guard": "import solution\ndef main(): assert solution.add(1, 2) == 3\nif __name__ == '__main__': main()",
}


@pytest.mark.parametrize("name", _SCRIPTS)
def test_a_suite_without_tests_is_a_script(pool: runner.Pool, name: str) -> None:
    suite = SuiteTest(code=_SCRIPTS[name])
    assert _statuses(pool.execute(_ADD, [suite])) == [("script", "passed")]
    assert pool.execute("def add(a, b): return 0", [suite]).passed == 0


_EXAMPLES = '''
"""
>>> add(1, 2)
adding
3
"""
from solution import add

def explain():
    """
    >>> add('a', 1)
    Traceback (most recent call last):
    TypeError: can only concatenate str (not "int") to str
    """
'''


def test_examples_are_tests_if_that_is_asked_for(pool: runner.Pool) -> None:
    result = pool.execute(_ADD, [SuiteTest(code=_EXAMPLES, doctest=True)])
    code = "def add(a, b):\n    print('adding')\n    return 3"
    wrong = pool.execute(code, [SuiteTest(code=_EXAMPLES, doctest=True)])
    assert _statuses(wrong) == [("doctest", "passed"), ("doctest explain", "failed")]
    assert "shows" in str(wrong.error)
    assert [name for name, _ in _statuses(result)] == ["doctest", "doctest explain"]
    assert result.tests[0].passed


@pytest.mark.parametrize(
    "suite",
    [
        "def explain():\n    '>>> add(\\'a\\', \"b\")\\nadding\\n\\'ab\\''\n",
        'def explain():\n    """\n    >>> add("a\\\\n", "b")\n    adding\n    \'a\\\\nb\'\n    """\n',
        "__test__ = {'explain': '>>> add(\\x22a\\x22, \\x22b\\x22)\\nadding\\n\\'ab\\'\\n'}\n",
    ],
)
def test_examples_may_have_escapes(pool: runner.Pool, suite: str) -> None:
    tests = [SuiteTest(code=f"from solution import add\n{suite}", doctest=True)]
    assert _statuses(pool.execute(_ADD, tests)) == [("doctest explain", "passed")]
    wrong = pool.execute("def add(a, b):\n    print('adding')\n    return b + a", tests)
    assert _statuses(wrong) == [("doctest explain", "failed")]


def test_a_text_may_be_nothing_but_examples(pool: runner.Pool) -> None:
    text = "Adding is easy:\n\n    >>> add(1, 2)\n    adding\n    3\n"
    result = pool.execute(_ADD, [SuiteTest(code=text, doctest=True)])
    assert _statuses(result) == [("doctest", "passed")], result.error
    assert pool.execute("def add(a, b): return 3", [SuiteTest(code=text, doctest=True)]).passed == 0


# -- strings --------------------------------------------------------------------------------------

_UNITTEST = (
    "import unittest\nclass AddTest(unittest.TestCase):\n"
    "    def test_add(self): self.assertEqual(add(1, 2), 3)\n"
    "if __name__ == '__main__': unittest.main()"
)


@pytest.mark.parametrize(
    "text",
    [
        "def test_add(): assert add(1, 2) == 3",
        _UNITTEST,
        _UNITTEST.replace("add(1, 2)", "s.add(1, 2)").replace(
            "import unittest", "import unittest, solution as s"
        ),
        "print('begins')\ndef test_add(): assert add(1, 2) == 3",
        _UNITTEST.replace(
            "if __name__ == '__main__': unittest.main()", "unittest.main(exit=False)"
        ),
    ],
)
def test_a_string_that_defines_tests_and_calls_none_is_a_suite(
    pool: runner.Pool, text: str
) -> None:
    assert [status for _, status in _statuses(pool.execute(_ADD, [text]))] == ["passed"]
    wrong = pool.execute("def add(a, b): return 0", [text])
    assert (wrong.passed, wrong.total, wrong.blame) == (0, 1, Blame.CODE)


# -- blame ----------------------------------------------------------------------------------------

_BROKEN = {
    "a directory that is not there": ("def test(tmp_path): pass", "give it `files={}`"),
    "nothing": ("", "no test is found"),
    "no test": ("def helper(): pass", "no test is found"),
    "does not compile": ("def test(:", "does not compile"),
    "all skipped": ("import pytest\n@pytest.mark.skip(reason='later')\ndef test(): pass", "later"),
    "skips itself": ("import pytest\npytest.importorskip('absent')\ndef test(): pass", "absent"),
    "fails before": ("1 / 0\ndef test(): pass", "ZeroDivisionError"),
    "absent module": ("import absent\ndef test(): pass", "absent"),
    "absent fixture": ("def test(nothing): pass", "fixture 'nothing' not found"),
    "parameters of the solution": (
        "import pytest, solution\n@pytest.mark.parametrize('n', solution.cases())\ndef test(n): pass",
        "depends on the solution",
    ),
    "skip by the solution": (
        "import pytest, solution\n@pytest.mark.skipif(solution.add(1, 2) != 3, reason='')\ndef test(): assert solution.add(1, 1) == 2\ndef test_b(): pass",
        "depends on the solution",
    ),
    "tests by the solution": (
        "import solution\nif solution.add(1, 2) == 3:\n    def test(): pass",
        "depends on the solution",
    ),
    "expected by the solution": (
        "import pytest, solution\n@pytest.mark.xfail(solution.add(1, 2) != 3, reason='')\ndef test(): assert solution.add(1, 1) == 2",
        "depends on the solution",
    ),
    "ends its process": ("import os\nos._exit(0)\ndef test(): pass", "ends the process"),
    "generator": ("def test():\n    yield\n    assert False", "generator"),
    "coroutine of a plain case": (
        "import unittest\nclass TestA(unittest.TestCase):\n    async def test(self): self.fail()",
        "coroutine",
    ),
    "does nothing": ("x = 1\nif __name__ == 'other': pass", "no test is found"),
    "wrong parameters": (
        "import pytest\n@pytest.mark.parametrize('a,b', [(1,)])\ndef test(a, b): pass",
        "2 names",
    ),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_a_broken_suite_is_the_fault_of_the_tests(pool: runner.Pool, name: str) -> None:
    suite, reason = _BROKEN[name]
    result = pool.execute(_ADD, [SuiteTest(code=suite)])
    assert result.blame is Blame.TESTS, result
    assert not result.conclusive
    assert reason in str(result.error)


# -- digests --------------------------------------------------------------------------------------


def test_the_digest_has_what_is_not_the_default(pool: runner.Pool) -> None:
    def digest(**fields: object) -> str:
        suite = SuiteTest.model_validate({"code": _TEST, **fields})
        return pool.execute(ExecutionRequest(code=_ADD, tests=(suite,))).request_digest

    assert digest() == digest(module="solution", doctest=False)
    assert len({digest(), digest(module="other"), digest(doctest=True)}) == 3


def test_statuses_are_in_it(pool: runner.Pool) -> None:
    flaky = "def add(a, b): return a + b if a else 1"
    suites = [SuiteTest(code=_TEST + f"def test_b(): assert add(0, 0) == {n}") for n in (0, 1)]
    results = [pool.execute(flaky, [suite]) for suite in suites]
    assert [result.passed for result in results] == [1, 2]
    assert pool.execute(flaky, [suites[0]]).digest == results[0].digest


def test_a_skip_that_is_fixed_before_leaves_the_count(pool: runner.Pool) -> None:
    suite = _TEST + "import pytest\n@pytest.mark.skip\ndef test_b(): pass"
    result = pool.execute(_ADD, [SuiteTest(code=suite)])
    assert (result.status, result.passed, result.total) == ("all_passed", 1, 1)


def test_statuses_of_tests_are_those_of_any_test(pool: runner.Pool) -> None:
    code = "def fail(): raise KeyError(1)\ndef hog(): return bytearray(1 << 40)"
    suite = "import solution\ndef test_error(): solution.fail()\ndef test_hog(): solution.hog()\ndef test_z(): assert solution.fail"
    result = pool.execute(code, [SuiteTest(code=suite)])
    expected = [TestStatus.ERROR, TestStatus.MEMORY_LIMIT, TestStatus.PASSED]
    assert [test.status for test in result.tests] == expected
    assert result.tests[0].message == "KeyError: 1 (solution, line 1, in fail)"


def test_a_script_that_makes_tests_does_not_pass(pool: runner.Pool) -> None:
    suite = "import solution\nfor n in range(2): globals()[f'test_{n}'] = lambda: solution.add(1, 2) / 0\n"
    result = pool.execute(_ADD, [SuiteTest(code=suite)])
    assert result.passed == 0
    assert "by def or class" in str(result.error)


def test_the_solution_is_no_package(pool: runner.Pool) -> None:
    code = f"__path__ = [{str(Path(os.__file__).parent)!r}]"
    suite = "import solution.colorsys\ndef test(): pass"
    result = pool.execute(code, [suite, SuiteTest(code=suite)])
    assert result.passed == 0
