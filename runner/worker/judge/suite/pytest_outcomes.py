"""How a test says that it is skipped, fails, or is expected to fail."""

from typing import NoReturn


class OutcomeException(BaseException):  # must pass any ``except Exception`` of a test
    """The outcome that a test itself reports.

    Attributes:
        msg: The reason.
    """

    def __init__(self, msg: str = "", *, allow_module_level: bool = False) -> None:
        super().__init__(msg)
        self.msg = msg
        self.allow_module_level = allow_module_level


class Skipped(OutcomeException):
    """The test is skipped."""


class Failed(OutcomeException):
    """The test has failed."""


class XFailed(OutcomeException):
    """The test fails as expected."""


def skip(reason: str = "", *, allow_module_level: bool = False, msg: str = "") -> NoReturn:
    """Skip this test, or the module."""
    raise Skipped(reason or msg, allow_module_level=allow_module_level)


def fail(reason: str = "", pytrace: bool = True, msg: str = "") -> NoReturn:
    """Fail this test."""
    raise Failed(reason or msg)


def xfail(reason: str = "") -> NoReturn:
    """End this test as one that fails as expected."""
    raise XFailed(reason)


def exit(reason: str = "", returncode: int | None = None) -> NoReturn:
    """End this test; the others still run."""
    raise Failed(f"pytest.exit: {reason}")


# Tests find the exception class of a function as its attribute: ``pytest.skip.Exception``.
for _function, _kind in ((skip, Skipped), (fail, Failed), (xfail, XFailed)):
    _function.Exception = _kind  # type: ignore[attr-defined]
