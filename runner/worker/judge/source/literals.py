"""Hides long literals of tests from the compiler, which takes a hundred times their size in memory.

A list or dictionary in a test's text that means the same as JSON is cut out before the text is
parsed, and put back into the tree as a call that reads it. An ambiguous literal stays where it is,
and the compiler reads it as usual.
"""

import ast
import json
import re
from typing import Any, NoReturn

from .assert_rewriting import place_of

#: The name by which compiled code reads a literal; no source can spell it.
LITERAL = "@literal"
_MARK = "@literal "

#: Shortest text that is looked through, and shortest literal that is cut out, in characters.
_TEXT_MIN, _LITERAL_MIN = 100_000, 10_000

#: Characters that precede a literal, and no other code that begins with a bracket.
_BEFORE = frozenset("=(,[{:")
_BRACKET = re.compile(r"[\[{]")
#: What means something else to JSON than to Python: escapes, and three names.
_NOT_PYTHON = re.compile(r"\\|true|false|null")
#: Most white space between the two, in characters.
_SPACE_MAX = 200

_LEAVES = frozenset({type(None), bool, int, float, str})


def read(text: str) -> Any:
    """Return a new object of a literal that was cut out."""
    if text not in _flat:
        value = json.loads(text)
        if type(value) is not list or not _LEAVES.issuperset(map(type, value)):
            return value
        _flat.clear()
        _flat[text] = value
    return _flat[text].copy()


#: The last list of leaves that was read: a loop may read it often.
_flat: dict[str, list[Any]] = {}


def parse(text: str, filename: str) -> tuple[ast.Module, str, dict[str, str]]:
    """Parse code; return its tree, its text, and the literals that marks in both stand for.

    Raises:
        SyntaxError: It is no code.
    """
    short, found = _without_literals(text) if len(text) >= _TEXT_MIN else (text, {})
    if found:
        try:
            tree = ast.parse(short, filename)
        except SyntaxError:
            found = {}
        else:
            marks = [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and _is_mark(node, found)
            ]
            if sorted(map(str, marks)) == sorted(found):
                return tree, short, found
    # A mark was part of a string or a comment.
    return ast.parse(text, filename), text, {}


def _is_mark(node: Any, found: dict[str, str]) -> Any:
    return isinstance(node, ast.Constant) and type(node.value) is str and node.value in found


def _without_literals(text: str) -> tuple[str, dict[str, str]]:
    """Return a text with marks in the place of its long literals, and what they stand for."""
    if _MARK in text:
        return text, {}
    # With one kind of quotes and nothing escaped, strings are those of JSON.
    as_json = text.replace("'", '"') if '"' not in text and "\\" not in text else text
    pieces: list[str] = []
    found: dict[str, str] = {}
    start = 0
    for begin, end in _literals(as_json):
        mark = f"{_MARK}{len(found)}"
        found[mark] = as_json[begin:end]
        lines = "\n" * found[mark].count("\n")
        pieces += text[start:begin], f'("{mark}"{lines})'
        start = end
    return "".join((*pieces, text[start:])), found


def _literals(text: str) -> list[tuple[int, int]]:
    """Return begin and end of the long literals of a text."""
    decode = json.JSONDecoder(parse_constant=_refuse).raw_decode
    found = []
    patience = 4 * len(text)  # what fails late is read again from the next bracket on
    end = 0
    while patience > 0 and (bracket := _BRACKET.search(text, end)) is not None:
        at, end = bracket.start(), bracket.end()
        if text[max(0, at - _SPACE_MAX) : at].rstrip()[-1:] in _BEFORE:
            try:
                _, end = decode(text, at)
            except (ValueError, RecursionError) as error:
                patience -= getattr(error, "pos", len(text)) - at
            else:
                if end - at >= _LITERAL_MIN and not _NOT_PYTHON.search(text, at, end):
                    found.append((at, end))
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is a name")


def put_back(tree: ast.Module, found: dict[str, str]) -> None:
    """Replace the marks of a tree by calls that read what they stand for."""
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if _is_mark(value, found):
                setattr(node, name, _call(value, found))
            elif type(value) is list:
                value[:] = [_call(each, found) if _is_mark(each, found) else each for each in value]


def _call(mark: ast.Constant, found: dict[str, str]) -> ast.Call:
    place = place_of(mark)
    text = ast.Constant(found[str(mark.value)], **place)
    return ast.Call(ast.Name(LITERAL, ast.Load(), **place), [text], [], **place)
