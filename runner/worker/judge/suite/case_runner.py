"""Runs the tests of a suite one after another, with what they share: modules, classes, fixtures."""

import asyncio
import contextlib
import doctest
import inspect
import sys
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from ...boundary.channel import ChannelClosed
from ...boundary.coroutines import awaited
from ...boundary.session import BoundaryBroken
from ..outcomes import Outcome, check_answer, describe
from ..request import Stale
from . import doctests
from .discovery import SuiteCase
from .fixtures import SCOPES, Fixture, Scope, Supply
from .pytest_outcomes import Failed, Skipped, XFailed

#: Exceptions that are no outcome of a test, and must reach the judge.
_ENDS = (ChannelClosed, BoundaryBroken, Stale, MemoryError)


class CaseRunner:
    """Runs the tests of one module.

    Args:
        space: The names of the module.
        shared: Returns a context manager for code that several tests share.
    """

    def __init__(self, space: dict[str, Any], shared: Callable[[], Any]) -> None:
        self._space = space
        self._shared = shared
        self._module = Scope()
        self._class = Scope()
        self._cls: type | None = None
        #: The module and classes whose set-up has run, and the exception that it raised.
        self._begun: dict[Any, BaseException | None] = {}

    def run(self, case: SuiteCase, *, is_last: bool) -> None:
        """Run one test; the exception that it raises is its outcome.

        Args:
            case: The test.
            is_last: Whether this is the last test, after which all shared values end.
        """
        with _named_outcomes(), contextlib.ExitStack() as ends:
            if is_last:
                ends.callback(self._module.close)
                ends.callback(self._class.close)
            with self._shared():
                self._once(self._space["__name__"], self._begin_module)
                self._enter_class(case)
            self._run(case)

    def _once(self, what: Any, begin: Callable[[], None]) -> None:
        """Run a set-up that several tests share, once; if it fails, each of them fails."""
        if what not in self._begun:
            self._begun[what] = None
            try:
                begin()
            except _ENDS:
                raise
            except BaseException as error:
                self._begun[what] = error
        failed = self._begun[what]
        if failed is not None:
            raise failed

    def _begin_module(self) -> None:
        self._module.at_end(unittest.doModuleCleanups)
        _begin(self._space, self._module, *_OF_MODULE, self._module_object)

    @property
    def _module_object(self) -> Any:
        return sys.modules[self._space["__name__"]]

    def _enter_class(self, case: SuiteCase) -> None:
        if case.cls is not self._cls:
            self._class.close()
            self._begun.pop(self._cls, None)
            self._cls = case.cls
        if case.cls is not None:
            self._once(case.cls, self._begin_class)

    def _begin_class(self) -> None:
        cls: Any = self._cls
        if issubclass(cls, unittest.TestCase):
            self._class.at_end(lambda: _clean_up(cls))
            cls.setUpClass()
            self._class.at_end(cls.tearDownClass)
        else:
            found = {name: getattr(cls, name, None) for name in _OF_CLASS}
            _begin(found, self._class, *_OF_CLASS, cls)

    def _run(self, case: SuiteCase) -> None:
        if isinstance(case.function, tuple):
            self._run_examples(case)
        elif case.cls is not None and issubclass(case.cls, unittest.TestCase):
            self._run_test_case(case)
        elif case.xfail is None:
            self._run_function(case)
        else:
            self._run_expecting_failure(case)

    def _run_expecting_failure(self, case: SuiteCase) -> None:
        expected = case.xfail
        assert expected is not None
        if not expected.run:
            raise Outcome("failed", f"expected failure, not run: {expected.reason}")
        try:
            self._run_function(case)
        except _ENDS:
            raise
        except BaseException as error:
            if expected.raises is not None and not isinstance(error, expected.raises):
                raise
            raise Outcome("failed", f"expected failure: {describe(error)}") from error
        if expected.strict:
            raise Outcome("failed", f"unexpected pass: {expected.reason}")

    def _run_function(self, case: SuiteCase) -> None:
        instance = None if case.cls is None else case.cls()
        function = case.function if instance is None else getattr(instance, str(case.function))
        own, loop = Scope(), _Loop()
        with self._supplied(case, function, instance, own, loop) as supply:
            self._begin_function(function, instance, own)
            answer = function(**supply.arguments(case.arguments))
            check_answer(loop.run(answer) if inspect.iscoroutine(answer) else answer)

    def _run_test_case(self, case: SuiteCase) -> None:
        assert case.cls is not None
        test = case.cls(str(case.function))
        with self._supplied(case, getattr(test, test._testMethodName), test, Scope(), _Loop()):
            _run_test_case(test)

    @contextlib.contextmanager
    def _supplied(
        self, case: SuiteCase, function: Any, instance: Any, own: Scope, loop: "_Loop"
    ) -> Iterator[Supply]:
        """Return a context manager in which a test has its autouse fixtures."""
        with contextlib.ExitStack() as ends:
            ends.callback(loop.close)
            ends.callback(own.close)
            supply = Supply(
                case.available,
                {
                    "function": own,
                    "class": self._class,
                    **dict.fromkeys(SCOPES[2:], self._module),
                },
                case.params,
                case.given,
                loop.run,
                node=_Node(case, function),
                function=function,
                cls=case.cls,
                instance=instance,
                module=self._module_object,
                shared=self._shared,
            )
            for name in _by_scope(case):
                supply.value(name, None)
            yield supply

    def _begin_function(self, function: Any, instance: Any, own: Scope) -> None:
        if instance is None:
            _begin(self._space, own, *_OF_FUNCTION, function)
        else:
            found = {name: getattr(instance, name, None) for name in _OF_METHOD}
            _begin(found, own, *_OF_METHOD, function)

    def _run_examples(self, case: SuiteCase) -> None:
        runner = doctests.Runner()
        test = doctest.DocTest([*case.function], dict(self._space), case.name, "<test>", 0, None)
        runner.run(test, out=lambda _: None, clear_globs=False)
        if runner.raised is not None:
            raise runner.raised
        if runner.failed is not None:
            raise Outcome("failed", runner.failed)


def _clean_up(cls: Any) -> None:
    """Run the clean-ups of a class; raise the first exception, which ``unittest`` keeps."""
    cls.doClassCleanups()
    for _, error, _ in cls.tearDown_exceptions:
        raise error


_OF_MODULE = "setUpModule", "tearDownModule", "setup_module", "teardown_module"
_OF_CLASS = "setup_class", "teardown_class"
_OF_METHOD = "setup_method", "teardown_method"
_OF_FUNCTION = "setup_function", "teardown_function"


def _begin(found: Any, scope: Scope, *names: Any) -> None:
    """Call set-up functions, and register their tear-down functions for the end of a scope.

    Args:
        found: The functions by name.
        scope: The scope that begins.
        names: Pairs of set-up and tear-down; the last item is the argument that they may take.
    """
    *pairs, subject = names
    for begin, end in zip(pairs[::2], pairs[1::2], strict=True):
        _call(found.get(begin), subject)
        if callable(found.get(end)):
            scope.at_end(lambda end=end: _call(found[end], subject))  # type: ignore[misc]


def _call(function: Any, subject: Any) -> None:
    if callable(function):
        takes = inspect.signature(function).parameters
        function(*[subject][: len(takes)])


def _by_scope(case: SuiteCase) -> list[str]:
    """Return the autouse fixtures of a test, the longest-lived first."""

    def rank(name: str) -> int:
        fixture: Fixture | None = case.available.get(name)
        return -SCOPES.index(fixture.mark.scope) if fixture else 1

    return sorted(dict.fromkeys(case.autouse), key=rank)


class _Node:
    """The value of ``request.node``."""

    def __init__(self, case: SuiteCase, function: Any) -> None:
        name, *parameters = case.name.partition("[")
        self.name = "".join((name.rpartition(".")[2], *parameters))
        self.nodeid = case.name
        self.function = function

    def get_closest_marker(self, _: str) -> None:
        """Return None: marks have already been applied."""


class _Loop:
    """The event loop of one test, if it needs one."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    def run(self, awaitable: Any) -> Any:
        """Run a coroutine, or await something, to its end."""
        self._runner = self._runner or asyncio.Runner()
        return self._runner.run(awaited(awaitable))

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()


class _Result(unittest.TestResult):
    """How a test case ended: the first thing that went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[BaseException] = []

    def _note(self, error: BaseException) -> None:
        self.ended.append(error)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self._note(err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self._note(err[1])

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        """Note how a part of a test failed."""
        if err is not None:
            self._note(err[1])

    def addSkip(self, test: Any, reason: Any) -> None:  # noqa: N802
        """Note a skip: those that count were left out before."""
        self._note(Skipped(str(reason)))

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """Note that the test has failed, which a wrong solution can do."""
        self._note(XFailed(describe(err[1])))

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        """Note that the test has passed unexpectedly."""
        self._note(Failed("unexpected success"))


def _run_test_case(test: Any) -> None:
    result = _Result()
    call = getattr(test, "_callMaybeAsync", lambda method: method())
    test._callTestMethod = lambda method: check_answer(call(method))
    test.run(result)
    for error in result.ended:
        if isinstance(error, _ENDS):
            raise error
    for error in result.ended:
        raise error


@contextlib.contextmanager
def _named_outcomes() -> Any:
    """Turn ``skip``, ``fail`` and ``xfail`` of a test into outcomes."""
    try:
        yield
    except Failed as said:
        raise Outcome("failed", f"Failed: {said.msg}") from said
    except XFailed as said:
        raise Outcome("failed", f"expected failure: {said.msg}") from said
    except (Skipped, unittest.SkipTest) as said:
        raise Outcome("failed", f"skipped while it ran: {said}") from said
