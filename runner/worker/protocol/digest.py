"""Digests that host and worker compute alike: of a directory, and of what decides verdicts."""

import hashlib
import os
from collections.abc import Iterable, Mapping

#: Parts of a fingerprint, in the order of their fields.
PARTS = "worker interpreter stdlib libraries machine rules limits determinism".split()
_FIELD = 8

_IGNORED = "__pycache__"
_CHUNK_BYTES = 64 * 1024


def digest_of_directory(path: str | os.PathLike[str]) -> str:
    """Return the sha256, in hex, over the names and bytes of all files below ``path``.

    Names are relative and sorted, so neither the place nor the order of the directory counts;
    compiled files do not count either.

    Raises:
        OSError: A file or directory cannot be read.
    """
    root = os.fspath(path)
    return digest_of_files(root, _files(root))


def digest_of_files(root: str, names: Iterable[str]) -> str:
    """Return the sha256, in hex, over names and bytes of the files with these names below ``root``.

    Raises:
        OSError: One of them cannot be read.
    """
    total = hashlib.sha256()
    for name in sorted(names):
        label = name.encode("utf-8", "surrogateescape")
        with open(os.path.join(root, *name.split("/")), "rb") as file:
            # Lengths keep "ab" + "c" apart from "a" + "bc".
            total.update(b"%d %d\n" % (len(label), os.fstat(file.fileno()).st_size))
            total.update(label)
            # In chunks: the supervisor would keep the memory for a whole file for good.
            while chunk := file.read(_CHUNK_BYTES):
                total.update(chunk)
    return total.hexdigest()


def fingerprint(parts: Mapping[str, str]) -> str:
    """Return 64 hex digits, eight for each part, which show where two fingerprints differ."""
    digests = (hashlib.sha256(parts[name].encode("utf-8")).hexdigest() for name in PARTS)
    return "".join(digest[:_FIELD] for digest in digests)


def differing_parts(one: str, two: str) -> list[str]:
    """Return the names of the parts that differ; all of them if one is not a fingerprint."""
    if len(one) != len(two) or len(one) != _FIELD * len(PARTS):
        return [] if one == two else list(PARTS)
    return [
        name
        for at, name in zip(range(0, len(one), _FIELD), PARTS, strict=True)
        if one[at : at + _FIELD] != two[at : at + _FIELD]
    ]


def _files(root: str) -> list[str]:
    names = []
    for directory, subdirectories, files in os.walk(root, onerror=_refuse):
        subdirectories[:] = [name for name in subdirectories if name != _IGNORED]
        relative = os.path.relpath(directory, root).replace(os.sep, "/")
        prefix = "" if relative == "." else relative + "/"
        names += [prefix + name for name in files]
    return names


def _refuse(error: OSError) -> None:
    """Raise the error of ``os.walk``, which by default skips unreadable directories."""
    raise error
