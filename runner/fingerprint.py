"""Digests of what can influence a verdict, and where two of them differ."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

from runner.models import canonical_json
from runner.worker.protocol import digest

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


def explain_difference(ours: str, theirs: str, parts: Mapping[str, str]) -> str:
    """Say in which parts two fingerprints differ, and what ours are.

    Args:
        ours: A fingerprint.
        theirs: Another one.
        parts: What ours is made of, as far as that is known.
    """
    names = digest.differing_parts(ours, theirs)
    if len(names) == len(digest.PARTS):
        return "is everything: they are fingerprints of different versions, or not both of them"
    told = [f"{name} ({parts[name]})" if name in parts else name for name in names]
    return ("are " if len(told) > 1 else "is ") + ", ".join(told) + "; see `runner doctor`"
