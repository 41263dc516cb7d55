"""Finds the solution in a model's completion, in linear time, without ever compiling it.

The solution is the text between ``<SOLUTION>`` and ``</SOLUTION>``, stripped and otherwise
unchanged: a code fence in it is a syntax error. The first such block counts, or after a thinking
block the first one after that, because thoughts may quote the tag. Tags are case-insensitive.
"""

import re
from typing import NamedTuple, Self


class Tags(NamedTuple):
    """Tags at the beginning and the end of a block."""

    opening: re.Pattern[str]
    closing: re.Pattern[str]

    @classmethod
    def of(cls, opening: str, closing: str) -> Self:
        """Return the tags with these names; several are separated by bars."""
        flags = re.IGNORECASE | re.ASCII
        return cls(re.compile(f"<(?:{opening})>", flags), re.compile(f"</(?:{closing})>", flags))

    def find(self, text: str, start: int = 0) -> tuple[int, int, int] | None:
        """Return the begin and end of the first block's content, and the end of the block."""
        opening = self.opening.search(text, start)
        closing = self.closing.search(text, opening.end()) if opening else None
        if opening is None or closing is None:
            return None
        return opening.end(), closing.start(), closing.end()


SOLUTION = Tags.of("SOLUTION", "SOLUTION")
#: The first one is the tag that the replaced system asks its models for.
THINKING = (
    Tags.of("start_working_out", "end_working_out|start_working_out"),
    Tags.of("think", "think"),
    Tags.of("thinking", "thinking"),
)

#: Most characters after a solution: enough for a remark, not for a second answer.
_MOST_TRAILING = 50


class Completion(NamedTuple):
    """The parts of a completion.

    Attributes:
        code: The solution; empty if there is none.
        well_formed: Whether there is a solution block, and (nearly) nothing after it.
        has_thinking: Whether there is a complete thinking block.
    """

    code: str
    well_formed: bool
    has_thinking: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a completion; every text is valid."""
        thoughts = [block for tags in THINKING if (block := tags.find(text)) is not None]
        thinking = min(thoughts) if thoughts else None
        solution = SOLUTION.find(text, thinking[2]) if thinking else None
        solution = solution or SOLUTION.find(text)
        if solution is None:
            return cls("", well_formed=False, has_thinking=thinking is not None)
        begin, end, after = solution
        return cls(
            text[begin:end].strip(),
            well_formed=len(text) - after < _MOST_TRAILING,
            has_thinking=thinking is not None,
        )
