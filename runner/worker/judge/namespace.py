"""The module in which a test runs: first the setups, then the names of the solution."""

import contextlib
import sys
import types
from collections.abc import Mapping
from typing import Any

from ..boundary.setup_objects import setup_classes
from . import names
from .outcomes import TestsError, describe
from .request import JudgeRequest
from .source import assignments, dropped_results, format_calls, literals, package_parts
from .trust import class_rewriting
from .trust.handler_rewriting import CATCH, LEAVE, leave_nothing, pass_on

MODULE = "tests"
#: What a suite finds as its ``__file__``.
FILE = f"{MODULE}.py"
#: What rewritten code reads in every module, by names that no source can spell.
REWRITTEN: Mapping[str, Any] = {
    CATCH: pass_on,
    LEAVE: leave_nothing,
    literals.LITERAL: literals.read,
    package_parts.LOAD: package_parts.load_parts,
    **assignments.NAMES,
    **class_rewriting.NAMES,
    **dropped_results.NAMES,
    **format_calls.NAMES,
}


def new_namespace() -> dict[str, Any]:
    """Return the namespace of a fresh module, which ``import`` finds as well."""
    module = types.ModuleType(MODULE)
    # ``unittest.main`` and the like look for tests in ``__main__``.
    sys.modules[MODULE] = sys.modules["__main__"] = module
    module.__dict__.update(REWRITTEN)
    return module.__dict__


class GlobalsView(dict[str, Any]):
    """What ``globals()`` returns if a string of the test has a solution's name that builtins hide.

    Args:
        space: The module of the test, where changes go to.
        hidden: The solution's objects of such names.
    """

    def __init__(self, space: dict[str, Any], hidden: dict[str, Any]) -> None:
        super().__init__(hidden | space)
        self._space = space

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._space[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        del self._space[name]

    def update(self, *args: Any, **names: Any) -> None:
        """Set several names."""
        for name, value in dict(*args, **names).items():
            self[name] = value


def run_setups(request: JudgeRequest, space: dict[str, Any]) -> dict[str, type]:
    """Run both setups, without the solution; return the classes that both sides have.

    Raises:
        TestsError: One of them fails.
    """
    setup, judge_setup = request.setups
    shared: dict[str, type] = {}
    if request.setup:
        _run(setup.code, "setup", space)
        shared = setup_classes(space, MODULE)
    if request.judge_setup:
        for name in judge_setup.free & names.VOCABULARY.keys() - dict.keys(space):
            with contextlib.suppress(LookupError):
                space[name] = names.lend(name)
        _run(judge_setup.code, "judge_setup", space)
    return shared


def _run(code: Any, what: str, space: dict[str, Any]) -> None:
    try:
        exec(code, space)
    except MemoryError:
        raise
    except BaseException as error:
        raise TestsError(f"{what} fails: {describe(error)}") from error
