"""``pytest.raises`` and ``pytest.warns``: what a block or a call must raise or warn of."""

import re
import traceback
import warnings
from types import TracebackType
from typing import Any

from .inert import Inert
from .pytest_outcomes import Failed


class ExceptionInfo:
    """What has been raised.

    Attributes:
        value: The exception; before the block has ended there is none.
    """

    value: Any

    @property
    def type(self) -> Any:
        """Its class."""
        return type(self.value)

    @property
    def tb(self) -> TracebackType | None:
        """Its traceback."""
        found: TracebackType | None = self.value.__traceback__
        return found

    @property
    def typename(self) -> str:
        """The name of its class."""
        return str(self.type.__name__)

    def match(self, regexp: Any) -> bool:
        """Fail unless the text of the exception matches."""
        __tracebackhide__ = True
        text = str(self.value)
        if not re.search(regexp, text):
            raise AssertionError(
                f"Regex pattern did not match.\n Expected regex: {_pattern(regexp)!r}\n"
                f" Actual message: {text!r}"
            )
        return True

    def errisinstance(self, kind: Any) -> bool:
        """Return True if it is of a class."""
        return isinstance(self.value, kind)

    def group_contains(
        self, expected_exception: Any, *, match: Any = None, depth: int | None = None
    ) -> bool:
        """Return True if a group has an exception of a class, at a depth if that is given."""
        if not isinstance(self.value, BaseExceptionGroup):
            raise AssertionError("`group_contains()` takes an exception group")
        return _contains(self.value, expected_exception, match, depth)

    def exconly(self, tryshort: bool = False) -> str:
        """Return class and text in one line."""
        lines = traceback.format_exception_only(self.value)
        return "".join(lines).rstrip()

    def __str__(self) -> str:
        return repr(self.value)


def _contains(group: Any, expected: Any, match: Any, depth: int | None) -> bool:
    if depth == 1 or depth is None:
        for each in group.exceptions:
            fits = match is None or re.search(match, str(each)) is not None
            if isinstance(each, expected) and fits:
                return True
    inner = [each for each in group.exceptions if isinstance(each, BaseExceptionGroup)]
    deeper = None if depth is None else depth - 1
    return deeper != 0 and any(_contains(each, expected, match, deeper) for each in inner)


class Raises:
    """A block that must raise an exception of a class.

    Args:
        expected: The class, or a tuple of classes.
        match: A regular expression that the exception's text must contain.
        check: Must return True for the exception.
    """

    def __init__(self, expected: Any, match: Any = None, check: Any = None) -> None:
        self._expected, self._match, self._check = expected, match, check
        self._info = ExceptionInfo()

    def __enter__(self) -> ExceptionInfo:
        return self._info

    def __exit__(self, kind: Any, error: Any, _: Any) -> bool:  # noqa: PYI036  # may be a proxy
        if kind is None:
            raise Failed(f"DID NOT RAISE {_named(self._expected)}")
        if not issubclass(kind, self._expected):
            return False
        self._info.value = error
        if self._match is not None:
            self._info.match(self._match)
        if self._check is not None and not self._check(error):
            raise AssertionError(f"{error!r} did not pass the check")
        return True


def raises(expected_exception: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return a block that must raise an exception; or call a function that must."""
    expected = BaseException if expected_exception is None else expected_exception
    for kind in expected if isinstance(expected, tuple) else (expected,):
        is_error = isinstance(kind, type) and issubclass(kind, BaseException)
        if not (is_error or isinstance(kind, Inert)):
            raise TypeError(f"expected exception must be a BaseException type, not {kind!r}")
    if not args:
        return Raises(expected, **kwargs)
    function, *rest = args
    with Raises(expected) as info:
        function(*rest, **kwargs)
    return info


class WarningsRecorder(warnings.catch_warnings):
    """A block whose warnings are kept."""

    def __init__(self) -> None:
        super().__init__(record=True)
        self.list: list[Any] = []

    def __enter__(self) -> Any:
        found = super().__enter__()
        self.list = found if found is not None else []
        warnings.simplefilter("always")
        return self

    def __iter__(self) -> Any:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, at: Any) -> Any:
        return self.list[at]

    def pop(self, cls: Any = Warning) -> Any:
        """Remove and return the first warning of a class."""
        for at, each in enumerate(self.list):
            if issubclass(each.category, cls):
                return self.list.pop(at)
        raise AssertionError(f"{cls!r} not found in warning list")

    def clear(self) -> None:
        """Forget what was recorded."""
        self.list[:] = []


class Warns(WarningsRecorder):
    """A block that must warn of something.

    Args:
        expected: The class of the warning, or a tuple of classes.
        match: A regular expression that the warning's text must contain.
    """

    def __init__(self, expected: Any = Warning, *, match: Any = None) -> None:
        super().__init__()
        self._wanted, self._match = expected, match

    def __exit__(self, *exc: Any) -> None:  # noqa: PYI036  # of a class that may be a proxy
        super().__exit__(*exc)
        if exc and exc[0] is not None:
            return
        of_class = [each for each in self.list if issubclass(each.category, self._wanted)]
        if not of_class:
            raise Failed(f"DID NOT WARN. No warnings of type {_named(self._wanted)} were emitted.")
        texts = [str(each.message) for each in of_class]
        if self._match is not None and not any(re.search(self._match, text) for text in texts):
            raise Failed(f"DID NOT WARN. No warning matches {_pattern(self._match)!r}: {texts}")


def warns(expected_warning: Any = Warning, *args: Any, match: Any = None, **kwargs: Any) -> Any:
    """Return a block that must warn of something; or call a function that must."""
    if not args:
        return Warns(expected_warning, match=match)
    function, *rest = args
    with Warns(expected_warning):
        return function(*rest, **kwargs)


def deprecated_call(*args: Any, match: Any = None, **kwargs: Any) -> Any:
    """Return a block that must warn of a deprecation; or call a function that must."""
    kinds = DeprecationWarning, PendingDeprecationWarning, FutureWarning
    return warns(kinds, *args, match=match, **kwargs)


def _named(kind: Any) -> str:
    if isinstance(kind, tuple):
        return f"({', '.join(map(_named, kind))})"
    return repr(kind)


def _pattern(regexp: Any) -> Any:
    return getattr(regexp, "pattern", regexp)
