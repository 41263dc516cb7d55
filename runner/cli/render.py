"""Tables and progress for people: with ``rich`` if it is installed, else as plain lines.

Progress goes to standard error; standard output holds only results.
"""

import contextlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence

HAS_RICH = importlib.util.find_spec("rich") is not None

#: Shows a number of finished items, their pace, and a note.
_Show = Callable[[int, str, str], None]


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table to standard output; without ``rich``, a line for each row."""
    cells = [[str(cell) for cell in row] for row in rows]
    if HAS_RICH:
        _rich_table(title, columns, cells)
    else:
        lines = [title] * bool(title) + ["  ".join(row) for row in (columns, *cells)]
        sys.stdout.write("\n".join(lines) + "\n")


def _rich_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title or None, title_justify="left")
    for column, numeric in zip(columns, _numeric(rows), strict=True):
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*map(Text, row))  # Text: output of a solution must not be parsed as markup
    Console(file=sys.stdout).print(made)


def _numeric(rows: Sequence[Sequence[str]]) -> list[bool]:
    """Return for each column True if all its cells are numbers, with or without a unit."""
    return [all(cell[:1].isdigit() for cell in column) for column in zip(*rows, strict=True)]


def one_line(text: str, limit: int = 160) -> str:
    """Return text of limited length without line breaks or control characters."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: limit * 2])
    shown = shown.encode("utf-8", "backslashreplace").decode("utf-8")
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


@contextlib.contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error; the function that is yielded advances it by one."""
    shows_bar = HAS_RICH and sys.stderr.isatty()
    done, began_s = 0, time.monotonic()
    with _bar(label, total) if shows_bar else contextlib.nullcontext(_line(label, total)) as show:

        def count(note: str) -> None:
            nonlocal done
            done += 1
            show(done, _pace(done, total, time.monotonic() - began_s), note)

        yield count


def _line(label: str, total: int | None) -> _Show:
    """Return a function that writes a line for every hundredth and for the last one."""
    of = f"/{total}" if total is not None else ""

    def show(done: int, pace: str, note: str) -> None:
        if done % 100 == 0 or done == total:
            sys.stderr.write(f"{label}: {done}{of} {pace} {note}\n")

    return show


@contextlib.contextmanager
def _bar(label: str, total: int | None) -> Iterator[_Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    more = (TextColumn("{task.fields[pace]}"), TextColumn("{task.fields[note]}"))
    with Progress(*columns, *more, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total, note="", pace="")
        yield lambda done, pace, note: bar.update(task, completed=done, note=note, pace=pace)


def _pace(done: int, total: int | None, elapsed_s: float) -> str:
    """Return the rate so far, and the remaining time at this rate."""
    rate = done / elapsed_s if elapsed_s > 0 else 0.0
    if total is None or not rate:
        return f"{rate:.0f}/s"
    minutes, seconds = divmod(round((total - done) / rate), 60)
    return f"{rate:.0f}/s ETA {minutes}:{seconds:02d}"
