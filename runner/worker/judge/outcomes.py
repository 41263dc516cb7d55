"""How a test ends that has not passed: by an ``Outcome``, or by another exception."""

from ..boundary.ambient_state import FILES_OF_TESTS
from ..boundary.opcodes import OTHER_SIDE
from ..kernel.refusals import remark
from .excerpts import excerpt


class Outcome(Exception):
    """Ends a test with a status other than that of an exception."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class TestsError(Outcome):
    """The test itself is broken, whatever the solution is."""

    __test__ = False  # no test case of pytest

    def __init__(self, message: str) -> None:
        super().__init__("error", message)


def check_answer(answer: object) -> None:
    """Fail a test that has returned False: it has compared, and nothing else looks at that."""
    if answer is False:
        raise Outcome("failed", "the test has returned False")


def is_good_exit(error: BaseException) -> bool:
    """Return True if a test that is a script has ended by its own exit with status 0."""
    if type(error) is not SystemExit or OTHER_SIDE in vars(error) or not _is_said_by_test(error):
        return False
    return error.code is None or (type(error.code) in (int, bool) and error.code == 0)


#: Modules by which a test says that it ends, beside ``sys.exit`` and ``raise``.
_EXITS = frozenset({"_sitebuiltins", "unittest.main"})


def _is_said_by_test(error: BaseException) -> bool:
    """Return True if the text of a test raises an exception.

    A library that the test calls may end a program, too: ``parse_args(f())`` of ``argparse`` does
    so for ``["--help"]``.
    """
    is_said, trace = False, error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        is_exit = is_said and frame.f_globals.get("__name__") in _EXITS
        is_said = is_exit or frame.f_code.co_filename in FILES_OF_TESTS
    return is_said


def status_of(error: BaseException) -> str:
    """Return the status of a test that an exception has ended."""
    if isinstance(error, AssertionError):
        return "failed"
    return "memory_limit" if isinstance(error, MemoryError) else "error"


def describe(error: BaseException) -> str:
    """Return ``Type: message`` and the place in the solution, without calling anything of it."""
    name = type.__getattribute__(type(error), "__name__")
    text = _text_of(error) + remark(error)
    place = BaseException.__getattribute__(error, "__dict__").get(OTHER_SIDE)
    described = f"{name}: {text}" if text else str(name)
    return f"{described} (solution, {place[:_PLACE_MAX]})" if place else described


def _text_of(error: BaseException) -> str:
    """Return the message of an exception; an empty text if it holds anything but plain values."""
    args = BaseException.args.__get__(error)  # type: ignore[attr-defined]
    if not all(type(arg) in _PLAIN for arg in args):
        return ""
    try:
        if type(error) is KeyError and len(args) == 1:
            return excerpt(args[0])
        if isinstance(error, SyntaxError) and OTHER_SIDE not in vars(error):
            return str(error)
        if (
            isinstance(error, OSError)
            and type(vars(error).get("filename", error.filename)) in _PLAIN
        ):
            return str(OSError.__str__(error))
        return str(BaseException.__str__(error))
    except BaseException:  # an int beyond the digit limit, for one
        return ""


#: Longest place of an exception, in characters: it holds a name that the solution has chosen.
_PLACE_MAX = 100

_PLAIN = (str, int, float, bool, type(None))
