"""Imports modules from the archive of packages, without a system call.

The finder replaces the interpreter's own for directories below the packages' root, in all processes
of the worker. In a process that cannot open files, shared objects must be loaded before (see
``libraries``); the C library finds them by their path. If one is missing, the process ends if its
request is then repeated with all of them.
"""

import _imp
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from os import _exit
from types import ModuleType
from typing import Any

from . import adaptations
from .archive import Entry, PackageArchive
from .libraries import LACKS_LIBRARY

_SOURCE = ".py"
#: Part of the C library's error for a library that it cannot open.
_NOT_LOADED = "cannot open shared object file"


class ModuleLoader(importlib.machinery.SourceFileLoader):
    """Loads a module, compiled beforehand or not, and data beside it.

    Args:
        archive: The archive that holds the module.
        name: Name of the module.
        path: Path that its file would have.
    """

    def __init__(self, archive: PackageArchive, name: str, path: str) -> None:
        super().__init__(name, path)
        self._archive = archive

    def get_code(self, fullname: str) -> Any:
        """Return the module's code."""
        path = self.get_filename(fullname)
        entry = self._archive.find(path)
        code = None if entry is None else self._archive.code(entry)
        if code is None:
            return self.source_to_code(self.get_data(path), path)
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
        return code

    def get_data(self, path: str) -> bytes:
        """Return the content of a file."""
        entry = self._archive.find(path)
        if entry is None or entry.is_directory or entry.is_library:
            raise FileNotFoundError(path)
        return self._archive.read(entry)


class AdaptedLoader(ModuleLoader):
    """Loads a module of ``adaptations``; other modules get no extra frame on the stack."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module."""
        with adaptations.around(module):
            super().exec_module(module)


class LibraryLoader(importlib.machinery.ExtensionFileLoader):
    """Loads a module that is a shared object.

    Attributes:
        ends_process: Whether a shared object that was not loaded before ends this process.
    """

    ends_process = False

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Create the module; if its library is missing, end the process or raise ImportError."""
        try:
            return super().create_module(spec)
        except ImportError as error:
            if self.ends_process and _NOT_LOADED in str(error):
                _exit(LACKS_LIBRARY)
            raise


class Finder:
    """Finds modules in one directory of the archive: an entry of ``sys.path_importer_cache``."""

    def __init__(self, archive: PackageArchive, path: str) -> None:
        self._archive = archive
        self._path = path

    def find_spec(
        self, fullname: str, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a module; None if it is not in this directory."""
        del target
        base = f"{self._path}/{fullname.rpartition('.')[2]}"
        directory = self._archive.find(base)
        is_package = directory is not None and directory.is_directory
        if is_package and (loader := self._loader(fullname, f"{base}/__init__")):
            return importlib.util.spec_from_file_location(
                fullname, loader.path, loader=loader, submodule_search_locations=[base]
            )
        if loader := self._loader(fullname, base):
            return importlib.util.spec_from_file_location(fullname, loader.path, loader=loader)
        if not is_package:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [base]
        return spec

    def _loader(self, fullname: str, base: str) -> ModuleLoader | LibraryLoader | None:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            entry = self._archive.find(base + suffix)
            if entry is not None and entry.is_library:
                return LibraryLoader(fullname, base + suffix)
        if _is_file(self._archive.find(base + _SOURCE)):
            kind = AdaptedLoader if fullname in adaptations.NAMES else ModuleLoader
            return kind(self._archive, fullname, base + _SOURCE)
        return None

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Yield each name, and whether it is a package, for ``pkgutil``."""
        suffixes = (*importlib.machinery.EXTENSION_SUFFIXES, _SOURCE)
        seen = {"__init__"}
        for entry in self._archive.list(self._path):
            name = entry.name
            if not entry.is_directory:
                suffix = next((each for each in suffixes if name.endswith(each)), name)
                name = name.removesuffix(suffix)
            elif self._loader(name, f"{self._path}/{name}/__init__") is None:
                continue
            if name.isidentifier() and name not in seen:
                seen.add(name)
                yield prefix + name, entry.is_directory

    def invalidate_caches(self) -> None:
        """Do nothing: the archive does not change."""


def _is_file(entry: Entry | None) -> bool:
    return entry is not None and not entry.is_directory and not entry.is_library


def install(archive: PackageArchive) -> None:
    """Let this process and its forks import from an archive, as the last of ``sys.path``."""

    def hook(path: str) -> Finder:
        found = archive.find(path)
        if found is None or not found.is_directory:
            raise ImportError(f"{path} is not of a package", path=path)
        return Finder(archive, path.rstrip("/"))

    sys.path_hooks.insert(0, hook)
    for path in [*sys.path_importer_cache]:
        if archive.find(path) is not None:
            del sys.path_importer_cache[path]
    sys.path.append(archive.root)
