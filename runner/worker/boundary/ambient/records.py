"""Log records of the solution, which the loggers of the test handle."""

import logging
from typing import Any

from ...codec.format import MalformedError

#: Attributes that every record has, and types of others that cross.
_OF_RECORDS = {*vars(logging.makeLogRecord({})), *dir(logging.LogRecord), "message", "asctime"}
_PLAIN = (type(None), bool, int, float, str)
PLACE = "<solution>"
#: The number of parts of a record that crosses.
_PARTS = 5


class Relay(logging.Handler):
    """Keeps log records for the test."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []
        self._last: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, once if several loggers hand it on."""
        if record is self._last:
            return
        self._last = record
        error = record.exc_info[1] if record.exc_info else None
        extra = {
            name: value
            for name, value in vars(record).items()
            if name not in _OF_RECORDS and type(value) in _PLAIN
        }
        self.kept.append([record.name, record.levelno, record.getMessage(), error, extra])


def checked(errors: Any, warned: Any, logged: Any) -> list[list[Any]]:
    """Return the log records in what a process has sent; raises MalformedError."""
    if (type(errors), type(warned), type(logged)) != (str, list, list):
        raise MalformedError("no stderr, warnings and log records")
    if not all(isinstance(each, Warning) for each in warned):
        raise MalformedError("a warning of another type")
    for record in logged:
        if type(record) is not list or [*map(type, record[:3])] != [str, int, str]:
            raise MalformedError("no log record")
        if len(record) != _PARTS or type(record[4]) is not dict:
            raise MalformedError("no log record")
    kept: list[list[Any]] = logged
    return kept


def record_of(logger: Any, level: int, text: str, error: Any, extra: Any) -> logging.LogRecord:
    """Return a record of the solution as one of the test's logger."""
    raised = (type(error), error, None) if isinstance(error, BaseException) else None
    record: logging.LogRecord = logger.makeRecord(logger.name, level, PLACE, 0, text, (), raised)
    for name, value in extra.items():
        if type(name) is str and name not in _OF_RECORDS and type(value) in _PLAIN:
            setattr(record, name, value)
    return record
