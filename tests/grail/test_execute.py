"""What ``execute`` and its relatives return, on real sandboxes."""

import builtins
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import runner
from runner import grail
from runner.grail import (
    CodeExecutionPool,
    check_code_executes_fast,
    execute_code,
    is_conclusive,
    set_global_execution_pool,
)

ADD = "def add(a, b):\n    return a + b\n"
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)"

_ENDS: dict[str, tuple[str, list[str], str, int, list[str | None]]] = {
    "all pass": (ADD, ["assert add(1, 2) == 3", CHECK], "all_passed", 2, [None, None]),
    "no tests": (ADD, [], "all_passed", 0, []),
    "no tests, no Python": ("def f(:", [], "syntax_error", 0, []),
    "some fail": (
        ADD,
        ["assert add(1, 2) == 3", "assert add(1, 2) == 4, 'no'"],
        "some_failed",
        1,
        [None, "AssertionError: no"],
    ),
    "a wrong answer": (ADD, ["assert add(1, 2) == 4"], "error", 0, ["AssertionError: "]),
    "several lines": (
        ADD,
        ["x = add(1, 2)\nfor _ in '1':\n    assert x == 3"],
        "all_passed",
        1,
        [None],
    ),
    "an exception": ("def f(): raise KeyError(1)", ["f()"], "error", 0, ["KeyError: 1"]),
    "does not load": ("1 / 0", ["pass"], "error", 0, ["ZeroDivisionError: division by zero"]),
    "times out": ("while True: pass", ["pass", "pass"], "timeout", 0, ["Timeout", "Timeout"]),
    "times out once": (
        "def f():\n    while True: pass",
        ["pass", "f()"],
        "some_failed",
        1,
        [None, "Timeout"],
    ),
    "no Python": ("def f(:", ["f()"], "syntax_error", 0, []),
    "a lone surrogate": ("\ud800", ["pass"], "syntax_error", 0, []),
    "a NUL": ("x = 1\x00", ["pass"], "syntax_error", 0, []),
    "nothing": ("", ["pass"], "all_passed", 1, [None]),
    "sys.exit": ("import sys\nsys.exit(0)", ["pass"], "error", 0, ["SystemExit: 0"]),
}


@pytest.mark.parametrize("name", _ENDS)
def test_what_programs_come_to(pool: CodeExecutionPool, name: str) -> None:
    code, tests, status, passed, errors = _ENDS[name]
    result = pool.execute(code, tests, timeout=0.5)
    assert (result["status"], result["passed"], result["total"]) == (status, passed, len(tests))
    assert result["test_results"] == [
        {"test_idx": index, "passed": error is None, "error": error}
        for index, error in enumerate(errors)
    ]
    if status == "all_passed":
        assert result["error"] is None
    elif status == "syntax_error":
        assert "SyntaxError" in result["error"]
    else:
        assert result["error"] == f"Passed {passed}/{len(tests)} tests"
    assert is_conclusive(result)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("assert add(1,", "SyntaxError: '(' was never closed (<test>, line 1)"),
        ("def verify_add():\n    assert add(1, 2) == 3", "only defines"),
    ],
)
def test_broken_tests_say_nothing_about_the_code(
    pool: CodeExecutionPool, test: str, words: str
) -> None:
    result = pool.execute(ADD, ["assert add(1, 2) == 3", test])
    assert (result["status"], result["passed"], is_conclusive(result)) == ("error", 0, False)
    assert result["error"].startswith("test 1 is broken, whatever the solution is: ")
    assert words in result["error"]
    assert words in result["test_results"][1]["error"]
    assert result["test_results"][0]["error"].startswith("Skipped: ")
    set_global_execution_pool(pool)
    assert check_code_executes_fast(ADD, ["assert add(1, 2) == 3", test]) == result


def test_imports_are_strict_by_default(pool: CodeExecutionPool) -> None:
    result = pool.execute("import os", ["pass"])
    assert result["test_results"][0]["error"].startswith("ImportError: ")


def test_a_crash_is_one_attempt_and_the_codes_fault(pool: CodeExecutionPool) -> None:
    code = "import sys\ndef f(): sys.modules['posix']._exit(0)"
    result = pool.execute(code, ["f()"])
    assert (result["status"], result["passed"], result["total"]) == ("process_error", 0, 1)
    assert is_conclusive(result)
    assert result.typed is not None
    assert result.typed.attempts == 1
    set_global_execution_pool(pool)
    assert is_conclusive(check_code_executes_fast(code, ["f()"]))


def test_five_runs_are_identical(pool: CodeExecutionPool) -> None:
    code = "import random\ndef f(): return [random.random(), hash('x'), sorted({'a', 'b'})]"
    tests = ["assert f() is None, f()", "assert len(f()) == 3", "assert f() == f()"]
    first = pool.execute(code, tests)
    assert first["passed"] == 1
    assert [pool.execute(code, tests) for _ in range(4)] == [first] * 4


def test_arguments_go_by_position_and_by_name(pool: CodeExecutionPool) -> None:
    tests = ["assert add(1, 2) == 3"]
    assert pool.execute(ADD, tests, 2.0) == pool.execute(code=ADD, tests=tests, timeout=2.0)
    assert pool.execute_batch([(ADD, tests)], 2.0) == pool.execute_batch(
        items=[{"code": ADD, "tests": tests}], timeout=2.0
    )


def test_a_batch_keeps_its_order_and_its_bad_items(pool: CodeExecutionPool) -> None:
    items: list[Any] = [
        (f"def f(): return {n}", [f"assert f() == {n % 3}", "pass"]) for n in range(12)
    ]
    items[5] = None
    items[7] = (None, ["pass"])
    results = pool.execute_batch(items)
    expected = ["all_passed"] * 3 + ["some_failed"] * 9
    expected[5] = expected[7] = "error"
    assert [result["status"] for result in results] == expected
    assert pool.execute_batch([]) == []
    assert [r["status"] for r in pool.execute_batch(iter([(ADD, ["pass"])]))] == ["all_passed"]


@pytest.mark.parametrize("items", [None, 3, "ab", {"code": ADD, "tests": []}])
def test_a_batch_that_is_none_is_the_callers_mistake(pool: CodeExecutionPool, items: Any) -> None:
    with pytest.raises(TypeError):
        pool.execute_batch(items)


def test_sixteen_threads_get_their_own_verdicts(pool: CodeExecutionPool) -> None:
    set_global_execution_pool(pool)

    def run(n: int) -> bool:
        code = f"def f(x): return x + {n}"
        result = check_code_executes_fast(code, [f"assert f(1) == {n + 1}", "assert f(1) == -1"])
        return bool(result["status"] == "some_failed" and result["passed"] == 1)

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(run, range(96)))


def test_health_is_told_in_the_old_words(pool: CodeExecutionPool) -> None:
    report = pool.health_check(timeout=30.0)
    assert report.pop("check_duration_ms") > 0
    assert report == {
        "healthy": True,
        "started": True,
        "num_workers": 2,
        "workers_responsive": 2,
        "workers_correct": 2,
        "error": None,
    }
    assert pool.health_check(timeout=-1)["healthy"] is False


_CODES = {
    "loads": ("x = 1", "success", None),
    "spins": ("while True: pass", "timeout", "timed out"),
    "sleeps": ("import time\ntime.sleep(60)", "timeout", "timed out"),
    "raises": ("raise ValueError('boo')", "runtime_error", "ValueError: boo"),
    "blocked": ("import subprocess", "runtime_error", "ImportError"),
    "no Python": ("def f(:", "syntax_error", "SyntaxError"),
    "no text": (None, "runtime_error", "TypeError"),
    "crashes": ("import sys\nsys.modules['posix']._exit(3)", "process_error", ""),
}


@pytest.mark.parametrize("name", _CODES)
def test_code_alone_is_executed(pool: CodeExecutionPool, name: str) -> None:
    code, status, words = _CODES[name]
    set_global_execution_pool(pool)
    result = execute_code(code, timeout=0.5)  # type: ignore[arg-type]
    assert set(result) == {"status", "error"}
    assert result["status"] == status
    assert (words in result["error"]) if words is not None else (result["error"] is None)


def test_the_caller_compiles_nothing(
    pool: CodeExecutionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_global_execution_pool(pool)

    def refuse(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("compiled in the caller")

    monkeypatch.setattr(builtins, "compile", refuse)
    assert execute_code("x = 1")["status"] == "success"
    assert execute_code("def f(:")["status"] == "syntax_error"
    assert check_code_executes_fast(ADD, ["assert add(1, 2) == 3"])["status"] == "all_passed"


def test_a_typed_pool_will_do(pool: CodeExecutionPool) -> None:
    """A service that has a ``Pool`` can set that."""
    typed: runner.Pool = pool._pool
    set_global_execution_pool(typed)
    tests = ["assert add(1, 2) == 3"]
    assert check_code_executes_fast(ADD, tests) == pool.execute(ADD, tests)
    assert check_code_executes_fast(None, tests)["status"] == "error"  # type: ignore[arg-type]


def test_set_and_get_agree_under_many_threads(pool: CodeExecutionPool) -> None:
    seen = []

    def switch() -> None:
        for _ in range(200):
            set_global_execution_pool(pool)
            seen.append(grail.get_global_execution_pool())
            set_global_execution_pool(None)

    threads = [threading.Thread(target=switch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found is pool or found is None for found in seen)
    assert grail.get_global_execution_pool() is None
