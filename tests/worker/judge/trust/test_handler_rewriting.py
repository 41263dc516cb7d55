"""Rewriting ``except`` and ``finally`` changes nothing of what a program does."""

import ast
from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.worker.judge.trust.handler_rewriting import CATCH, pass_on, rewrite_handlers

_SIMPLE = st.sampled_from(["mark()", "raise KeyError", "raise ValueError", "return mark()"])
_HANDLERS = ("", "except:", "except KeyError:", "except* KeyError:")
_IN_LOOP = st.sampled_from(["break", "continue"])


def _block(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for part in lines for line in part.split("\n"))


@st.composite
def _body(draw: st.DrawFn, depth: int, *, in_loop: bool) -> str:
    statements = st.lists(_statement(depth - 1, in_loop=in_loop), min_size=1, max_size=2)
    return _block(draw(statements))


@st.composite
def _statement(draw: st.DrawFn, depth: int, *, in_loop: bool) -> str:
    if not depth:
        return draw(_SIMPLE | _IN_LOOP if in_loop else _SIMPLE)
    body, loop = _body(depth, in_loop=in_loop), _body(depth, in_loop=True)
    match draw(st.sampled_from(["simple", "try", "try", "try", "loop", "if", "function"])):
        case "try":
            return draw(_try(body))
        case "loop":
            return f"for _ in range(2):\n{draw(loop)}\nelse:\n{draw(body)}"
        case "if":
            return f"if mark() % 2:\n{draw(body)}"
        case "function":
            return f"def inner():\n{draw(_body(depth, in_loop=False))}\ninner()"
        case _:
            return draw(_statement(0, in_loop=in_loop))


@st.composite
def _try(draw: st.DrawFn, body: st.SearchStrategy[str]) -> str:
    handler = draw(st.sampled_from(_HANDLERS))
    text = f"try:\n{draw(body)}\n"
    if handler:
        # ``except*`` may not be left by a jump.
        text += f"{handler}\n{'    mark()' if '*' in handler else draw(body)}\n"
        if draw(st.booleans()):
            text += f"else:\n{draw(body)}\n"
    if not handler or draw(st.booleans()):
        text += f"finally:\n{draw(body)}\n"
    return text.strip()


def _run(tree: ast.Module) -> tuple[Any, ...]:
    """Return what a function marks, and how it ends."""
    marks: list[tuple[int, ...]] = []

    def mark() -> int:
        marks.append((len(marks),))
        return len(marks)

    space: dict[str, Any] = {"mark": mark, CATCH: pass_on}
    exec(compile(tree, "<test>", "exec"), space)
    try:
        end = space["test"]()
    except (KeyError, ValueError, ExceptionGroup) as error:
        end = type(error), type(error.__context__)
    return end, len(marks)


@given(st.lists(_statement(3, in_loop=False), min_size=1, max_size=3))
def test_a_rewritten_program_does_what_it_did(statements: list[str]) -> None:
    text = "def test():\n" + _block(statements)
    tree = ast.parse(text)
    nodes: dict[type, list[Any]] = defaultdict(list)
    for node in ast.walk(tree):
        nodes[type(node)].append(node)
    rewrite_handlers(nodes, frozenset())
    assert _run(tree) == _run(ast.parse(text)), text
