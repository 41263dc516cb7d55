"""Configurations of ``logging``: they name what is called, and may set attributes of it.

A configuration that the solution returned could so change a module of the test. In the judge it
names classes of ``logging`` and standard streams, what strings of the request name, and objects of
the solution. It sets no attributes.
"""

import contextlib
import importlib
import re
from typing import Any

from ...protocol.cases import SOLUTION
from ..evaluation import evaluated_text
from ..evaluation.parts import parts_of
from .replacing import replaced

#: The names by which a test is recognised that may configure ``logging``.
NAMES = frozenset(
    {"BaseConfigurator", "DictConfigurator", "dictConfig", "dictConfigClass", "fileConfig"}
)
_MODULE = "logging.config"
_KNOWN = re.compile(
    rf"logging\.(handlers\.)?[A-Z]\w*|sys\.std(in|out|err)|{re.escape(SOLUTION)}\..+"
)


def lent() -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which configurations are checked."""
    module: Any = importlib.import_module(_MODULE)
    configurator = module.BaseConfigurator
    saved = configurator.__init__, configurator.resolve, module._resolve

    def begin(self: Any, config: Any) -> None:
        if any(isinstance(part, dict) and "." in part for part in parts_of(config)):
            raise ValueError("a configuration of logging in a test cannot set attributes ('.')")
        saved[0](self, config)

    def resolve(self: Any, name: str) -> Any:
        _check(name)
        return saved[1](self, name)

    def resolve_of_file(name: str) -> Any:
        _check(name)
        return saved[2](name)

    return replaced(
        (configurator, "__init__", begin),
        (configurator, "resolve", resolve),
        (module, "_resolve", resolve_of_file),
    )


def _check(name: str) -> None:
    if not (_KNOWN.fullmatch(name) or evaluated_text.is_spelled(name)):
        raise ValueError(f"a configuration of logging that does not stand in the test: {name}")
