"""Expressions, numbers, sets and matrices of sympy as values: the class and the arguments of each.

Both sides have the library. Each side makes the object anew, without evaluation, of a class of the
library and of arguments that are such values themselves. So two of them are equal if sympy says so.
"""

import operator
import sys
from collections.abc import Callable
from typing import Any

_LONGEST_NAME = 1000
#: Classes whose instances are made of their arguments, the first ones and those derived from them
#: only if they are told not to evaluate.
_EVALUATED = (
    "Add Mul Pow Function Rel logic.boolalg.BooleanFunction FiniteSet Union Intersection Max Min"
).split()
_PLAIN = (
    "Tuple Interval Derivative Integral Sum Product Limit Lambda ConditionSet ProductSet"
).split()


def described(obj: Any) -> tuple[Any, ...] | None:
    """Return module, function and arguments of an object of sympy; None for any other object."""
    sympy: Any = sys.modules["sympy"]
    kind, name = type(obj), type(obj).__name__
    if kind in (sympy.Matrix, sympy.ImmutableMatrix):
        name = "Matrix" if kind is sympy.Matrix else "ImmutableMatrix"
        return ("sympy", name, *obj.shape, *obj.flat())
    if not issubclass(kind, sympy.Basic):
        return None
    if issubclass(kind, sympy.Symbol):
        return _of_symbol(obj) if kind is sympy.Symbol else None
    if kind is sympy.Float:
        sign, mantissa, exponent, bits = obj._mpf_
        return "sympy", "Float", sign, int(mantissa), exponent, bits, obj._prec
    if issubclass(kind, sympy.Rational):
        return "sympy", "Rational", int(obj.p), int(obj.q)
    if not obj.args:
        return ("sympy", "S", name) if getattr(sympy.S, name, None) is obj else None
    return ("sympy", "Basic", name, *obj.args) if getattr(sympy, name, None) is kind else None


def _of_symbol(obj: Any) -> tuple[Any, ...] | None:
    assumptions = {**obj._assumptions_orig}
    is_plain = len(obj.name) <= _LONGEST_NAME
    return ("sympy", "Symbol", obj.name, *sum(assumptions.items(), ())) if is_plain else None


def _symbol(sympy: Any, name: str, *assumptions: Any) -> Any:
    if type(name) is not str or len(name) > _LONGEST_NAME:
        raise ValueError("not a name")
    pairs = dict(zip(assumptions[::2], assumptions[1::2], strict=True))
    return sympy.Symbol(name, **{str(key): bool(value) for key, value in pairs.items()})


def _rational(sympy: Any, p: Any, q: Any) -> Any:
    return sympy.Rational(_int(p), _int(q))


def _float(sympy: Any, *parts: Any) -> Any:
    sign, mantissa, exponent, bits, precision = map(_int, parts)
    is_zero = not (sign or mantissa or exponent or bits)
    is_normal = sign in (0, 1) and mantissa % 2 == 1 and mantissa.bit_length() == bits
    # Any other number could be close to each: ``(0, 0, -5, 1)`` minus something is itself.
    if precision < 1 or mantissa < 0 or not (is_zero or is_normal):
        raise ValueError("not a number in its normal form")
    return sympy.Float._new((sign, mantissa, exponent, bits), precision, zero=False)


def _int(number: Any) -> int:
    if type(number) is not int:
        raise ValueError("not an integer")
    return number


def _constant(sympy: Any, name: str) -> Any:
    found = getattr(sympy.S, name, None) if name.isidentifier() else None
    if type(found).__name__ != name or not isinstance(found, sympy.Basic):
        raise ValueError("not a constant")
    return found


def _made(sympy: Any, name: str, *args: Any) -> Any:
    cls: Any = getattr(sympy, name, None)
    evaluated = operator.attrgetter(*_EVALUATED)(sympy)
    if not issubclass(type(cls), type) or not _are_values(sympy, args):
        raise ValueError("not a class of sympy with its arguments")
    if issubclass(cls, evaluated):
        made = cls(*args, evaluate=False)
    elif cls in operator.attrgetter(*_PLAIN)(sympy):
        made = cls(*args)
    else:
        raise ValueError("not a class of values")
    if type(made) is not cls or made.args != args:
        raise ValueError("not what it was")
    return made


def _are_values(sympy: Any, args: tuple[Any, ...]) -> bool:
    return all(isinstance(arg, sympy.Basic) for arg in args)


def _matrix(name: str) -> Callable[..., Any]:
    def make(sympy: Any, rows: Any, columns: Any, *items: Any) -> Any:
        if not _are_values(sympy, items):
            raise ValueError("not a matrix of values")
        return getattr(sympy, name)(_int(rows), _int(columns), items)

    return make


#: Module and name to the function that makes a value of the module and the arguments.
MAKERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("sympy", "Basic"): _made,
    ("sympy", "Float"): _float,
    ("sympy", "ImmutableMatrix"): _matrix("ImmutableMatrix"),
    ("sympy", "Matrix"): _matrix("Matrix"),
    ("sympy", "Rational"): _rational,
    ("sympy", "S"): _constant,
    ("sympy", "Symbol"): _symbol,
}
