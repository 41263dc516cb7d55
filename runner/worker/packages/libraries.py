"""Shared objects of packages: loaded before a solution runs, since it cannot open files.

The C library finds a loaded library by its path and does not open it again. Loading does not run a
module's initialisation. All libraries of an image in each process would make forks slow (each
mapping takes 4 microseconds). So a process has the libraries of preloaded modules, and of packages
that a request mentions. If a process needs another one, it ends, and its request is repeated with
all of them: a program never sees a missing library, and what it sees depends only on the request.
"""

import ctypes
import os
import re
from collections.abc import Iterable, Mapping

from .archive import PackageArchive
from .installed import Installed, top_of

#: Most modules with shared objects that an order can name, one bit each.
MOST_BITS = 256
MASK_BYTES = MOST_BITS // 8
#: Orders all libraries, also those of modules without a bit.
EVERY = (1 << MOST_BITS) - 1

#: Exit status of a process that needs a library which is not loaded.
LACKS_LIBRARY = 72

_libc = ctypes.CDLL(None)
_libc.dlopen.restype = ctypes.c_void_p


class Libraries:
    """The shared objects of an image's packages, by top-level module.

    Args:
        archive: Lists their paths.
        installed: Lists the requirements of each module.
    """

    def __init__(self, archive: PackageArchive, installed: Installed) -> None:
        self._root = archive.root
        self._paths: dict[str, list[str]] = {}
        for path in archive.libraries():
            self._paths.setdefault(top_of(path.partition("/")[0]), []).append(path)
        self._preloaded = installed.preloaded & self._paths.keys()
        #: Modules whose libraries are loaded on demand; the first ``MOST_BITS`` have a bit each.
        self._late = sorted(self._paths.keys() - self._preloaded)
        self._bits_by_name = dict(self._bits(installed.requires))

    @property
    def on_demand(self) -> bool:
        """Whether any libraries are not preloaded."""
        return bool(self._late)

    @property
    def every(self) -> int:
        """The mask of a process that has all libraries."""
        return EVERY if self._late else 0

    def mask_for(self, texts: Iterable[str]) -> int:
        """Return a bit for each module whose libraries a request may need.

        The texts are only searched for names: one too many costs time, one too few costs a
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
        """Load the libraries of preloaded modules, of which imports have not loaded all."""
        self._load(sorted(self._preloaded))

    def _load(self, modules: Iterable[str]) -> None:
        # Not ctypes.CDLL: it looks up every function at once, which takes longer than all the rest.
        for module in modules:
            for path in self._paths[module]:
                _libc.dlopen(os.fsencode(f"{self._root}/{path}"), os.RTLD_LAZY)

    def _bits(self, requires: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, int]]:
        """Yield the name and bits of each module that needs libraries."""
        for name in sorted({*requires, *self._late}):
            needs = {name, *requires.get(name, ())}
            late = enumerate(self._late[:MOST_BITS])
            bits = sum(1 << bit for bit, module in late if module in needs)
            if bits:
                yield name, bits
