"""A module ``pytest`` for solutions that hold their own tests, which nothing runs.

Marks and fixtures decorate nothing. The rest can be imported and named, and refuses to be called:
the image does not have the real module.
"""

import importlib
import sys
import types
from typing import Any, NoReturn

from ..protocol.cases import is_special

NAME = "pytest"


class _Mark:
    """``pytest.mark`` and what it makes: returns what it decorates."""

    def __getattr__(self, name: str) -> "_Mark":
        if is_special(name):
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decorate a function or class, or return such a decorator."""
        only = args[0] if len(args) == 1 and not kwargs else None
        return only if isinstance(only, (types.FunctionType, type)) else self


class _Module(types.ModuleType):
    """The module; a name that it lacks is that of a function which cannot be called here."""

    def __getattr__(self, name: str) -> Any:
        if name[:1] == "_":
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotImplementedError(f"{NAME}.{name} is not in this image: it is for tests")

        refuse.__name__ = name
        return refuse


def install() -> None:
    """Let solutions import the module from here on."""
    module: Any = _Module(NAME)
    module.mark = module.fixture = _Mark()
    module.param = lambda *values, **_: values
    module.importorskip = lambda name, **_: importlib.import_module(name)
    sys.modules[NAME] = module
