"""Log lines that are readable for people and easy to parse.

Each line is the name of an event and its fields, ``sandbox_lost sandbox=docker-3-1f cause=oom``;
the record carries the same as attributes, ``event`` and ``fields``, for handlers that write JSON.
``pool/README.md`` and ``server/README.md`` list all events. Programs and their output are never
logged.
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
    """Fields as text, formatted only if a handler writes the line."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        return " ".join(f"{key}={_shown(value)}" for key, value in self._fields.items())


def _plain(value: object) -> str | float | None:
    # As text: a kept record with an exception would keep its frames and their objects alive.
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)[:_LONGEST_VALUE]
    # Quoted as JSON does, so that a value cannot end its line or imitate another field.
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "=\\')
    return text if plain and text else json.dumps(text)
