"""What packages have to be told when they are imported, since a sandbox is no ordinary machine.

matplotlib looks for a directory for its settings and its list of fonts, and stops if there is none.
It needs none: its own settings are beside it, and the list is made anew if no file has it.
joblib tries semaphores that processes share, and warns if there are none.
"""

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from .installed import ROOT

#: Variables of the environment while a package is imported.
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "joblib": {"JOBLIB_MULTIPROCESSING": "0"},
    "matplotlib": {
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": f"{ROOT}/matplotlib/mpl-data/matplotlibrc",
    },
}
#: Warns that the list of fonts could not be kept.
_FONTS = "matplotlib.font_manager"
#: Where matplotlib looks for both: nothing is there, and nothing is written.
_NOWHERE = "/nonexistent"


@contextlib.contextmanager
def around(module: ModuleType) -> Iterator[None]:
    """Arrange for what a module needs while it is executed; for most modules that is nothing."""
    name = module.__name__
    with _variables(_VARIABLES.get(name, {})), _quiet(name):
        yield
    if name == "matplotlib":
        changed: Any = module
        changed._get_config_or_cache_dir = lambda _: _NOWHERE


@contextlib.contextmanager
def _variables(named: Mapping[str, str]) -> Iterator[None]:
    if not named:
        yield
        return
    before = dict(os.environ)
    os.environ.update(named)
    try:
        yield
    finally:
        for name in named:
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    if name != _FONTS:
        yield
        return
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
