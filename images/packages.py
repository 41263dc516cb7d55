"""Installs wheels in an image, and describes its packages for the worker.

Runs inside the tree that the recipe makes, with the Python of the image:

    packages.py install WHEELS SITE
    packages.py describe SITE PRELOAD LOCK TARGET

SITE is the directory of packages, PRELOAD a list of modules, LOCK the lock that gets the wheels'
versions, TARGET the file that the worker reads when it starts.
"""

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

#: Files that are unused without a compiler or a type checker.
_USELESS = (".pyi", ".a", ".pxd", ".pyx", ".pxi", ".c", ".cc", ".cpp", ".h", ".hpp", ".f", ".f90")
#: numpy.testing needs one file of numpy's own tests.
_TESTS = re.compile(r"(^|/)tests/(?!(.*/)?(__init__|_natype)\.py$)")
_METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt")
_SCHEME = re.compile(r"[^/]+\.data/(?P<kind>[^/]+)/(?P<rest>.+)")
#: Modules that a sandbox has already: the worker itself, and what tests import.
_TAKEN = {"solution": "by which tests import a solution", "worker": "which runs solutions"}
_MODULE = re.compile(r"(?P<name>[A-Za-z_]\w*)(\.[\w-]+)*\.(py|so)")


def install(wheels: Path, site: Path) -> None:
    """Unpack every wheel of a directory."""
    site.mkdir(parents=True)
    for path in sorted(wheels.iterdir()):
        with zipfile.ZipFile(path) as wheel:
            for member in wheel.infolist():
                if place := _place(member.filename):
                    _write(site / place, wheel.read(member), path.name)
    taken = dict.fromkeys(sys.stdlib_module_names, "which the standard library has") | _TAKEN
    for module in _modules(site):
        if module in taken:
            sys.exit(f"a wheel has a module {module!r}, {taken[module]}: leave it out")


def _place(name: str) -> str | None:
    """Return the place of a wheel's file below the site; None if it is left out."""
    if found := _SCHEME.fullmatch(name):
        return _place(found["rest"]) if found["kind"] in ("purelib", "platlib") else None
    if name.startswith("/") or ".." in name.split("/"):
        sys.exit(f"a wheel has a file {name!r} that lies outside of it")
    top, _, rest = name.partition("/")
    if top.endswith(".dist-info") and rest not in _METADATA:
        return None
    return None if name.endswith(("/", *_USELESS)) or _TESTS.search(name) else name


def _write(path: Path, data: bytes, wheel: str) -> None:
    if path.exists() and path.read_bytes() != data:
        sys.exit(f"{wheel} has another {path.name} than an earlier wheel")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _modules(site: Path) -> list[str]:
    """Return the public names of the modules in a directory."""
    entries = list(site.iterdir()) if site.exists() else []
    files = {found["name"] for each in entries if (found := _MODULE.fullmatch(each.name))}
    packages = {each.name for each in entries if each.name.isidentifier() and _has_modules(each)}
    return sorted(name for name in files | packages if not name.startswith("_"))


def _has_modules(directory: Path) -> bool:
    return any(_MODULE.fullmatch(path.name) for path in directory.rglob("*"))


def describe(site: Path, preload: Path, lock: Path, target: Path) -> None:
    """Write the description for the worker, and add the wheels to the lock."""
    wanted = preload.read_text(encoding="utf-8").split()
    tops = list(dict.fromkeys(name.partition(".")[0] for name in wanted))
    modules = _modules(site) or tops
    if unknown := [name for name in tops if name not in modules]:
        sys.exit(f"no wheel has {', '.join(unknown)}, which should be preloaded")
    wheels = sorted(metadata.distributions(path=[str(site)]), key=lambda each: _normal(each.name))
    needs = _required(wheels, modules)
    digest = _digest(site) if wheels else ""
    _dump(target, {"modules": modules, "preload": wanted, "requires": needs, "digest": digest})
    if wheels:
        versions = {_normal(each.name): each.version for each in wheels}
        content = json.loads(lock.read_text(encoding="utf-8"))
        _dump(lock, {**content, "wheels": versions, "preload": wanted})


def _required(wheels: list[metadata.Distribution], modules: list[str]) -> dict[str, list[str]]:
    """Return for each module the modules that its wheel requires, directly or indirectly."""
    direct = {_normal(each.name): _needs(each) for each in wheels}
    brings = {_normal(each.name): _tops(each).intersection(modules) for each in wheels}
    required = {}
    for name, own in brings.items():
        others = set[str]().union(*(brings[each] for each in _reached(name, direct)))
        required.update({module: sorted(others - {module}) for module in own})
    return required


def _reached(name: str, direct: dict[str, set[str]]) -> set[str]:
    todo, reached = [name], {name}
    while todo:
        more = direct[todo.pop()].intersection(direct) - reached
        reached |= more
        todo += more
    return reached


def _needs(wheel: metadata.Distribution) -> set[str]:
    """Return the names that it requires without extras; some may be for other systems."""
    found = (re.match(r"[\w.-]+", each) for each in wheel.requires or () if "extra ==" not in each)
    return {_normal(each[0]) for each in found if each}


def _tops(wheel: metadata.Distribution) -> set[str]:
    return {path.parts[0].partition(".")[0] for path in wheel.files or ()}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(site: Path) -> str:
    total = hashlib.sha256()
    for name, path in sorted(_files(site)):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{name}\0{content}\0".encode())
    return total.hexdigest()


def _files(site: Path) -> Iterator[tuple[str, Path]]:
    return ((str(path.relative_to(site)), path) for path in site.rglob("*") if path.is_file())


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    actions: dict[str, Callable[..., None]] = {"install": install, "describe": describe}
    actions[sys.argv[1]](*map(Path, sys.argv[2:]))
