"""Packages in the zygote: imported beforehand, or made ready for an import in a child."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

from ..kernel import address_space, process
from ..kernel.seccomp import Filter
from ..packages import importer, views
from ..packages.archive import PackageArchive
from ..packages.installed import ARCHIVE, ROOT, installed
from ..packages.libraries import Libraries

#: Modules of the standard library that packages never import. All others are loaded, even those
#: that no policy allows to solutions. (``this`` prints, and ``antigravity`` opens a browser.)
_USELESS = frozenset({"antigravity", "idlelib", "this"})

#: Environment variables that libraries read when they are loaded. The C library keeps them, and
#: Python's ``os.environ`` does not show them.
_FOR_LIBRARIES = (
    "NPY_DISABLE_CPU_FEATURES OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS OMP_NUM_THREADS"
).split()


class Packages:
    """The packages of this process; none if the image has no archive of packages."""

    def __init__(self) -> None:
        self._archive: PackageArchive | None = None
        with contextlib.suppress(FileNotFoundError):
            self._archive = PackageArchive(ARCHIVE, ROOT)
        if self._archive is None:
            return
        self._libraries = Libraries(self._archive, installed())
        if self._libraries.on_demand:
            address_space.reserve()
        self._libraries.preload()
        importer.install(self._archive)

    def preload(self) -> str:
        """Import the packages that the image preloads; return an error text, or an empty one."""
        if self._archive is not None:
            for name in sorted(sys.stdlib_module_names - sys.modules.keys() - _USELESS):
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
        for name in installed().preload:
            try:
                importlib.import_module(name)
            except BaseException as error:
                return (
                    f"the image preloads {name!r}, and its import fails: {type(error).__name__}:"
                    f" {error}; build the image without it (`--preload`), or with what it needs"
                )
        return ""

    @contextlib.contextmanager
    def environment_kept(self) -> Iterator[None]:
        """Restore the variables that libraries read, after a block that drops all variables."""
        kept = {name: os.environ[name] for name in _FOR_LIBRARIES if name in os.environ}
        yield
        for name, value in kept.items() if self._archive is not None else ():
            os.putenv(name, value)

    def show(self) -> None:
        """Make the files of packages visible to this process and its children."""
        if self._archive is not None:
            views.show(self._archive)

    def load(self, mask: int, calls: Filter) -> None:
        """Load libraries; their memory does not count against the limit of this process.

        If it lacks one that it needs, it ends.

        Args:
            mask: The packages, as ``Libraries.mask_for`` returns them.
            calls: The filter that this process will get.
        """
        if self._archive is None:
            return
        importer.LibraryLoader.ends_process = mask != self._libraries.every
        if mask:
            address_space.release()
            self._libraries.load(mask)
            calls.note_libraries()
            process.note_footprint()
