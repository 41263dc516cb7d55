"""A program that takes all the memory it may have is told so, whatever it took it for."""

import textwrap

import pytest

import runner
from tests.integrity.programs import AMPLE_S

#: With ample time, since some machines hand out pages slowly.
_LIMITS = runner.Limits(memory_bytes=128 * 1024 * 1024)

#: What is left when the memory is gone: nothing, not even what it takes to say so.
_HOGS = {
    "a dict of lists": "held = {}\nwhile True: held[len(held)] = [0] * 50",
    "a list of lists": "held = []\nwhile True: held.append([0] * 50)",
    "a list of numbers": "held, n = [], 2**60\nwhile True: n += 1; held.append(n)",
    "a tuple of tuples": "held = ()\nwhile True: held = (held, [held])",
    "a list of texts": "held = []\nwhile True: held.append(f'text {len(held)}')",
    "a doubled text": "held = 'x'\nwhile True: held += held",
}


@pytest.mark.parametrize("hog", _HOGS.values(), ids=_HOGS)
def test_memory_kept_by_a_module_runs_out(pool: runner.Pool, hog: str) -> None:
    result = pool.execute(hog, ["pass"] * 2, limits=_LIMITS, timeout=AMPLE_S)
    assert [test.status for test in result.tests] == ["memory_limit"] * 2
    assert result.attempts == 1


@pytest.mark.parametrize("hog", _HOGS.values(), ids=_HOGS)
def test_memory_kept_by_a_function_runs_out(pool: runner.Pool, hog: str) -> None:
    code = f"def f():\n{textwrap.indent(hog, '    ')}\ndef g(): return len(bytearray(100_000_000))"
    tests = ["assert g() == 10**8", "f()", "assert g() == 10**8", "f()"]
    result = pool.execute(code, tests, limits=_LIMITS, timeout=AMPLE_S)
    statuses = [test.status for test in result.tests]
    assert statuses == ["passed", "memory_limit", "passed", "memory_limit"]
    assert result.attempts == 1


@pytest.mark.parametrize("hog", _HOGS.values(), ids=_HOGS)
def test_memory_kept_by_a_program_runs_out(pool: runner.Pool, hog: str) -> None:
    result = pool.execute(
        hog, [runner.StdioTest(stdin="", stdout="")], limits=_LIMITS, timeout=AMPLE_S
    )
    assert [test.status for test in result.tests] == ["memory_limit"]
    assert result.attempts == 1
