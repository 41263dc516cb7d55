"""An exception of the test that ends a callback, thread or task must not skip its assertions."""

import contextlib
import io
import threading

import pytest

import runner
from runner.models import Blame, Evidence

#: What the function of the test does with ``out``, an answer of the solution.
_BODIES = {
    "an index": "    assert out[0] == 3\n",
    "a statement before": "    first = out[0]\n    assert first == 3\n",
    "a branch": "    if out[0]:\n        assert out == [3]\n",
    "a method": "    import unittest\n    unittest.TestCase().assertEqual(out[0], 3)\n",
    "another function": "    first = head(out)\n    assert first == 3\n",
    "a function that asserts": "    first = out[0]\n    compare(first)\n",
    "a method that asserts": "    first = out[0]\n    Observer().update(first)\n",
    "a loop": "    for at in (0, -1):\n        assert out in ([3], [])\n        last = out[at]\n",
}
_HEAD = """
def head(x): return x[0]
def compare(x): assert x == 3
class Observer:
    def update(self, x): self.see(x)
    def see(self, x): compare(x)
"""
_RUNS = {
    "a thread": "import threading\nt = threading.Thread(target=run)\nt.start()\nt.join()",
    "a timer": "import threading\nt = threading.Timer(0, run)\nt.start()\nt.join()",
    "a job": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool:\n    pool.submit(run)"
    ),
    "a callback of a loop": (
        "import asyncio\nasync def main():\n    asyncio.get_running_loop().call_soon(run)\n"
        "    await asyncio.sleep(0)\nasyncio.run(main())"
    ),
    "a finalizer": (
        "import gc\nclass D:\n    def __del__(self): run()\nd = D()\ndel d\ngc.collect()"
    ),
}
_TASK = (
    "import asyncio\nasync def main():\n    await asyncio.wait([asyncio.create_task(run())])\n"
    "asyncio.run(main())"
)


def _program(body: str, use: str) -> str:
    return f"{_HEAD}def run():\n    out = f()\n{body}{use}"


def _check(pool: runner.Pool, test: str, wrong: str, right: str) -> None:
    result = pool.execute(wrong, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    assert "IndexError" in result.tests[0].message
    assert pool.execute(right, [test], min_evidence="values").status == "all_passed"


def _check_with_control(pool: runner.Pool, test: str, wrong: str, right: str) -> None:
    result = pool.execute(wrong, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    honest = pool.execute(right, [test], min_evidence="values")
    assert honest.status == "all_passed", honest.tests
    exec(f"{wrong}\n{test}", {"__name__": "control"})


@pytest.mark.parametrize("body", _BODIES)
@pytest.mark.parametrize("how", _RUNS)
def test_what_ends_aside_skips_no_assertion(pool: runner.Pool, how: str, body: str) -> None:
    test = _program(_BODIES[body], _RUNS[how])
    _check(pool, test, "def f(): return []", "def f(): return [3]")


@pytest.mark.parametrize("body", _BODIES)
def test_a_task_skips_no_assertion(pool: runner.Pool, body: str) -> None:
    test = _program(_BODIES[body], _TASK).replace("def run", "async def run")
    _check(pool, test, "def f(): return []", "def f(): return [3]")


_CALLED = "{head}def run(out):\n{body}f(run)"


@pytest.mark.parametrize("body", _BODIES)
def test_a_callback_skips_no_assertion(pool: runner.Pool, body: str) -> None:
    wrong = "def f(run):\n    try: run([])\n    except Exception: pass"
    test = _CALLED.format(head=_HEAD, body=_BODIES[body])
    _check(pool, test, wrong, "def f(run): run([3])")


_STOPS = ["KeyboardInterrupt", "GeneratorExit", "asyncio.CancelledError", "Stop", "SystemExit"]


@pytest.mark.parametrize("error", _STOPS)
def test_an_exception_of_the_solution_skips_no_assertion(pool: runner.Pool, error: str) -> None:
    """Control: in one process, the test passes."""
    wrong = f"""
import asyncio
class Stop(BaseException): pass
class Out:
    def __getitem__(self, at): raise {error}
def f(run):
    try: run(Out())
    except BaseException: pass
"""
    test = """
calls = []
def run(out):
    calls.append(1)
    assert out[0] == 3
f(run)
assert calls
"""
    _check_with_control(pool, test, wrong, "def f(run): run([3])")


_ENDS = {
    "later": "    except IndexError: pass\n    raise ValueError('end')",
    "in the handler": "    except IndexError: raise ValueError('end')",
    "without context": "    except IndexError: raise ValueError('end') from None",
    "of the class": "    except IndexError: raise IndexError('end')",
}


@pytest.mark.parametrize("how", _ENDS)
def test_no_exception_takes_the_place_of_what_skipped_one(pool: runner.Pool, how: str) -> None:
    """Control: in one process, the test passes."""
    wrong = f"def f(run):\n    try: run([])\n{_ENDS[how]}"
    test = """
import pytest
calls = []
def run(out):
    calls.append(1)
    assert out[0] == 3
    raise (ValueError if len(calls) else IndexError)('end')
with pytest.raises((ValueError, IndexError), match='end'): f(run)
assert calls
"""
    _check_with_control(pool, test, wrong, "def f(run): run([3])")


@pytest.mark.parametrize("message", ["'a text'", "f'a text: {f()}'"])
def test_an_assertion_of_a_tuple_with_a_text_means_its_first_item(
    pool: runner.Pool, message: str
) -> None:
    for test in (f"assert (f() == 9, {message})", f"x = f()\nassert (\n    x == 9, {message}\n)"):
        result = pool.execute("def f(): return 8", [test])
        assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
        honest = pool.execute("def f(): return 9", [test], min_evidence="values")
        assert honest.status == "all_passed", honest.tests


_LAMBDAS = {
    "a callback": "f(lambda out: assertEqual(out[0], 3))",
    "a property": (
        "class C: v = property(lambda self: assertEqual(g().upper(), 'A'))\ngetattr(C(), 'v', 0)"
    ),
    "an end": "[*map(lambda x: assertEqual(next(iter(g() or ())), x), 'AB')]",
    "a callback of a job": (
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool:\n"
        "    pool.submit(int).add_done_callback(lambda _: assertEqual(g(), 'A'))"
    ),
}
_OF_LAMBDAS = "import unittest\nassertEqual = unittest.TestCase().assertEqual\n"


@pytest.mark.parametrize("how", _LAMBDAS)
def test_no_lambda_skips_an_assertion(pool: runner.Pool, how: str) -> None:
    """Control: in one process, the test passes."""
    wrong = """
def f(run):
    try: run([])
    except IndexError: pass
def g(): return None
"""
    test = _OF_LAMBDAS + _LAMBDAS[how]
    result = pool.execute(wrong, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    right = "def f(run): run([3])\ndef g(): return 'A'"
    if how == "an end":
        right = "letters = iter('AB')\ndef g(): return next(letters)"
    honest = pool.execute(right, [test])
    assert honest.status == "all_passed", honest.tests
    with contextlib.redirect_stderr(io.StringIO()):
        exec(f"{wrong}\n{test}", {"__name__": "control"})


@pytest.mark.parametrize("how", ["a thread", "a job"])
def test_the_control_does_not_notice(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one process, such an exception is at most printed."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    code = "def f(): return []\n" + _program(_BODIES["an index"], _RUNS[how])
    with contextlib.redirect_stderr(io.StringIO()):
        exec(code, {"__name__": "control"})


#: Libraries, and builtins in C, that handle exceptions of what they call.
_HANDLED = {
    "a callback of a job": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool: pool.submit(int).add_done_callback(run)"
    ),
    "a formatter": (
        "import logging\nclass F(logging.Formatter):\n    format = run\n"
        "handler = logging.StreamHandler()\nhandler.setFormatter(F())\n"
        "handler.handle(logging.makeLogRecord({}))"
    ),
}
_IN_C = {
    "getattr": ("out.upper()", "class C: pass\nC.v = property(run)\ngetattr(C(), 'v', 0)"),
    "hasattr": ("out.upper()", "class C: pass\nC.v = property(run)\nhasattr(C(), 'v')"),
    "all": ("next(iter(out or ()))", "assert all(map(run, [1, 2]))"),
    "list": ("next(iter(out or ()))", "def more(x): return run(x)\n[*map(more, [1, 2])]"),
}


@pytest.mark.parametrize("how", _HANDLED)
def test_no_library_handles_a_failed_assertion(pool: runner.Pool, how: str) -> None:
    body = "def run(*_):\n    'Check it.'\n    got = f()\n    assert got == 'A'\n    return ''\n"
    test = body + _HANDLED[how]
    result = pool.execute("def f(): return 'B'", [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    assert "AssertionError" in result.tests[0].message
    honest = pool.execute("def f(): return 'A'", [test], min_evidence="values")
    assert honest.status == "all_passed", honest.tests
    with contextlib.redirect_stderr(io.StringIO()):  # the control
        exec(f"def f(): return 'B'\n{test}", {"__name__": "control"})


@pytest.mark.parametrize("how", _IN_C)
def test_no_builtin_takes_an_exception_for_an_answer(pool: runner.Pool, how: str) -> None:
    use, call = _IN_C[how]
    test = (
        f"def run(x):\n    out = f()\n    got = {use}\n    assert got == 'A'\n    return 1\n{call}"
    )
    _check_with_control(pool, test, "def f(): return None", "def f(): return 'A'")


_HONEST = [
    "def run(x): return {1: 2}[x]\nassert f(run, 1) == 2 and f(run, 5) is None",
    (
        "calls = []\ndef run(x):\n    assert x in (1, 5)\n    calls.append(x)\n"
        "    return {1: 2}[x]\n"
        "assert [f(run, 1), f(run, 5), calls] == [2, None, [1, 5]]"
    ),
    (
        "calls = []\ndef run(x):\n    calls.append(x)\n    if len(calls) < 3:\n"
        "        raise ValueError('again')\n    assert x == 1\n    return x\n"
        "assert [f(run, 1) for _ in range(3)] == [None, None, 1]"
    ),
    (
        "import pytest\ndef run(x):\n    got = {1: 2}[x]\n    assert got == 2\n    return got\n"
        "with pytest.raises(KeyError): g(run, 5)"
    ),
    (
        "import pytest\ndef run(x):\n    got = {1: 2}[x]\n    assert got == 2\n    return got\n"
        "with pytest.raises(RuntimeError): h(run, 5)"
    ),
    (
        "import queue, threading\nq, seen = queue.Queue(), []\ndef run():\n"
        "    while True: seen.append(f(abs, q.get(timeout=0.01)))\n"
        "q.put(-1)\nt = threading.Thread(target=run)\nt.start()\nt.join()\nassert seen == [1]"
    ),
    (
        "class Rest:\n    def __init__(self, items): self.rest = iter(items)\n"
        "    def __iter__(self): return self\n    def __next__(self):\n"
        "        one = next(self.rest)\n        assert one > 0\n        return one\n"
        "assert f(list, Rest([1, 2])) == [1, 2]"
    ),
    (
        "class Lazy:\n    one = 5\n    def __getattr__(self, name):\n"
        "        found = getattr(self.one, name)\n"
        "        assert found is not None\n        return found\n"
        "assert f(abs, -1) == Lazy().real - 4 and not hasattr(Lazy(), 'other')"
    ),
    (
        "import pytest\ndef check(x):\n    assert f(abs, x) == x\n"
        "with pytest.raises(AssertionError): check(-1)\npytest.raises(AssertionError, check, -1)"
    ),
    (
        "import unittest\ndef check(x):\n    assert f(abs, x) == x\n"
        "case = unittest.TestCase()\ncase.assertRaises(AssertionError, check, -1)\n"
        "with case.assertRaises(AssertionError): check(-1)"
    ),
    (
        "tries = []\ndef check():\n    tries.append(1)\n    assert f(len, tries) == 3\n"
        "def wait():\n    while True:\n        try: return check()\n"
        "        except AssertionError: pass\nwait()"
    ),
    (
        "import asyncio\nasync def check():\n    await asyncio.sleep(9)\n"
        "    assert f(abs, 1) == 2\n"
        "async def main():\n    try: await asyncio.wait_for(check(), 0.01)\n"
        "    except asyncio.TimeoutError: return f(abs, -1)\nassert asyncio.run(main()) == 1"
    ),
    (
        "import contextlib\n@contextlib.contextmanager\ndef block():\n    yield f(abs, -1)\n"
        "    assert f(abs, -2) == 2\nimport pytest\nwith pytest.raises(KeyError):\n"
        "    with block() as one: {}[one]"
    ),
    (
        "import unittest\ncase = unittest.TestCase()\n"
        "f(lambda x: case.assertEqual(f(abs, x), 1), -1)\n"
        "case.assertRaises(ZeroDivisionError, lambda: case.assertEqual(1 / f(len, ''), 1))"
    ),
    (
        "import asyncio\nseen = []\nasync def work(queue):\n    while True:\n"
        "        seen.append(await queue.get())\n        assert seen[0] == 1\n"
        "asyncio.run(serve(work))\nassert seen == [1]"
    ),
    (
        "def numbers():\n    for n in range(9):\n        yield n\n        assert n < 5\n"
        "assert first(numbers()) == 0"
    ),
    (
        "def numbers():\n    for n in range(9):\n        yield f(abs, -n)\n"
        "        assert f(abs, n) == n\n"
        "assert next(numbers()) == 0 and all(n < 9 for n in numbers())"
    ),
]


@pytest.mark.parametrize("test", _HONEST)
def test_exceptions_that_skip_none_may_end_a_callback(pool: runner.Pool, test: str) -> None:
    code = """
def f(run, x):
    try: return run(x)
    except Exception: return None
def g(run, x): return run(x)
def h(run, x):
    try: return run(x)
    except Exception as error: raise RuntimeError from error
def first(items):
    for item in items:
        items.close()
        return item
import asyncio
class Queue:
    def __init__(self): self.items = asyncio.Queue()
    async def get(self): return await self.items.get()
async def serve(work):
    queue = Queue()
    task = asyncio.create_task(work(queue))
    queue.items.put_nowait(1)
    await asyncio.sleep(0.01)
    task.cancel()
    try: await task
    except asyncio.CancelledError: pass
"""
    ended = any(name in test for name in ("serve", "first", "RuntimeError"))
    least = Evidence.OBJECTS if ended else Evidence.VALUES
    result = pool.execute(code, [test], min_evidence=least)
    assert result.status == "all_passed", result.tests


#: Solutions that end a function of the test before it asserts, in a way that honest ones use, too.
_ENDED = {
    "a cause": (
        "def f(run):\n    try: run([])\n    except IndexError as error: raise KeyError from error",
        "def f(run):\n    run([3])\n    raise KeyError",
        (
            "import pytest\ndef run(out):\n    calls.append(1)\n    assert out[0] == 3\n"
            "with pytest.raises(KeyError): f(run)"
        ),
    ),
    "a cancelled task": (
        (
            "import asyncio\nasync def f(run):\n    task = asyncio.create_task(run())\n"
            "    await asyncio.sleep(0)\n    task.cancel()\n    await asyncio.wait([task])\n"
            "def g(): return 0"
        ),
        "async def f(run): await run()\ndef g(): return 3",
        (
            "import asyncio\nasync def run():\n    calls.append(1)\n    await asyncio.sleep(0)\n"
            "    assert g() == 3\nasyncio.run(f(run))"
        ),
    ),
    "a timeout": (
        (
            "import asyncio\nasync def f(run):\n    try: await asyncio.wait_for(run(), 0.01)\n"
            "    except asyncio.TimeoutError: pass\ndef g(): return 0"
        ),
        "async def f(run): await run()\ndef g(): return 3",
        (
            "import asyncio\nasync def run():\n    calls.append(1)\n    await asyncio.sleep(0.02)\n"
            "    assert g() == 3\nasyncio.run(f(run))"
        ),
    ),
    "a closed generator": (
        "def f(run):\n    made = run()\n    next(made)\n    made.close()",
        (
            "def f(run):\n    made = run()\n    next(made)\n    try: made.send(3)\n"
            "    except StopIteration: pass"
        ),
        "def run():\n    calls.append(1)\n    got = yield\n    assert got == 3\nf(run)",
    ),
}


@pytest.mark.parametrize("how", _ENDED)
def test_what_ends_before_its_assertion_rests_on_objects(pool: runner.Pool, how: str) -> None:
    """Control: in one process, the test passes."""
    wrong, right, end = _ENDED[how]
    test = f"calls = []\n{end}\nassert calls"
    result = pool.execute(wrong, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests
    refused = pool.execute(wrong, [test], min_evidence="values")
    assert (refused.passed, refused.blame) == (0, Blame.CODE)
    honest = pool.execute(right, [test], min_evidence="values")
    assert honest.status == "all_passed", honest.tests
    exec(f"{wrong}\n{test}", {"__name__": "control"})


_WRAPS = """
def f(run, x):
    try: return run(x)
    except LookupError as error: raise KeyError from error
"""
_NOTHING_SKIPPED = [
    (
        _WRAPS,
        (
            "import pytest\ndef run(x): return {1: 2}[x]\nassert f(run, 1) == 2\n"
            "with pytest.raises(KeyError): f(run, 5)"
        ),
    ),
    (
        _WRAPS,
        (
            "import pytest\ndef run(x):\n    assert x in (1, 5)\n    return {1: 2}[x]\n"
            "assert f(run, 1) == 2\nwith pytest.raises(KeyError): f(run, 5)"
        ),
    ),
    (
        (
            "import asyncio\nasync def f(run, x):\n    try: await asyncio.wait_for(run(x), x)\n"
            "    except asyncio.TimeoutError: return None"
        ),
        (
            "import asyncio\nseen = []\nasync def run(x):\n    assert x == 0.01\n"
            "    seen.append(x)\n    await asyncio.sleep(9)\n"
            "assert asyncio.run(f(run, 0.01)) is None and seen == [0.01]"
        ),
    ),
    (
        (
            "def f(items, n):\n    found = [next(items) for _ in range(n)]\n    items.close()\n"
            "    return found"
        ),
        (
            "ends = []\ndef run():\n    try:\n        for n in range(9): yield n\n"
            "    finally: ends.append(1)\nassert f(run(), 2) == [0, 1] and ends == [1]"
        ),
    ),
]


@pytest.mark.parametrize(("code", "test"), _NOTHING_SKIPPED)
def test_what_ends_after_its_assertions_is_worth_values(
    pool: runner.Pool, code: str, test: str
) -> None:
    result = pool.execute(code, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests
