"""Frames between host and supervisor: the one wire format that both sides import.

A frame is a five-byte header (kind, payload length, big-endian) and a JSON payload in ASCII, so
that lone surrogates and NULs in source text survive the trip. The conversation:

========== ========== ==============================================================================
kind       direction  payload
========== ========== ==============================================================================
HELLO      to worker  ``protocol``, ``policy`` (a name, or changes to one), ``entropy``, ``clock``,
                      ``uid_base`` (int or null), ``container`` (its limits, or null), ``calls``
                      (the subject's profile), ``calls_with_files`` (the same for requests with
                      files), ``container_calls`` (that of the whole worker, if nothing around it
                      applies one), ``profiles`` (digests), ``allow_weak``
READY      to host    ``protocol``, ``worker_digest``, ``fingerprint``, ``parts``, ``python``,
                       ``checks``, ``no_files`` (why no request can have files, or null)
REFUSED    to host    ``reason``, ``settings`` (whether these are to blame): the worker will not
                      serve; it exits after this frame
RUN        to worker  ``id``, ``code``, ``setup``, ``judge_setup``, ``entry_point``, ``classes``,
                      ``min_evidence``, ``tests``, ``timeout_s``, ``limits``, ``files`` (contents
                      in Base64 by name; null for no directory)
STARTED    to host    ``id``: the request has left the queue; from here on it counts as an attempt.
                      Comes with the first of what follows, after 20 ms at the latest
PROGRESS   to host    ``id``, ``charged_s``; after 20 ms, and once per second of a long request
COLLECTED  to host    ``id``, ``suites``: index of each suite, and the names of the tests that it
                      holds or null for a script; before the solution is loaded
REPORT     to host    ``id`` and what was seen, see ``runner.worker.protocol.report``
EVENT      judge      between judge and supervisor only, see ``runner.worker.judge.supervisor_link``
========== ========== ==============================================================================

The worker stays silent until HELLO: an attach socket may lose bytes that are sent before the host
listens. End of file on its input ends the worker.
"""

import enum
import json
import struct
from collections.abc import Iterator
from typing import Any

PROTOCOL = 3

_HEADER = struct.Struct(">BI")
HEADER_BYTES = _HEADER.size

#: Largest payload that a side sends or accepts, in bytes. A request may carry 64 MiB of values (the
#: default of ``Limits.value_bytes``), which Base64 and JSON escapes make up to four times as long.
#: The host accepts from a worker what its request can produce, see ``runner.sandbox.replies``.
MAX_PAYLOAD_BYTES = 256 * 1024 * 1024


_to_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class FrameType(enum.IntEnum):
    """The kind of a frame; the table in the module's docstring has the direction."""

    HELLO = 1
    READY = 2
    REFUSED = 3
    RUN = 4
    STARTED = 5
    PROGRESS = 6
    REPORT = 7
    EVENT = 8
    COLLECTED = 9


class FrameError(Exception):
    """The bytes are not a frame: unknown kind, forged length, or not a JSON object."""


def encode_frame(kind: FrameType, payload: dict[str, Any]) -> bytes:
    """Return header and payload as one byte string."""
    body = _to_json(payload).encode("ascii")
    if len(body) > MAX_PAYLOAD_BYTES:
        raise FrameError(f"payload of {len(body)} bytes exceeds {MAX_PAYLOAD_BYTES}")
    return _HEADER.pack(kind, len(body)) + body


class FrameReader:
    """Cuts a byte stream into frames, however the transport chopped or joined it.

    Lengths are checked before anything is stored, so a forged header costs no memory.

    Attributes:
        most: The largest payload that is accepted, in bytes.
    """

    def __init__(self) -> None:
        self.most = MAX_PAYLOAD_BYTES
        self._buffer = bytearray()

    @property
    def pending(self) -> bool:
        """Whether an incomplete frame is buffered."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[tuple[FrameType, dict[str, Any]]]:
        """Take more bytes and yield every frame that they complete.

        Raises:
            FrameError: The stream is out of sync, or has another format; close it.
        """
        self._buffer += data
        while len(self._buffer) >= HEADER_BYTES:
            number, length = _HEADER.unpack_from(self._buffer)
            kind = self._kind(number)
            most = self.most_bytes(kind)
            if length > most:
                raise FrameError(f"{kind.name} of {length} bytes exceeds {most}")
            end = HEADER_BYTES + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[HEADER_BYTES:end])
            del self._buffer[:end]
            yield kind, self.payload(kind, body)

    @staticmethod
    def _kind(number: int) -> FrameType:
        try:
            return FrameType(number)
        except ValueError:
            raise FrameError(f"unknown frame kind {number}") from None

    def most_bytes(self, kind: FrameType) -> int:  # noqa: ARG002 - the host's reader tells kinds apart
        """Return the largest payload of a kind."""
        return self.most

    def payload(self, kind: FrameType, body: bytes) -> dict[str, Any]:  # noqa: ARG002 - as above
        """Return a payload."""
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise FrameError(f"payload is not JSON: {error}") from error
        if not isinstance(payload, dict):
            raise FrameError("payload is not a JSON object")
        return payload
