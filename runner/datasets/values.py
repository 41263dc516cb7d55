"""JSON texts and Python literals as values, with integers of any length.

Python converts at most 4,300 digits between ``int`` and ``str``, by a limit of the whole process.
These functions do not change it: they convert long integers in parts.
"""

import ast
import io
import json
import re
import tokenize
from typing import Any

#: Digits that Python converts at any setting of its limit: the lowest setting is 640.
_DIGITS = 600
_LONG = re.compile(rf"[0-9_]{{{_DIGITS}}}")
_DECIMAL = re.compile(r"[1-9][0-9_]*")


def integer(text: str) -> int:
    """Return the integer of a decimal text of any length.

    Raises:
        ValueError: It is something else.
    """
    if len(text) <= _DIGITS:
        return int(text)
    if text[:1] == "-":
        return -integer(text[1:])
    half = len(text) // 2
    return integer(text[:-half]) * int(10**half) + integer(text[-half:])


def decimal_text(number: int) -> str:
    """Return the decimal text of an integer of any length."""
    if number < 0:
        return "-" + decimal_text(-number)
    digits = number.bit_length() * 3 // 10  # at most the number of digits
    if digits < _DIGITS:
        return str(number)
    half = digits // 2
    high, low = divmod(number, 10**half)
    return decimal_text(high) + decimal_text(low).zfill(half)


def from_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # it has a long integer
        return json.loads(text, parse_int=integer)


def json_at(text: str, position: int) -> tuple[Any, int]:
    """Return the value of the JSON text that begins at a position, and the position of its end.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    try:
        return json.JSONDecoder().raw_decode(text, position)
    except json.JSONDecodeError:
        raise
    except ValueError:  # it has a long integer
        return json.JSONDecoder(parse_int=integer).raw_decode(text, position)


def from_text(text: str) -> Any:
    """Return the value of a JSON text, or else of a Python literal.

    Raises:
        ValueError: It is neither.
        RecursionError: It is nested too deeply.
    """
    try:
        return from_json(text)
    except ValueError as error:
        try:
            return _literal(_parsed(text.strip()))
        except ValueError:
            raise error from None


def arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments in a text of one or more lines.

    A line holds one JSON value, or the text between the parentheses of a Python call: ``[3, 3], 6``
    or ``nums = [3, 3], target = 6``.

    Raises:
        ValueError: It is something else.
        RecursionError: It is nested too deeply.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for line in filter(str.strip, text.split("\n")):
        try:
            args.append(from_json(line))
        except ValueError as error:
            try:
                positional, named = _call(line)
            except ValueError:
                raise error from None
            args += positional
            kwargs |= named
    return args, kwargs


def _call(line: str) -> tuple[list[Any], dict[str, Any]]:
    found = _parsed(f"_({line})")
    if not isinstance(found, ast.Call):
        raise ValueError("not the arguments of a call")
    named = {each.arg: _literal(each.value) for each in found.keywords}
    if None in named or len(named) < len(found.keywords):
        raise ValueError("two arguments of one name, or with none")
    return [_literal(each) for each in found.args], {str(name): named[name] for name in named}


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(_with_short_numbers(text), mode="eval").body
    except (SyntaxError, MemoryError) as error:
        raise ValueError(str(error)) from error


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (TypeError, MemoryError) as error:  # such as {[]: 1}
        raise ValueError(str(error)) from error


def _with_short_numbers(text: str) -> str:
    """Return the source with long decimal integers in hexadecimal, which have no limit."""
    if not _LONG.search(text):
        return text
    lines = text.splitlines(keepends=True)
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ValueError(str(error)) from error
    for token in reversed(found):
        if token.type == tokenize.NUMBER and _DECIMAL.fullmatch(token.string):
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            number = hex(integer(token.string.replace("_", "")))
            lines[row - 1] = line[:start] + number + line[end:]
    return "".join(lines)
