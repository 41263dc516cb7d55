"""Inputs and outputs, the shape that the competition data sets share, as tests.

With a function name an input holds arguments: a list of them, or a text with one JSON value per
line. Without one it is what a program reads, and the output what it prints.
"""

import json
from collections.abc import Mapping
from typing import Any

from runner.errors import DatasetError
from runner.models import CallChecker, CallTest, Checker, StdioTest, Test

_MODULES = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools"
    " operator io sys json typing"
).split()

#: The kinds that data sets name; what is not named is told by the presence of a function name.
_CALLS = frozenset({"call", "function", "functional", "function_call", "call_based"})
_PROGRAMS = frozenset({"stdin", "stdio", "stdin_stdout", "standard_input"})


def prelude(function: str | None) -> str:
    """Return the line that solutions of these data sets expect before their first.

    They use ``List``, ``deque`` or ``math`` without importing them. What is imported from a module
    must neither hide a builtin (``operator.pow``) nor pass for the function that was asked for
    (``math.gcd``). One line, so that the solution's own keep their places.
    """
    stars = [f"from {name} import *" for name in _MODULES]
    unwanted = "dir(__builtins__)" if function is None else f"(*dir(__builtins__), {function!r})"
    pop = f"[globals().pop(_name, None) for _name in {unwanted} if _name[:1] != '_']"
    modules = [f"import {', '.join(_MODULES)}"]
    if function in _MODULES:
        modules.append(f"del {function}")
    return "; ".join([*stars, pop, *modules, "sys.setrecursionlimit(50_000)"]) + "\n"


def tests_of(where: str, bundle: object) -> tuple[tuple[Test, ...], str | None]:
    """Return the tests of ``{"inputs": [...], "outputs": [...], "fn_name"?}``, and the function.

    Raises:
        DatasetError: It is something else.
    """
    if not isinstance(bundle, Mapping):
        raise DatasetError(f"{where}: inputs and outputs must be an object")
    inputs, outputs = bundle.get("inputs"), bundle.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs:
        raise DatasetError(f"{where}: 'inputs' and 'outputs' must be lists, and not empty")
    if len(inputs) != len(outputs):
        raise DatasetError(f"{where}: {len(inputs)} inputs, but {len(outputs)} outputs")
    function = function_name(where, bundle)
    tests = tuple(
        _test(f"{where}: input {n}", function, given, wanted)
        for n, (given, wanted) in enumerate(zip(inputs, outputs, strict=True))
    )
    return tests, function


def one_test(where: str, case: Mapping[str, Any], function: str | None) -> Test:
    """Return the test of one ``{"input", "output", "type"?, "fn_name"?}``.

    Raises:
        DatasetError: It is something else.
    """
    if "input" not in case or "output" not in case:
        raise DatasetError(f"{where}: a case needs 'input' and 'output', not {sorted(case)}")
    kind = case.get("type") or case.get("testtype")
    name = function_name(where, case) or function
    if kind is not None and kind not in _CALLS | _PROGRAMS:
        known = ", ".join(sorted(_CALLS | _PROGRAMS))
        raise DatasetError(f"{where}: unknown type {kind!r:.60} of a case; known: {known}")
    if kind in _CALLS and name is None:
        raise DatasetError(f"{where}: a case of type {kind!r} needs a 'fn_name'")
    return _test(where, None if kind in _PROGRAMS else name, case["input"], case["output"])


def function_name(where: str, fields: Mapping[str, Any]) -> str | None:
    """Return the name under ``fn_name``, None if there is none.

    Raises:
        DatasetError: It is no identifier.
    """
    name = fields.get("fn_name")
    if name is None or name == "":
        return None
    if type(name) is not str or not name.isidentifier():
        raise DatasetError(f"{where}: 'fn_name' must be the name of a function, not {name!r:.60}")
    return name


def _test(where: str, function: str | None, given: object, wanted: object) -> Test:
    if function is None:
        return StdioTest(
            stdin=_text(where, given), stdout=_text(where, wanted), checker=Checker.DECIMALS
        )
    if isinstance(given, str):
        args = [_json(where, line) for line in given.split("\n") if line.strip()]
        expected = _json(where, wanted) if isinstance(wanted, str) else wanted
        checker = CallChecker.VALUE
    elif isinstance(given, list):
        args, expected = [_with_integer_keys(arg) for arg in given], _with_integer_keys(wanted)
        checker = CallChecker.WRAPPED
    else:
        raise DatasetError(
            f"{where}: arguments must be a list, or a text with one JSON value per line, not"
            f" {type(given).__name__}"
        )
    return CallTest(function=f"Solution.{function}", args=args, expected=expected, checker=checker)


def _text(where: str, value: object) -> str:
    """Return what a program reads or prints: a text, or the lines of one."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(where, item) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise DatasetError(
        f"{where}: without a 'fn_name' inputs and outputs must be texts or lists of lines, not"
        f" {type(value).__name__}"
    )


def _json(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: {text[:60]!r} is not one JSON value: {error}") from error


def _with_integer_keys(value: Any) -> Any:
    """Undo what JSON does to dictionaries whose keys are integers."""
    if not isinstance(value, dict) or not value:
        return value
    if not all(key.removeprefix("-").isdecimal() for key in value):
        return value
    return {int(key): item for key, item in value.items()}
