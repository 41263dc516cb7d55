"""What a solution may import, and which builtins it gets: data, and the few lines that apply it.

The policy is not the wall (the kernel is); it decides what an honest solution can rely on, the
same on every machine. A module that is not allowed raises ImportError.
"""

import _sitebuiltins
import builtins
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

#: Imported by the zygote, once, before any solution: allowed by both policies.
COMMON = (
    "abc array ast base64 binascii bisect calendar cmath collections collections.abc colorsys"
    " contextlib contextvars copy csv dataclasses datetime decimal difflib dis enum errno fnmatch"
    " fractions functools gc getopt glob graphlib hashlib heapq hmac html inspect io"
    " ipaddress itertools json keyword linecache locale logging marshal math numbers"
    " operator pprint queue random re reprlib secrets"
    " shlex statistics string stringprep struct"
    " sys textwrap time timeit token tokenize traceback types typing unicodedata unittest"
    " uuid warnings weakref zlib zoneinfo __future__ _strptime"
).split()

#: Allowed by ``standard`` in addition: the kernel layer makes them harmless.
SYSTEM = (
    "argparse asyncio atexit builtins bz2 codecs concurrent.futures configparser copyreg ctypes"
    " email fileinput filecmp getpass gettext gzip http imaplib importlib lzma mmap"
    " multiprocessing opcode os os.path pathlib pickle pickletools pkgutil platform posixpath"
    " profile cProfile pstats resource sched select selectors shelve shutil signal site smtplib"
    " socket sqlite3 ssl stat subprocess symtable sysconfig tempfile threading _thread tomllib"
    " trace tracemalloc unittest.mock urllib urllib.parse urllib.request wave xml"
    " xml.etree.ElementTree xmlrpc zipfile zipimport"
).split()

#: Of these, the zygote imports what honest solutions use; the rest is found on disk when asked for.
WARM = (
    "argparse asyncio atexit codecs concurrent.futures concurrent.futures.thread copyreg os"
    " pathlib pickle platform resource sched select selectors signal stat tempfile threading"
    " unittest.mock unittest._log urllib.parse"
).split()

#: What ``strict`` refuses: the list of the process pool that this replaces, without ``sys``.
BLOCKED_BY_STRICT = frozenset(
    "os subprocess socket shutil pathlib multiprocessing threading _thread ctypes signal resource"
    " importlib builtins pickle shelve marshal tempfile glob asyncio concurrent http urllib"
    " ftplib smtplib ssl select selectors sqlite3 mmap gc inspect site code codeop pty fcntl"
    " posix platform pkgutil zipimport runpy atexit".split()
)


class Policy(NamedTuple):
    """Names of the top-level modules that a solution may import, less those that are refused."""

    name: str
    allowed: frozenset[str]
    refused: frozenset[str]

    def permits(self, module: str) -> bool:
        """Tell whether a module, or a package it is in, may be imported."""
        top = module.partition(".")[0]
        return top in self.allowed and top not in self.refused


_ALL = frozenset(name.partition(".")[0] for name in (*COMMON, *SYSTEM))

POLICIES: Mapping[str, Policy] = {
    "standard": Policy("standard", _ALL, frozenset()),
    "strict": Policy("strict", _ALL, BLOCKED_BY_STRICT),
}


def warm_modules() -> None:
    """Import what solutions use, so that a fresh child has it; a module that is missing is left.

    ``exit`` and ``quit`` come from ``site``, which the worker starts without.
    """
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of input"))
    for name in (*COMMON, *WARM):
        try:
            __import__(name)
        except ImportError:
            continue


def guarded_import(policy: Policy, names: set[str]) -> Callable[..., ModuleType]:
    """Return an ``__import__`` that applies the policy to imports written in modules ``names``.

    The standard library's own imports pass: a refused ``os`` is still what ``random`` is made of.
    """
    real = builtins.__import__

    def __import__(  # noqa: N807 - takes the place of the builtin
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> ModuleType:
        asker = globals.get("__name__") if globals is not None else None
        written_here = level == 0 and (asker in names or asker is None)
        if written_here and not policy.permits(name):
            raise ImportError(f"import of {name!r} is not allowed by policy {policy.name!r}")
        return real(name, globals, locals, fromlist, level)

    return __import__
