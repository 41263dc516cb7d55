"""What the image offers beyond the standard library, as its build has written it down."""

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from typing import NamedTuple

#: The packages' files, as in ``site-packages``.
ROOT = "/opt/packages"
#: The same in one file: see ``archive``.
ARCHIVE = "/opt/runner/packages.bin"
#: Missing on an image without packages.
_LIST = "/opt/runner/packages.json"


class Installed(NamedTuple):
    """What an image has.

    Attributes:
        modules: Top-level modules that solutions may import.
        preload: Modules that the zygote imports, in this order.
        requires: By top-level module, those that its distribution needs, directly or not.
        text_digest: Of the file that says all this, and the digest of the packages' files; empty
            if there is none.
    """

    modules: frozenset[str] = frozenset()
    preload: tuple[str, ...] = ()
    requires: Mapping[str, frozenset[str]] = {}
    text_digest: str = ""

    @property
    def preloaded(self) -> frozenset[str]:
        """The top-level modules of what the zygote imports."""
        return frozenset(top_of(name) for name in self.preload)


@functools.cache
def installed() -> Installed:
    """Return what this image has; nothing without the file that says so."""
    return read(_LIST)


def read(path: str) -> Installed:
    """Return what a file says; nothing if it is missing."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        return Installed()
    found = json.loads(text)
    return Installed(
        frozenset(found["modules"]),
        tuple(found["preload"]),
        {name: frozenset(needs) for name, needs in found["requires"].items()},
        hashlib.sha256(text).hexdigest(),
    )


def top_of(module: str) -> str:
    """Return the name of the package that a module is in."""
    return module.partition(".")[0]


def is_below_root(path: object) -> bool:
    """Return True if a path is of a package's file, or the directory of all of them."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    text = os.fsdecode(path)
    return text.startswith(ROOT) and text[len(ROOT) :][:1] in {"", "/"}
