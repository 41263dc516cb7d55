"""Shared objects of packages: loaded before a solution runs, since it can open no file.

The C library finds a library that is loaded by its path, and opens it for no second time. Loading
runs no module's initialisation. All of an image's libraries in each process would make forks slow
(each mapping takes 4 microseconds), so a process has those of what is preloaded, and those of the
packages that a request mentions. A process that needs another one ends, and its request is repeated
with all of them: so a program never sees that one is missing, and what it does see depends on the
request alone.
"""

import ctypes
import os
import re
from collections.abc import Iterable, Mapping

from .archive import PackageArchive
from .installed import Installed, top_of

#: The most modules with shared objects that an order can choose among: a bit for each.
MOST_BITS = 256
MASK_BYTES = MOST_BITS // 8
#: Orders all libraries, also those of modules without a bit.
EVERY = (1 << MOST_BITS) - 1

#: The status with which a process ends that needs a library which it does not have.
LACKS_LIBRARY = 72

_libc = ctypes.CDLL(None)
_libc.dlopen.restype = ctypes.c_void_p


class Libraries:
    """The shared objects of an image's packages, by top-level module.

    Args:
        archive: Names them.
        installed: Says which module needs which.
    """

    def __init__(self, archive: PackageArchive, installed: Installed) -> None:
        self._root = archive.root
        self._paths: dict[str, list[str]] = {}
        for path in archive.libraries():
            self._paths.setdefault(top_of(path.partition("/")[0]), []).append(path)
        self._preloaded = installed.preloaded & self._paths.keys()
        #: Those that have libraries to be loaded on demand; a bit stands for each of the first.
        self._late = sorted(self._paths.keys() - self._preloaded)
        self._bits_by_name = dict(self._bits(installed.requires))

    @property
    def on_demand(self) -> bool:
        """Whether there are any that are not preloaded."""
        return bool(self._late)

    @property
    def every(self) -> int:
        """The mask of a process that lacks none."""
        return EVERY if self._late else 0

    def mask_for(self, texts: Iterable[str]) -> int:
        """Return a bit for each module whose libraries a request may need.

        The texts are only looked at for names: a name too many costs time, and one too few costs a
        repetition.
        """
        mask = 0
        for text in texts:
            for name, bits in self._bits_by_name.items():
                if bits & ~mask and name in text and re.search(rf"(?<!\w){name}(?!\w)", text):
                    mask |= bits
        return mask

    def load(self, mask: int) -> None:
        """Load the libraries of the modules whose bits are set, or all of them."""
        late = enumerate(self._late)
        self._load(name for bit, name in late if mask == EVERY or mask >> bit & 1)

    def preload(self) -> None:
        """Load those of all modules that are preloaded: not each is loaded with its package."""
        self._load(sorted(self._preloaded))

    def _load(self, modules: Iterable[str]) -> None:
        # Not ctypes.CDLL: it looks up every function at once, which takes longer than all the rest.
        for module in modules:
            for path in self._paths[module]:
                _libc.dlopen(os.fsencode(f"{self._root}/{path}"), os.RTLD_LAZY)

    def _bits(self, requires: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, int]]:
        """Yield the bits of what a module needs, for each that needs any."""
        for name in sorted({*requires, *self._late}):
            needs = {name, *requires.get(name, ())}
            late = enumerate(self._late[:MOST_BITS])
            bits = sum(1 << bit for bit, module in late if module in needs)
            if bits:
                yield name, bits
