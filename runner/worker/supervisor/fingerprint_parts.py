"""What can influence a verdict, as this worker really has it: the parts of the fingerprint.

The number of processors, their speed and share, and the limits of a request are left out: budgets
are counted in time that the code used, and a request carries its own limits.
"""

import hashlib
import json
import math
import os
import platform
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

from ..packages.installed import installed
from ..protocol.digest import digest_of_files
from ..subject import import_policy

#: Written when the image is built, by ``content_digest``.
_BUILT = "/opt/runner/content.sha256"

#: Below the standard library, but not of it.
_FOREIGN = ("site-packages", "dist-packages")

Parts = dict[str, str]


def content_digest() -> str:
    """Return the digest of the standard library's files, read now."""
    root = os.path.dirname(os.__file__)
    return digest_of_files(root, _files(root, compiled=os.path.exists(_BUILT)))


def built_digest() -> str | None:
    """Return what ``content_digest`` said when the image was built; None without an image."""
    try:
        with open(_BUILT) as file:
            return file.read().strip()
    except OSError:
        return None


def _files(root: str, *, compiled: bool) -> Iterator[str]:
    """Yield the files, relative to ``root``.

    In an image the compiled modules are what runs; elsewhere they come and go.
    """
    unwanted = _FOREIGN if compiled else (*_FOREIGN, "__pycache__", "test", "tests")
    for directory, subdirectories, files in os.walk(root):
        subdirectories[:] = [name for name in subdirectories if name not in unwanted]
        relative = os.path.relpath(directory, root)
        for name in files:
            if os.path.exists(os.path.join(directory, name)):  # a link may lead nowhere
                yield os.path.normpath(os.path.join(relative, name))


def parts(
    worker: str, content: str, settings: dict[str, Any], limits: dict[str, str], *, addresses: str
) -> Parts:
    """Return every part, by name, as text that people can compare.

    Args:
        worker: Digest of the worker's source.
        content: Digest of the standard library.
        settings: What the host asked for: ``policy``, ``entropy``, ``clock`` and ``profiles``.
        limits: What the kernel applies to the sandbox.
        addresses: ``fixed`` or ``random``, as the zygote has them.
    """
    rules = import_policy.policy_of(settings["policy"])
    modules = _digest([sorted(rules.allowed), sorted(rules.refused)])
    packages = installed().text_digest
    offered = {"packages": packages} if packages else {}
    return {
        "worker": worker,
        "interpreter": f"{sys.version} {_digest(_build())}",
        "stdlib": content,
        "libraries": _libraries(),
        "machine": f"{platform.machine()}, arithmetic {_digest(list(_arithmetic()))}",
        "rules": _text(
            {"policy": rules.name, "modules": modules, **offered, **settings["profiles"]}
        ),
        "limits": _text(limits),
        "determinism": _text(
            {"entropy": settings["entropy"], "clock": settings["clock"], "addresses": addresses}
        ),
    }


def _build() -> dict[str, Any]:
    implementation = sys.implementation
    return {
        "name": implementation.name,
        "hexversion": implementation.hexversion,
        "cache_tag": implementation.cache_tag,
        "hash": repr(sys.hash_info),
        "float": [repr(sys.float_info), sys.float_repr_style],
        "int": repr(sys.int_info),
        "flags": [sysconfig.get_config_var(name) for name in ("CONFIG_ARGS", "PY_CFLAGS", "OPT")],
    }


def _libraries() -> str:
    """Return the C library's version, and a digest of all shared objects that are loaded."""
    version = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else ""
    with open("/proc/self/maps") as file:
        paths = {line.split(maxsplit=5)[5].strip() for line in file if line.count("/")}
    root = os.path.dirname(os.__file__)
    loaded = sorted(path for path in paths if not path.startswith(root) and os.path.isfile(path))
    return f"{version} {digest_of_files('/', (path.lstrip('/') for path in loaded))}"


def _arithmetic() -> Iterator[str]:
    """Yield results that differ between mathematical libraries, and between processors."""
    functions = (math.sin, math.exp, math.cosh, math.tan, math.erf, math.lgamma, math.cbrt)
    for step in range(1, 200):
        x = step * 0.0931 + 1 / step
        yield from (function(x).hex() for function in functions)
        yield (x**1.7).hex()
        yield math.log(x).hex()


def _digest(value: Any) -> str:
    return hashlib.sha256(_text(value).encode("ascii")).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
