"""What packages have to be told when they are imported, since a sandbox is no ordinary machine.

matplotlib looks for a directory for its settings and its list of fonts, and stops if there is none.
It needs none: its own settings are beside it, and the list is made anew if no file has it.
joblib tries semaphores that processes share, and warns if there are none. threadpoolctl looks for
libraries by a callback from C, which takes memory that becomes executable; all of them have one
thread from the beginning. numpy seeds its generator when it is imported.
"""

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ..determinism import state
from .installed import ROOT

_MATPLOTLIB, _RANDOM, _THREADS = "matplotlib", "numpy.random", "threadpoolctl"

#: Variables of the environment while a package is imported.
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "joblib": {"JOBLIB_MULTIPROCESSING": "0"},
    _MATPLOTLIB: {
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": f"{ROOT}/matplotlib/mpl-data/matplotlibrc",
    },
}
#: Warns that the list of fonts could not be kept.
_FONTS = "matplotlib.font_manager"
#: The modules that need any of this.
NAMES = {*_VARIABLES, _FONTS, _RANDOM, _THREADS}
#: Where matplotlib looks for both: nothing is there, and nothing is written.
_NOWHERE = "/nonexistent"


@contextlib.contextmanager
def around(module: ModuleType) -> Iterator[None]:
    """Arrange for what a module of ``NAMES`` needs, while it is executed and afterwards."""
    name = module.__name__
    changed: Any = module
    with contextlib.ExitStack() as stack:
        stack.enter_context(_variables(_VARIABLES.get(name, {})))
        if name == _FONTS:
            stack.enter_context(_quiet(logging.getLogger(name)))
        elif name == _RANDOM:
            stack.enter_context(state.numpy_random_loading(module))
        yield
    if name == _MATPLOTLIB:
        changed._get_config_or_cache_dir = lambda _: _NOWHERE
    elif name == _THREADS:
        changed.ThreadpoolController._load_libraries = lambda _: None


@contextlib.contextmanager
def _variables(named: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(named)
    try:
        yield
    finally:
        for name in named:
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
