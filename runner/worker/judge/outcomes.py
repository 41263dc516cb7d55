"""How a test ends that has not passed: by an outcome of its kind, or by an exception."""

from ..boundary import proxy_methods
from ..boundary.opcodes import ANCHOR
from .excerpts import excerpt


class Outcome(Exception):  # an end, good or bad
    """Ends a test with a status other than that of an exception."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def comes_from_solution(error: BaseException) -> bool:
    """Tell whether an exception comes from the solution."""
    return ANCHOR in BaseException.__getattribute__(error, "__dict__")


def status_of(error: BaseException) -> str:
    """Return the status of a test that an exception has ended."""
    if isinstance(error, AssertionError):
        return "failed"
    return "memory_limit" if isinstance(error, MemoryError) else "error"


def describe(error: BaseException) -> str:
    """Return ``Type: message`` without calling anything of the solution."""
    name = type.__getattribute__(type(error), "__name__")
    try:
        args = BaseException.args.__get__(error)  # type: ignore[attr-defined]
        plain = all(type(arg) in (str, int, float, bool, type(None)) for arg in args)
        text = BaseException.__str__(error) if plain else ""
        if type(error) is KeyError and len(args) == 1:
            text = excerpt(args[0])
        if isinstance(error, SyntaxError) and not proxy_methods.is_proxy(error):
            text = str(error)
    except Exception:  # an int beyond the digit limit, for one
        text = ""
    return f"{name}: {text}" if text else name
