"""The expectations of call tests with a reference, computed before the solution is loaded.

A reference that fails makes its test broken, whatever the solution is: so all of them run first.
"""

import base64
import contextlib
import io
from typing import Any

from ..determinism import state
from ..kernel import process
from ..protocol.plain_values import decode_plain
from .namespace import new_namespace, run_setups
from .outcomes import TestsError, describe
from .request import JudgeRequest
from .supervisor_link import SupervisorLink, each_in_time


def prepare(request: JudgeRequest, link: SupervisorLink) -> dict[int, str]:
    """Compute the expectations; return the errors of references that fail, by test.

    Only before the first test of the request: afterwards the solution has run.
    """
    tests = [entry for entry in request.tests if entry[1].get("expected_from") is not None]
    if not tests or request.tests[0][0] > 0:
        return {}
    request.leave_trace()
    link.checking()
    wrong: dict[int, str] = {}
    for index, test in each_in_time(tests, link.checking):
        try:
            expected = _expectation(request, test)
            if test["checker_code"] is None:  # a checker may read what the reference leaves behind
                request.expectations[id(test)] = expected
        except TestsError as error:
            wrong[index] = str(error)
        except MemoryError:  # all of them at once are too many; each test computes its own
            request.expectations.clear()
            break
    link.checked()
    process.limit_cpu(request.cpu_s, hard=False)  # what follows has the full limit again
    return wrong


def _expectation(request: JudgeRequest, test: dict[str, Any]) -> Any:
    state.reset()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        space = new_namespace()
        run_setups(request, space)
        return expected_from(space, test)


def expected_from(space: dict[str, Any], test: dict[str, Any]) -> Any:
    """Return what a trusted function of ``judge_setup`` returns for the arguments of a test.

    Raises:
        TestsError: There is none, or it fails.
    """
    name = test["expected_from"]
    if name not in space:
        raise TestsError(f"judge_setup does not define {name!r}")
    args, kwargs = decoded(test["call"])
    try:
        return space[name](*args, **kwargs)
    except MemoryError:
        raise
    except BaseException as error:
        raise TestsError(f"the reference {name} fails: {describe(error)}") from error


def decoded(data: str) -> Any:
    """Return a value of a request: each time a new one, so that no two share an object."""
    return decode_plain(base64.b64decode(data))
