"""The pages that people read, and what tests look for in them."""

import re
from itertools import chain
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_FOLDERS = ("runner", "images", "seccomp", "tests")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXAMPLE = re.compile(
    r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE
)
_SPAN = re.compile(r"`([^`]+)`")


def _pages() -> dict[str, str]:
    found = chain(
        REPOSITORY.glob("*.md"), *(REPOSITORY.joinpath(f).rglob("*.md") for f in _FOLDERS)
    )
    pages = {path.relative_to(REPOSITORY).as_posix(): path.read_text("utf-8") for path in found}
    del pages["CHANGELOG.md"]  # what it names was there once
    return dict(sorted(pages.items()))


#: Path in the repository to text.
PAGES = _pages()


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [block for name, block in _BLOCK.findall(text) if name == language]


def examples(text: str) -> list[tuple[str, str]]:
    """Return the blocks of Python, each with its output: the block of text right behind it."""
    return _EXAMPLE.findall(text)


def prose(text: str) -> str:
    """Return a page without its blocks."""
    return _BLOCK.sub("", text)


def spans(text: str) -> list[str]:
    """Return the code within sentences, each on one line."""
    return [" ".join(span.split()) for span in _SPAN.findall(prose(text))]
