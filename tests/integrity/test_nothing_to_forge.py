"""What a solution finds around it: nothing that a verdict could be made of."""

import ast

import runner
from runner.models import Blame, Cause, ExecutionStatus, TestStatus

#: Walks everything that the collector knows, and all that it refers to, for a text.
_SEARCH = """
import gc
def search(*parts):
    needle = ''.join(parts)
    seen, todo = set(), gc.get_objects()
    while todo:
        obj = todo.pop()
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        if type(obj) is str and needle in obj or type(obj) is bytes and needle.encode() in obj:
            return True
        todo += gc.get_referents(obj)
    return False
"""


def _answer(pool: runner.Pool, code: str) -> object:
    result = pool.execute(code, ["pass"])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    return ast.literal_eval(result.stdout)


def test_descriptors(pool: runner.Pool) -> None:
    """Input, output, errors, and the socket to the judge."""
    code = """
import os
found = []
for fd in range(1024):
    try:
        os.fstat(fd)
        found.append(fd)
    except OSError:
        pass
print(found)
"""
    assert _answer(pool, code) == [0, 1, 2, 3]


def test_environment_and_arguments(pool: runner.Pool) -> None:
    """Empty."""
    assert _answer(pool, "import os, sys; print([dict(os.environ), sys.argv])") == [{}, [""]]


def test_tests_and_expected_values_are_not_in_its_memory(pool: runner.Pool) -> None:
    """While the test runs, neither its text nor its values can be found."""
    code = _SEARCH + "def f(): return search('MARKER', '-8f3a')"
    result = pool.execute(code, ["expected = 'MARKER-8f3a'\nassert f() is False"])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


def test_the_search_finds_what_is_there(pool: runner.Pool) -> None:
    """The control of the test above."""
    code = _SEARCH + "kept = ['MARKER-8f3a']\ndef f(): return search('MARKER', '-8f3a')"
    assert pool.execute(code, ["assert f() is True"]).status is ExecutionStatus.ALL_PASSED


def test_an_earlier_request_is_not_in_its_memory(pool: runner.Pool) -> None:
    """Neither its solution nor its tests, on any sandbox."""
    secret = "x = 'MARKER-77b1'"
    for _ in range(4):
        pool.execute(secret, ["y = 'MARKER-77b1'\nassert x == y"], setup="z = 'MARKER-77b1'")
    code = _SEARCH + "print([search('MARKER', '-77b1')])"
    for _ in range(4):
        assert _answer(pool, code) == [False]


def test_nothing_of_one_execution_reaches_the_next(pool: runner.Pool) -> None:
    """Modules, builtins, timers, decimal contexts, recursion limits: all as new."""
    spoil = """
import builtins, decimal, random, signal, sys
builtins.spoiled = sys.spoiled = True
sys.modules['spoiled'] = sys
decimal.getcontext().prec = 2
sys.setrecursionlimit(77)
random.seed(99)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""
    look = """
import builtins, decimal, random, signal, sys
print([hasattr(builtins, 'spoiled') or hasattr(sys, 'spoiled') or 'spoiled' in sys.modules,
       decimal.getcontext().prec, sys.getrecursionlimit(), random.random(),
       signal.getsignal(signal.SIGTERM) == signal.SIG_DFL])
"""
    before = _answer(pool, look)
    for _ in range(4):
        assert pool.execute(spoil, ["pass"]).status is ExecutionStatus.ALL_PASSED
    for _ in range(4):
        assert _answer(pool, look) == before


def test_every_execution_has_a_user_of_its_own(pool: runner.Pool) -> None:
    """Where the supervisor may change users, none is root and no two are equal."""
    look = (
        "import ctypes; print(ctypes.CDLL(None).getuid())"  # os.getuid() says the same everywhere
    )
    own, other = (_answer(pool, look) for _ in range(2))
    if pool.config.backend == "docker":
        assert own
        assert own != other


def test_deaths_that_differ_are_the_codes(pool: runner.Pool) -> None:
    """Dying now in one test and now in another does not look like bad luck."""
    code = """
import os, time
def f(n):
    if int(time.monotonic() * 1000) % 2 == n:
        os._exit(3)
    return n
"""
    result = pool.execute(code, ["assert f(0) == 0", "assert f(1) == 1", "os = f(0), f(1)"])
    assert result.status is not ExecutionStatus.ALL_PASSED or result.blame is Blame.NONE
    assert result.conclusive


def test_a_crash_in_every_attempt_is_conclusive(pool: runner.Pool) -> None:
    """The death was seen, so it is the code's, with its cause and all attempts."""
    for code, cause in (
        ("import os\nos._exit(1)", Cause.EXIT),
        ("import os\nos.kill(os.getpid(), 6)", Cause.SIGNAL),
        (
            "import socket, time\nsocket.socket(fileno=3).shutdown(2)\ntime.sleep(30)",
            Cause.PROTOCOL,
        ),
    ):
        result = pool.execute(code, ["pass", "assert True"], max_retries=2)
        assert (result.status, result.blame) == (ExecutionStatus.PROCESS_ERROR, Blame.CODE)
        assert (result.cause, result.attempts) == (cause, 2)
        assert {test.status for test in result.tests} == {TestStatus.CRASHED}
