"""Reads inputs and outputs, the common format of competition data sets, as tests.

With a function name, an input holds arguments: a list, an object with their names, or a text with
one JSON value per line or in the notation of a call. Without one, input and output are the standard
input and output of a program.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from runner.datasets.values import arguments, decimal_text, from_text, integer
from runner.errors import DatasetError
from runner.models import AssertTest, CallChecker, CallTest, Checker, StdioTest, Test, brief

_Value = TypeVar("_Value")

_MODULES = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools"
    " operator io sys json typing"
).split()

#: The kinds that data sets name; without one, a function name decides.
_CALLS = frozenset({"call", "function", "functional", "function_call", "call_based"})
_PROGRAMS = frozenset({"stdin", "stdio", "stdin_stdout", "standard_input"})

#: Fields that name the function; the first non-empty one counts.
_FUNCTION_FIELDS = ("fn_name", "func_name", "function_name", "entry_point")
#: Fields of one case, or of all cases as two lists.
_PAIRS = (("inputs", "outputs"), ("input", "output"))


def prelude(function: str | None) -> str:
    """Return the line of imports on which solutions of these data sets rely.

    They use ``List``, ``deque`` or ``math`` without importing them. An imported name must neither
    hide a builtin (``operator.pow``) nor stand for the requested function (``math.gcd``). It is a
    single line, to preserve the solution's line numbers.
    """
    stars = [f"from {name} import *" for name in _MODULES]
    unwanted = "dir(__builtins__)" if function is None else f"(*dir(__builtins__), {function!r})"
    pop = f"[globals().pop(_name, None) for _name in {unwanted} if _name[:1] != '_']"
    modules = [f"import {', '.join(_MODULES)}"]
    if function in _MODULES:
        modules.append(f"del {function}")
    return "; ".join([*stars, pop, *modules, "sys.setrecursionlimit(50_000)"]) + "\n"


def tests_from(where: str, given: object, function: str | None) -> tuple[Test, ...]:
    """Return the tests of a list of cases, or of an object with a list of inputs and of outputs.

    Args:
        where: Place of the cases, for messages.
        given: The cases, or the object; a function that it names overrides ``function``.
        function: The name of the function under test; None for a program.

    Raises:
        DatasetError: It has another type or form, or is empty.
    """
    if isinstance(given, Mapping):
        tests = _parallel(where, given, function_name(where, given) or function)
    elif isinstance(given, list):
        tests = [_any_case(f"{where}: case {n}", case, function) for n, case in enumerate(given)]
    else:
        kind = type(given).__name__
        raise DatasetError(f"{where}: inputs and outputs must be an object or a list, not {kind}")
    if not tests:
        raise DatasetError(f"{where}: there is no test, so every solution would pass")
    return tuple(tests)


def _parallel(where: str, given: Mapping[str, Any], function: str | None) -> list[Test]:
    pair = next((pair for pair in _PAIRS if given.keys() >= {*pair}), None)
    if pair is None:
        seen = sorted(given)
        raise DatasetError(f"{where}: 'inputs' and 'outputs' are needed, and there are {seen}")
    inputs, outputs = (_listed(given[name]) for name in pair)
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs:
        raise DatasetError(f"{where}: {pair[0]!r} and {pair[1]!r} must be lists, and not empty")
    if len(inputs) != len(outputs):
        raise DatasetError(f"{where}: {len(inputs)} inputs, but {len(outputs)} outputs")
    return [
        _test(f"{where}: input {n}", function, given, wanted)
        for n, (given, wanted) in enumerate(zip(inputs, outputs, strict=True))
    ]


def _listed(value: Any) -> Any:
    """Return a list, or the list in a JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return from_text(value)
    except (ValueError, RecursionError):
        return value


def _any_case(where: str, case: object, function: str | None) -> Test:
    if isinstance(case, str):
        return AssertTest(code=case)
    if not isinstance(case, dict):
        raise DatasetError(f"{where}: an object is needed, not {type(case).__name__}")
    return one_test(where, case, function)


def one_test(where: str, case: Mapping[str, Any], function: str | None) -> Test:
    """Return the test of one ``{"input", "output", "type"?, "fn_name"?}``.

    Raises:
        DatasetError: It has another type or form.
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


def function_name(
    where: str, fields: Mapping[str, Any], names: Sequence[str] = _FUNCTION_FIELDS
) -> str | None:
    """Return the name of the function under test, None if no field has one.

    A method may also be named like ``Solution().name``.

    Raises:
        DatasetError: It is not an identifier.
    """
    field = next((name for name in names if fields.get(name) not in (None, "")), None)
    if field is None:
        return None
    found = fields[field]
    name = re.sub(r"^Solution(\(\))?\.", "", found) if type(found) is str else ""
    if not name.isidentifier():
        raise DatasetError(
            f"{where}: {field!r} must be the name of a function, not {brief(found, 60)}"
        )
    return name


def _test(where: str, function: str | None, given: object, wanted: object) -> Test:
    if function is None:
        return StdioTest(
            stdin=_text(where, given), stdout=_text(where, wanted), checker=Checker.DECIMALS
        )
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    checker = CallChecker.VALUE
    if isinstance(given, str):
        args, kwargs = _from_text(where, given, arguments)
        wanted = _from_text(where, wanted, from_text) if isinstance(wanted, str) else wanted
    elif isinstance(given, list):
        args, wanted = [_with_integer_keys(arg) for arg in given], _with_integer_keys(wanted)
        checker = CallChecker.WRAPPED
    elif isinstance(given, dict):
        kwargs = given
    else:
        raise DatasetError(
            f"{where}: arguments must be a list, an object, or a text with one JSON value per line,"
            f" not {type(given).__name__}"
        )
    return CallTest(
        function=f"Solution.{function}", args=args, kwargs=kwargs, expected=wanted, checker=checker
    )


def _from_text(where: str, text: str, read: Callable[[str], _Value]) -> _Value:
    try:
        return read(text)
    except (ValueError, RecursionError) as error:
        shown = brief(text, 62)
        raise DatasetError(f"{where}: {shown} is not one JSON value per line: {error}") from error


def _text(where: str, value: object) -> str:
    """Return the input or output of a program: a text, or its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(where, item) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return decimal_text(value) if isinstance(value, int) else str(value)
    raise DatasetError(
        f"{where}: without a 'fn_name' inputs and outputs must be texts or lists of lines, not"
        f" {type(value).__name__}"
    )


def _with_integer_keys(value: Any) -> Any:
    """Convert keys to integers where JSON has made them texts."""
    if not isinstance(value, dict) or not value:
        return value
    if not all(key.removeprefix("-").isdecimal() for key in value):
        return value
    return {integer(key): item for key, item in value.items()}
