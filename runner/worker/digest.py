"""The digest of a directory, computed alike by the host and by the worker inside the sandbox."""

import hashlib
import os

_IGNORED = "__pycache__"


def digest_of_directory(path: str | os.PathLike[str]) -> str:
    """Return the sha256, in hex, over the names and bytes of all files below ``path``.

    Names are relative and sorted, so neither the place nor the order of the directory counts;
    compiled files do not count either.

    Raises:
        OSError: A file or directory cannot be read.
    """
    root = os.fspath(path)
    total = hashlib.sha256()
    for name in sorted(_files(root)):
        with open(os.path.join(root, *name.split("/")), "rb") as file:
            content = file.read()
        label = name.encode("utf-8", "surrogateescape")
        # Lengths keep "ab" + "c" apart from "a" + "bc".
        total.update(b"%d %d\n" % (len(label), len(content)))
        total.update(label)
        total.update(content)
    return total.hexdigest()


def _files(root: str) -> list[str]:
    names = []
    for directory, subdirectories, files in os.walk(root, onerror=_refuse):
        subdirectories[:] = [name for name in subdirectories if name != _IGNORED]
        relative = os.path.relpath(directory, root).replace(os.sep, "/")
        prefix = "" if relative == "." else relative + "/"
        names += [prefix + name for name in files]
    return names


def _refuse(error: OSError) -> None:
    """Stop the walk: by default it skips what it may not read, and the digest would lie."""
    raise error
