"""The packages of the image beyond the standard library, as its build has listed them."""

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
    """The packages of an image.

    Attributes:
        modules: Top-level modules that solutions may import.
        preload: Modules that the zygote imports, in this order.
        requires: By top-level module, those that its distribution needs, directly or not.
        text_digest: SHA-256 of the list, which includes the digest of the packages' files; empty
            without a list.
    """

    modules: frozenset[str] = frozenset()
    preload: tuple[str, ...] = ()
    requires: Mapping[str, frozenset[str]] = {}
    text_digest: str = ""

    @property
    def preloaded(self) -> frozenset[str]:
        """The top-level modules of the modules that the zygote imports."""
        return frozenset(top_of(name) for name in self.preload)


@functools.cache
def installed() -> Installed:
    """Return the packages of this image; empty if it has no list."""
    return read(_LIST)


def read(path: str) -> Installed:
    """Return the packages that a file lists; empty if the file is missing."""
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
    """Return True if a path is the root of the packages, or below it."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    text = os.fsdecode(path)
    return text.startswith(ROOT) and text[len(ROOT) :][:1] in {"", "/"}
