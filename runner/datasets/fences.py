"""Extracts code from answers: from Markdown fences, or from a completion of a prompt."""

import re
from typing import NamedTuple

#: A line that opens or closes a block. Markdown allows three spaces before it; in indented code it
#: belongs to a docstring.
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[ \t]*([^\s`]*)[^\n`]*$", re.MULTILINE)
_PYTHON = frozenset({"python", "python3", "py", "py3"})


class _Block(NamedTuple):
    label: str
    code: str


def has_fence(text: str) -> bool:
    """Return True if a line of a text opens or closes a fenced block."""
    return _FENCE.search(text) is not None


def without_fence(text: str, entry_point: str | None) -> str | None:
    """Return the code in a fenced block of a text; None if there is no fence.

    Blocks labelled as Python are preferred to blocks without a label, and these to others. Of
    several, the last one that defines the entry point counts, otherwise the first one. A block may
    lack its end (a truncated answer) or its beginning (it was in the prompt).
    """
    blocks = _blocks(text)
    if not blocks:
        return None
    best = max(map(_rank, blocks))
    blocks = [block for block in blocks if _rank(block) == best]
    defining = [block for block in blocks if defines(block.code, entry_point)]
    return (defining[-1] if defining else blocks[0]).code


def defines(code: str, entry_point: str | None) -> bool:
    """Return True if a line of the code begins a definition of the entry point."""
    return _definition(code, entry_point) is not None


def whole(prompt: str, code: str, entry_point: str | None) -> str:
    """Return a complete solution: the code continues the prompt, or repeats its definition."""
    begun = _definition(prompt, entry_point)
    if begun is None or not defines(code, entry_point):
        return prompt + code
    return prompt[: begun.start()] + code


def _definition(code: str, entry_point: str | None) -> re.Match[str] | None:
    """Return where the last definition of the entry point begins, at the beginning of a line."""
    owner = re.match(r"\w+", entry_point or "")
    if owner is None:
        return None
    pattern = rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(owner.group())}\b"
    return next(reversed([*re.finditer(pattern, code, re.MULTILINE)]), None)


def _rank(block: _Block) -> int:
    return 2 if block.label in _PYTHON else int(not block.label)


def _blocks(text: str) -> list[_Block]:
    blocks, begun = [], None
    fences = list(_FENCE.finditer(text))
    if len(fences) == 1 and not fences[0].group(2) and text[: fences[0].start()].strip():
        return [_Block("", text[: fences[0].start()])]
    for fence in fences:
        if begun is None:
            begun = fence
        elif fence.group(1).startswith(begun.group(1)) and not fence.group(2):
            blocks.append(_block(text, begun, fence.start()))
            begun = None
    return blocks if begun is None else [*blocks, _block(text, begun, len(text))]


def _block(text: str, begun: re.Match[str], end: int) -> _Block:
    return _Block(begun.group(2).lower(), text[begun.end() + 1 : end])
