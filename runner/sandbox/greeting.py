"""The worker's answer in the handshake, before it serves."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from runner.errors import HandshakeError
from runner.models import explain

_Line = Annotated[str, StringConstraints(max_length=100_000)]


class _Strict(BaseModel):
    """Converts no types, and accepts only strings of valid Unicode."""

    model_config = ConfigDict(strict=True, frozen=True)


class Protection(_Strict):
    """A protection as a worker found it; ``ok`` is None if it is not checked."""

    name: _Line
    ok: bool | None
    value: _Line
    fix: _Line


class WorkerGreeting(_Strict):
    """The payload of a READY frame.

    Attributes:
        fingerprint: Digest of everything that can influence a verdict, computed by the worker.
        parts: Readable value of each part of the fingerprint, by name.
        python: Version of the worker's Python.
        checks: The protections as the worker found them.
        no_files: Why no request can have files there; None if requests can.
    """

    fingerprint: _Line
    parts: dict[str, _Line]
    python: _Line
    checks: list[Protection]
    no_files: _Line | None


def read_greeting(ready: Mapping[str, Any]) -> WorkerGreeting:
    """Return a greeting whose fields have the right types.

    Args:
        ready: The payload of a READY frame of this protocol.

    Raises:
        HandshakeError: A field is missing or has another type.
    """
    try:
        return WorkerGreeting.model_validate(ready)
    except ValidationError as error:
        raise HandshakeError(
            f"it sent a greeting that is not valid: {explain(error, 'greeting')}"
        ) from error
