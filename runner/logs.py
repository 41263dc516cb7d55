"""Log lines that people can read and programs can take apart.

Each line is the name of an event and its fields, ``sandbox_lost sandbox=docker-3-1f cause=oom``;
the record carries the same as attributes, ``event`` and ``fields``, for handlers that write JSON.
``pool/README.md`` lists all events. Nothing of a program or of its output is ever logged.
"""

import json
import logging
from collections.abc import Mapping

_LONGEST_VALUE = 500


def event(logger: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Log an event with its fields."""
    if logger.isEnabledFor(level):
        plain = {key: _plain(value) for key, value in fields.items()}
        extra = {"event": name, "fields": plain}
        logger.log(level, "%s %s", name, _Pairs(plain), extra=extra, stacklevel=2)


class _Pairs:
    """Fields as text, made only if a handler writes the line."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        return " ".join(f"{key}={_shown(value)}" for key, value in self._fields.items())


def _plain(value: object) -> str | float | None:
    # An exception in a record that is kept would keep its frames, and all that they hold.
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)[:_LONGEST_VALUE]
    # Quoted as JSON does, so that a value can neither end its line nor pass for another field.
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "=\\')
    return text if plain and text else json.dumps(text)
