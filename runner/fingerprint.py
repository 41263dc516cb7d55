"""Digests of what can influence a verdict."""

import functools
import hashlib
from pathlib import Path

from runner.models import canonical_json
from runner.worker import digest

#: The program that runs inside a sandbox.
WORKER_DIRECTORY = Path(__file__).resolve().parent / "worker"


@functools.cache
def worker_digest() -> str:
    """Return the sha256, in hex, of the worker's source; the worker computes the same of itself.

    Computed once per process: a pool must not change its mind when a file is edited under it.
    """
    return digest.digest_of_directory(WORKER_DIRECTORY)


def digest_of_json(value: object) -> str:
    """Return the sha256, in hex, of a JSON value, whatever its spelling and the order of keys."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()
