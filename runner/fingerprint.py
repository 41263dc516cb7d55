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
    """Return the sha256, in hex, of the worker's source; the worker computes the same.

    Computed once per process: a pool must not change its mind when a file is edited under it.
    """
    return digest.digest_of_directory(WORKER_DIRECTORY)


def digest_of_json(value: object) -> str:
    """Return the sha256, in hex, of a JSON value, independent of white space and order of keys."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def explain_difference(ours: str, theirs: str, parts: Mapping[str, str]) -> str:
    """Return the parts in which two fingerprints differ, with our values of them.

    Args:
        ours: Our fingerprint.
        theirs: The other one.
        parts: Value of each part of ours, as far as known.
    """
    names = digest.differing_parts(ours, theirs)
    if len(names) == len(digest.PARTS):
        return "every part, so the versions differ or one is not a fingerprint"
    told = [f"{name} ({parts[name]})" if name in parts else name for name in names]
    return ", ".join(told) + " (see `runner doctor`)"
