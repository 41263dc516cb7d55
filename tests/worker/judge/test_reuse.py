"""A judge serves the next request only if nothing of the last one can be left in it."""

import ast
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.worker.judge.source import asserts_only, reuse, test_code
from runner.worker.kernel import process

pytestmark = pytest.mark.user

Eventually = Callable[[Callable[[], object]], None]

PLAIN = [
    "assert f(1, 2) == 3",
    "assert f(1, b=[2, {'x': (3, None)}]) == -3.5",
    "assert f(1) == 2, 'why'\nassert 'a' in f(2)",
    "assert not f(1)",
    "assert sorted(f([3, 1])) == [1, 3] and len(f([])) == 0",
    "assert abs(f(2) - 1.41421) < 1e-5",
    "assert {f(1), f(2)} == {1, 2}",
    "assert f(f(1)) is None",
]
CHECK = [
    "def check(candidate):\n    assert candidate(1) == 2\n    assert True, 'why'",
    "METADATA = {'a': 'x'}\n\ndef check(candidate):\n    assert abs(candidate(2.0) - 1) < 1e-6",
    "A = B = (1, [2])\ndef check(candidate):\n    assert candidate(1) == g(2)",
]
MORE = [
    "import math\nassert f(1) == 2",
    "x = f(1)\nassert x == 2",
    "assert f(1).y == 2",
    "assert f.calls == 2",
    "assert f",
    "assert f(g) == 2",
    "assert f(*[1]) == 2",
    "assert f(1)[0] == 2",
    "assert [f(x) for x in [1]] == [2]",
    "assert f(lambda: 1) == 2",
    "assert f'{f(1)}' == '2'",
    "assert (y := f(1)) == 2",
    "def check(): pass\nassert f(1) == 2",
    "f(1)",
    "for x in [1]: assert f(x) == 2",
    "with f(1): assert f(2) == 2",
    "try:\n    f(1)\nexcept ValueError:\n    pass",
    "del f",
    "global f\nassert f(1) == 2",
    "A = 1\nassert f(1) == 2",
    "A = f(1)\ndef check(candidate):\n    assert candidate(1) == 2",
    "def check(f):\n    assert f(1) == 2",
    "def check(candidate, x=1):\n    assert candidate(1) == 2",
    "def check(*candidate):\n    assert candidate(1) == 2",
    "@f(1)\ndef check(candidate):\n    assert candidate(1) == 2",
    "def check(candidate) -> f(1):\n    assert candidate(1) == 2",
    "def check(candidate: f(1)):\n    assert candidate(1) == 2",
    "def check(candidate):\n    x = candidate(1)\n    assert abs(1) == 2",
    "def check(candidate):\n    assert candidate == 2",
    "def check(candidate):\n    def check(candidate):\n        assert candidate(1) == 2",
    "def other(candidate):\n    assert candidate(1) == 2",
    "def check(candidate):\n    assert candidate(1) == 2\nassert f(1) == 2",
    "async def check(candidate):\n    assert candidate(1) == 2",
    "class check:\n    assert f(1) == 2",
    "METADATA['x'] = 1\ndef check(candidate):\n    assert candidate(1) == 2",
    "A: int = 1\ndef check(candidate):\n    assert candidate(1) == 2",
    "assert f",
    "assert f(x) == y",
    "assert f(__name__) != eval('x')",
]

#: Nothing but asserts about calls.
ASSERTS = [
    "# nothing",
    "assert 1 < f(1) < g(2)",
    "assert f(**{'a': 1, **g()}) == {**f(1)}",
    "assert f(1) == g(2) and f(3) == 4",
    "assert f(1) == 2\nassert f(g(1)) == 2",
]

NONE_LEFT = {"code": "def f(x):\n    return x", "tests": ["assert f(1) == 1"]}


@pytest.mark.parametrize("code", PLAIN + CHECK)
def test_a_test_that_only_asserts_about_calls_is_plain(code: str) -> None:
    assert test_code.compile_test(code, "<test>").plain


@pytest.mark.parametrize("code", MORE)
def test_a_test_that_does_more_is_not(code: str) -> None:
    assert not test_code.compile_test(code, "<test>").plain


@pytest.mark.parametrize("code", [*PLAIN, *MORE, *ASSERTS])
def test_one_walk_finds_what_the_general_reading_finds(code: str) -> None:
    tree = ast.parse(code)
    found = asserts_only.facts(tree)
    assert found is not None or code in MORE
    if found is not None:
        nodes = test_code._by_type(tree)
        assert found == test_code._facts(tree, code, "<test>", nodes, frozenset())


def test_what_may_be_a_place_to_patch_is_read_in_general() -> None:
    assert asserts_only.facts(ast.parse("assert f('os.path')")) is None


@pytest.mark.parametrize("name", ["eval", "exec", "open", "print", "setattr", "globals", "input"])
def test_a_builtin_with_effects_is_not_called_by_a_plain_test(name: str) -> None:
    assert not reuse.are_plain_calls([name], {})


def _children(pid: int) -> set[int]:
    """Return the children of a process that have not ended."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {child for child in map(int, " ".join(texts).split()) if _lives(child)}


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Worker:
    """A pool of one worker, and the processes of the worker."""

    def __init__(self, pool: runner.Pool, eventually: Eventually) -> None:
        self._pool = pool
        self._eventually = eventually
        self._supervisor = int(self.execute(NONE_LEFT).sandbox_id.split("-")[1])
        self._zygotes = self._lasting(OTHERS["a test that imports"])
        assert len(self._zygotes) == 2

    def processes(self) -> set[int]:
        """Return both zygotes, and the judge and the subject that wait."""
        found: set[int] = set()

        def four() -> bool:
            found.clear()
            found.update(_children(self._supervisor))
            return len(found) == 4

        self._eventually(four)
        return found

    def execute(self, request: dict[str, Any]) -> runner.ExecutionResult:
        """Execute a request."""
        return self._pool.execute(request)

    def _lasting(self, request: dict[str, Any]) -> set[int]:
        """Return the processes that outlast some executions of a request."""
        lasting = self.processes()
        for _ in range(4):
            self.execute(request)
            lasting &= self.processes()
        return lasting

    def keep_a_judge(self) -> int:
        """Execute plain requests until a judge is kept; return its pid."""
        for _ in range(3):
            self.execute(NONE_LEFT)
        (judge,) = self._lasting(NONE_LEFT) - self._zygotes
        return judge


@pytest.fixture(scope="module")
def pool() -> Iterator[runner.Pool]:
    """A worker whose processes can be seen from here."""
    with runner.Pool(workers=1, spares=0, backend="local") as own:
        yield own


@pytest.fixture
def worker(pool: runner.Pool, eventually: Eventually) -> Worker:
    return Worker(pool, eventually)


def test_a_judge_is_kept_while_requests_are_plain(worker: Worker) -> None:
    judge = worker.keep_a_judge()
    failing = {"code": "def f(x):\n    return [x]", "tests": ["assert f(1) == 1"]}
    function = {"code": "def f(x):\n    return f", "tests": ["assert f(1) == 1"]}
    call = {
        "code": NONE_LEFT["code"],
        "tests": [runner.CallTest(function="f", args=[1], expected=1)],
    }
    test = runner.CheckTest(code=CHECK[0], entry_point="f")
    check = {"code": "def f(x):\n    return x + 1", "tests": [test]}
    for request in (NONE_LEFT, failing, function, call, check, NONE_LEFT):
        worker.execute(request)
        assert judge in worker.processes()


#: Requests after which, or for which, there has to be another judge.
OTHERS: dict[str, dict[str, Any]] = {
    "a test that imports": {
        "code": "def f(x): return x",
        "tests": ["import math\nassert f(1) == 1"],
    },
    "setup code": {"code": "def f(x): return x", "tests": ["assert f(1) == 1"], "setup": "y = 1"},
    "judge setup": {
        "code": "def f(x): return x",
        "tests": ["assert f(1) == 1"],
        "judge_setup": "y = 1",
    },
    "one test of two": {"code": "def f(x): return x", "tests": ["assert f(1) == 1", "y = f(1)"]},
    "a class": {"code": "class F:\n    def __init__(self, x): pass", "tests": ["assert F(1) != 1"]},
    "an instance": {"code": "class F: pass\ndef f(x): return F()", "tests": ["assert f(1) != 1"]},
    "a borrowed name": {
        "code": "import math as m\ndef f(x): return x",
        "tests": ["assert m.floor(f(1)) == 1"],
    },
    "a library's class": {"code": "def f(x): return range", "tests": ["assert f(1) != 1"]},
    "a subclass of list": {
        "code": "class L(list): pass\ndef f(x): return L()",
        "tests": ["assert f(1) == []"],
    },
    "a decimal": {
        "code": "import decimal\ndef f(x): return decimal.Decimal(x)",
        "tests": ["assert f(1) == 1"],
    },
    "a decimal in an argument": {
        "code": "import decimal\ndef f(x): x.append(decimal.Decimal(1))",
        "tests": ["assert f([1]) is None"],
    },
    "a hash by address": {
        "code": "def f(x): return {float('nan'), 1.5, 2.5, 3.5, 4.5}",
        "tests": ["assert f(1) == 1"],
    },
    "a text with an address": {
        "code": "def f(x): return memoryview(b'a')",
        "tests": ["assert f(1) == 1"],
    },
    "a large value": {"code": "def f(x): return 'x' * 20_000_000", "tests": ["assert f(1) != 1"]},
    "an exception": {"code": "def f(x): raise ValueError(x)", "tests": ["assert f(1) == 1"]},
    "a timeout": {
        "code": "def f(x):\n    while True: pass",
        "tests": ["assert f(1) == 1"],
        "timeout": 0.2,
    },
    "a syntax error": {"code": "def f(x:", "tests": ["assert f(1) == 1"]},
    "a broken test": {"code": "def f(x): return x", "tests": ["assert f(1) == "]},
    "a check of a class": {
        "code": "class F:\n    def __new__(cls, x):\n        return 2",
        "tests": [runner.CheckTest(code=CHECK[0], entry_point="F")],
    },
    "a check of a builtin": {
        "code": "def f(x):\n    return x",
        "tests": [runner.CheckTest(code=CHECK[0], entry_point="print")],
    },
    "a check of nothing": {
        "code": "def f(x):\n    return x",
        "tests": [runner.CheckTest(code=CHECK[0], entry_point="missing")],
    },
    "a check without a function": {
        "code": "def f(x):\n    return x",
        "tests": [runner.CheckTest(code="assert f(1) == 1", entry_point="f")],
    },
    "a program": {"code": "print(1)", "tests": [runner.StdioTest(stdin="", stdout="1\n")]},
    "an odd error of a builtin": {
        "code": "def f(x): return [1, 'a']",
        "tests": ["assert sorted(f(1)) == 1"],
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_after_anything_else_the_judge_is_thrown_away(
    worker: Worker, name: str, eventually: Eventually
) -> None:
    judge = worker.keep_a_judge()
    worker.execute(OTHERS[name])
    eventually(lambda: judge not in worker.processes())


@pytest.mark.parametrize("name", OTHERS)
def test_a_kept_judge_says_the_same_as_a_fresh_one(worker: Worker, name: str) -> None:
    fresh = worker.execute(OTHERS[name])
    worker.keep_a_judge()
    again = worker.execute(OTHERS[name])
    assert _said(again) == _said(fresh)


def test_a_kept_judge_that_dies_is_no_fault_of_the_next_request(worker: Worker) -> None:
    judge = worker.keep_a_judge()
    worker.processes()
    os.kill(judge, signal.SIGKILL)
    result = worker.execute(NONE_LEFT)
    assert (result.status, result.attempts) == ("all_passed", 1)


def test_a_plain_test_sees_nothing_of_one_that_is_not(worker: Worker) -> None:
    tests = [
        "import sys\nsys.set_int_max_str_digits(640)\nassert f(1) == 1",
        "assert len(str(f(10 ** 1000))) == 1001",
    ]
    result = worker.execute({"code": NONE_LEFT["code"], "tests": tests})
    assert result.status == "all_passed", result.error
    spoilt = "\n".join((tests[0], tests[1]))  # a control: within one test it does
    assert worker.execute({"code": NONE_LEFT["code"], "tests": [spoilt]}).status == "runtime_error"


def test_a_plain_call_of_what_the_solution_imports_seeds_both_sides(worker: Worker) -> None:
    code = "import random\nfrom random import seed\ndef draw():\n    return random.random()"
    drawn = random.Random(3).random()
    test = f"assert seed(3) is None\nassert draw() == {drawn!r}"
    result = worker.execute({"code": code, "tests": [test]})
    assert result.status == "all_passed", result.error


def test_limits_end_with_their_request(worker: Worker) -> None:
    """A request that is larger than the last one's memory reaches a judge that still lives."""
    worker.keep_a_judge()
    worker.execute({**NONE_LEFT, "limits": {"memory_bytes": 16 * 2**20}})
    text = "x" * 30_000_000
    large = worker.execute({"code": NONE_LEFT["code"], "tests": [f"assert f('{text}') != 1"]})
    assert (large.status, large.attempts) == ("all_passed", 1)


@pytest.mark.parametrize("code", ["assert f({}) == {}", "import math\nassert f({}) == {}"])
def test_each_test_is_read_in_its_own_time(worker: Worker, code: str) -> None:
    """Reading all takes far longer than any one may take."""
    tests = [code.replace("{}", str([n] * 3000)) for n in range(40)]
    alone = worker.execute({"code": NONE_LEFT["code"], "tests": tests[:1]}).tests[0]
    budget_s = max(0.6, 10 * alone.cpu_s)
    result = worker.execute({"code": NONE_LEFT["code"], "tests": tests, "timeout": budget_s})
    assert [test.status for test in result.tests if not test.passed] == []


def test_the_cpu_limit_counts_from_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also under a fixed clock, or a judge would die of what its earlier requests have used."""
    monkeypatch.setattr(time, "clock_gettime", lambda _: -1000.0)
    before = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        process.limit_cpu(1.0, hard=False)
        assert resource.getrlimit(resource.RLIMIT_CPU)[0] > time.process_time()
        process.lift_limits()
        assert resource.getrlimit(resource.RLIMIT_CPU)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)


def _said(result: runner.ExecutionResult) -> Any:
    told = {"status", "message", "expected", "actual", "stdout", "stderr", "cause"}
    return result.status, result.digest, [test.model_dump(include=told) for test in result.tests]
