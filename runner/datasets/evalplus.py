"""EvalPlus: HumanEval+ and MBPP+, whose expected values come from the reference solution.

The reference runs in the judge, inaccessible to the solution.
"""

from collections.abc import Callable
from typing import Any

from runner.datasets.base import Problem
from runner.datasets.humaneval import helpers
from runner.datasets.rows import Row
from runner.errors import DatasetError
from runner.models import CallTest, brief

#: Relative tolerance of ``numpy.testing.assert_allclose``, which EvalPlus uses.
_RTOL = 1e-7
#: EvalPlus's absolute tolerance for floats in problems without their own.
_ATOL = 1e-6

_FIND_ZERO = f"""
def check(expected, actual, args):
    value = sum(c * actual ** n for n, c in enumerate(args[0]))
    return abs(value) <= max(ATOL, {_ATOL})
"""
_AS_SETS = """
def check(expected, actual):
    return set(actual) == set(expected)
"""
_IS_THERE = """
def check(expected, actual):
    found = actual if type(actual) is bool else actual is not None
    return found == (expected if type(expected) is bool else expected is not None)
"""

#: Functions with more than one right answer.
_CHECKERS = {
    "find_zero": _FIND_ZERO,
    **dict.fromkeys(
        "similar_elements find_char_long common_in_nested_lists extract_singly larg_nnum"
        " intersection_array find_dissimilar Diff".split(),
        _AS_SETS,
    ),
    **dict.fromkeys("check_str text_match_three text_starta_endb".split(), _IS_THERE),
}


def problem(row: Row) -> Problem:
    """Return the problem of one row, base inputs first.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no input.
    """
    prompt, entry_point = row.text("prompt"), row.name("entry_point")
    reference = prompt + row.text("canonical_solution")
    inputs = [*_inputs(row, "base_input"), *_inputs(row, "plus_input")]
    if not inputs:
        raise DatasetError(f"{row.where}: there is no input, so every solution would pass")
    atol = row.fields.get("atol", 0)
    if type(atol) not in (int, float) or not 0 <= atol < 1e300:
        raise DatasetError(f"{row.where}: the field 'atol' must be a number, not {brief(atol, 60)}")
    task_id = row.task_id()
    restore = _restorer(task_id)
    checker = _CHECKERS.get(entry_point)
    try:
        tests = tuple(
            CallTest(
                function=entry_point,
                args=restore(given),
                expected_from="_reference",
                atol=atol or _ATOL,
                rtol=_RTOL,
                checker_code=checker and checker.replace("ATOL", repr(float(atol))),
            )
            for given in inputs
        )
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise DatasetError(f"{row.where}: inputs of an unexpected form: {error}") from error
    return Problem(
        task_id=task_id,
        prompt=prompt,
        reference=reference,
        tests=tests,
        setup=helpers(reference, entry_point),
        judge_setup=_judge_setup(reference, entry_point),
        entry_point=entry_point,
    )


def _inputs(row: Row, name: str) -> list[list[Any]]:
    value = row.embedded(name) if row.fields.get(name) else []
    if not isinstance(value, list) or not all(isinstance(item, list) for item in value):
        raise DatasetError(f"{row.where}: the field {name!r} must be a list of argument lists")
    return value


def _judge_setup(reference: str, entry_point: str) -> str:
    """Define the reference in a separate namespace: it has the name of the solution."""
    return (
        f"_space = {{'__name__': 'reference'}}\nexec({reference!r}, _space)\n"
        f"_reference = _space[{entry_point!r}]\n"
    )


# MBPP+ keeps its inputs as JSON, without tuples, sets and complex numbers. The problem's number
# tells which of them it has.


def _restorer(task_id: str) -> Callable[[list[Any]], list[Any]]:
    owner, _, number = task_id.partition("/")
    if owner.lower() != "mbpp" or not number.isdecimal():
        return list
    return _RESTORERS.get(int(number), list)


def _tuples(depth: int) -> Callable[[list[Any]], list[Any]]:
    """Convert lists to tuples at a depth below the arguments; 0 is the arguments themselves."""
    return lambda args: [_tuple_at(arg, depth) for arg in args]


def _tuple_at(value: Any, depth: int) -> Any:
    if not depth:
        return tuple(value)
    return [_tuple_at(item, depth - 1) for item in value]


def _all_tuples(value: Any) -> Any:
    return tuple(map(_all_tuples, value)) if isinstance(value, list) else value


def _first(change: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda args: [change(args[0]), *args[1:]]


def _set_or_dict(item: Any) -> Any:
    return set(item) if isinstance(item, list) and item else {}


def _mixed(items: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) if isinstance(item, list) else item for item in items)


_RESTORERS: dict[int, Callable[[list[Any]], list[Any]]] = {
    **dict.fromkeys(
        (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616),
        _tuples(0),
    ),
    **dict.fromkeys((630, 726, 740, 744, 809), _tuples(0)),
    **dict.fromkeys(
        (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780), _tuples(1)
    ),
    **dict.fromkeys((75, 413, 444, 753), _first(lambda arg: list(map(tuple, arg)))),
    **dict.fromkeys((106, 750), lambda args: [args[0], tuple(args[1])]),
    115: _first(lambda arg: list(map(_set_or_dict, arg))),
    124: lambda args: [float(args[0]), complex(args[1])],
    **dict.fromkeys((250, 307, 405, 446, 617, 720, 763, 808), _first(tuple)),
    252: _first(complex),
    **dict.fromkeys((259, 401, 445), lambda args: [tuple(map(tuple, arg)) for arg in args]),
    278: _first(_mixed),
    **dict.fromkeys((580, 615, 791), lambda args: list(map(_all_tuples, args))),
    722: _first(lambda arg: {key: tuple(item) for key, item in arg.items()}),
}
