"""What a solution may import, and which builtins it gets: data, and the few lines that apply it.

The kernel is the security boundary; the policy decides what an honest solution can rely on, the
same on every machine. A module that is not allowed raises ImportError, and so does one that is not
loaded: once a solution runs, no file can be opened any more.
"""

import _sitebuiltins
import builtins
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from ..packages.image_names import image_with
from . import pytest_marks

#: Allowed by both policies.
COMMON = (
    "abc array ast base64 binascii bisect calendar cmath collections collections.abc colorsys"
    " contextlib contextvars copy csv dataclasses datetime decimal difflib dis enum errno fnmatch"
    " fractions functools gc getopt glob graphlib hashlib heapq hmac html inspect io"
    " ipaddress itertools json keyword linecache locale logging marshal math numbers"
    " operator pprint queue random re reprlib secrets"
    " shlex statistics string stringprep struct"
    " sys textwrap time timeit token tokenize traceback types typing unicodedata unittest"
    " uuid warnings weakref zlib zoneinfo __future__"
).split()

#: Allowed by ``standard`` in addition: the kernel layer makes them harmless.
SYSTEM = (
    "argparse asyncio atexit bdb builtins bz2 cmd code codecs codeop concurrent.futures"
    " configparser copyreg cProfile ctypes doctest email encodings faulthandler fcntl filecmp"
    " fileinput ftplib genericpath getpass gettext grp gzip http imaplib importlib lzma mimetypes"
    " mmap multiprocessing netrc ntpath opcode optparse os os.path pathlib pdb pickle pickletools"
    " pkgutil platform plistlib poplib posix posixpath profile pstats pty pwd quopri readline"
    " resource runpy sched select selectors shelve shutil signal site smtplib socket socketserver"
    " sqlite3 sre_compile sre_constants sre_parse ssl stat subprocess symtable sysconfig tarfile"
    " tempfile termios _thread threading tomllib trace tracemalloc tty unittest.mock urllib"
    " urllib.parse urllib.request wave webbrowser xml xml.etree.ElementTree xmlrpc zipfile"
    " zipimport"
).split()

#: What the interpreter itself imports when something is done for the first time, on behalf of
#: whichever module does it: str of a huge int, strptime, warnings.
INTERNAL = frozenset(
    "_collections_abc _compat_pickle _datetime _io _pydatetime _pylong _strptime".split()
)

#: What ``strict`` refuses: the list of the process pool that this replaces, without ``sys``.
BLOCKED_BY_STRICT = frozenset(
    "os subprocess socket shutil pathlib multiprocessing threading _thread ctypes signal resource"
    " importlib builtins pickle shelve marshal tempfile glob asyncio concurrent http urllib"
    " ftplib smtplib ssl select selectors sqlite3 mmap gc inspect site code codeop pty fcntl"
    " posix platform pkgutil zipimport runpy atexit".split()
)


#: Builtins that need a terminal.
_NO_BUILTINS = frozenset({"breakpoint"})


class Policy(NamedTuple):
    """What solutions may use.

    Attributes:
        name: For messages.
        allowed: Modules that are loaded; solutions may import the top-level ones, less those that
            are refused.
        refused: Top-level modules that solutions may not import.
        no_builtins: Builtins that the solution does not get; the library keeps them.
        offered: Top-level modules of the image's packages, loaded when they are imported.
    """

    name: str
    allowed: frozenset[str]
    refused: frozenset[str]
    no_builtins: frozenset[str] = _NO_BUILTINS
    offered: frozenset[str] = frozenset()

    def permits(self, module: str) -> bool:
        """Return True if a module, or a package it is in, may be imported."""
        top = module.partition(".")[0]
        has = top in self.allowed or top in self.offered or top == pytest_marks.NAME
        return top in INTERNAL or (has and top not in self.refused)

    def extended(self, changes: Mapping[str, Any]) -> "Policy":
        """Return this policy with the changes that a pool's settings make to it.

        Args:
            changes: ``name``, and lists ``allow``, ``refuse`` and ``no_builtins``. Of a package
                in ``allow``, the submodules that solutions use must be named too: they are loaded
                beforehand.
        """
        allow, refuse = frozenset(changes["allow"]), frozenset(changes["refuse"])
        tops = frozenset(name.partition(".")[0] for name in allow)
        return self._replace(
            name=changes["name"],
            allowed=self.allowed | allow | tops,
            refused=self.refused - tops | refuse,
            no_builtins=self.no_builtins | frozenset(changes["no_builtins"]),
        )


_ALL = frozenset(name.partition(".")[0] for name in (*COMMON, *SYSTEM))

POLICIES: Mapping[str, Policy] = {
    "standard": Policy("standard", _ALL, frozenset()),
    "strict": Policy("strict", _ALL, BLOCKED_BY_STRICT),
}


def policy_of(settings: str | Mapping[str, Any]) -> Policy:
    """Return the policy that a pool asks for: a name, or changes to its ``base``.

    Raises:
        KeyError: There is no policy of that name.
    """
    if isinstance(settings, str):
        return POLICIES[settings]
    return POLICIES[settings["base"]].extended(settings)


def missing(settings: str | Mapping[str, Any]) -> str:
    """Return which names in the changes this Python lacks; call it when all is loaded."""
    if isinstance(settings, str):
        return ""
    modules = [name for name in settings["allow"] if name not in sys.modules]
    names = [name for name in settings["no_builtins"] if not hasattr(builtins, name)]
    found = [("allows modules", modules), ("withholds builtins", names)]
    told = [f"{what} {', '.join(some)[:500]}" for what, some in found if some]
    if not told:
        return ""
    version = sys.version.split()[0]
    return (
        f"policy {settings['name']!r} {' and '.join(told)}, which its Python {version} does not"
        " have: leave them out, or use an image that has them"
    )


def guarded_import(policy: Policy, names: set[str]) -> Callable[..., ModuleType]:
    """Return an ``__import__`` that applies the policy to imports written in modules ``names``.

    The standard library's own imports pass: ``random`` needs ``os`` even if that is refused.
    Imports of ``names`` themselves pass too: ``pickle`` imports the module of a class.
    """
    real = builtins.__import__

    def __import__(  # noqa: N807 - takes the place of the builtin
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> ModuleType:
        # A caller of this as a function may leave out the globals; its frame has them.
        asker = (sys._getframe(1).f_globals if globals is None else globals).get("__name__")
        written_here = level == 0 and (asker in names or asker is None)
        top = name.partition(".")[0]
        if written_here and top not in names and not policy.permits(name):
            raise _refused(name, top, policy)
        return real(name, globals, locals, fromlist, level)

    return __import__


def _refused(name: str, top: str, policy: Policy) -> ImportError:
    if top in sys.modules or top in sys.stdlib_module_names or top in policy.offered:
        return ImportError(
            f"import of {name!r} is not allowed by policy {policy.name!r}", name=name
        )
    image = image_with(top)
    where = (
        f"{top} is not in this image; Pool(image=...) takes another (images/README.md)"
        if image is None
        else f"it is in the image {image!r}: Pool(image={image!r})"
    )
    return ModuleNotFoundError(f"No module named {name!r}: {where}", name=name)


def withhold_builtins(policy: Policy, names: set[str]) -> None:
    """Hide the builtins that the policy withholds from the code of modules ``names``."""
    for name in policy.no_builtins:
        if hasattr(builtins, name):
            setattr(builtins, name, _withheld(name, policy, names))


def _withheld(name: str, policy: Policy, names: set[str]) -> Callable[..., Any]:
    real = getattr(builtins, name)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_globals.get("__name__") in names:
            raise NameError(f"name {name!r} is not allowed by policy {policy.name!r}")
        return real(*args, **kwargs)

    return refuse


def add_exits() -> None:
    """Add ``exit`` and ``quit``, which come from ``site``; the worker starts without that."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of input"))
