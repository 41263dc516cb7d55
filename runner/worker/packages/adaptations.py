"""Adapts packages to the sandbox when they are imported.

matplotlib looks for a directory for its settings and its list of fonts, and fails without one. It
can do without: its default settings are beside it, and the list is rebuilt if no file has it.
joblib tries shared semaphores, and warns if there are none. threadpoolctl looks for libraries by a
callback from C, which needs executable memory; here all libraries have one thread from the start.
numpy seeds its generator when it is imported.
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

#: Environment variables while a package is imported.
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "joblib": {"JOBLIB_MULTIPROCESSING": "0"},
    _MATPLOTLIB: {
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": f"{ROOT}/matplotlib/mpl-data/matplotlibrc",
    },
}
#: Warns that the list of fonts could not be saved.
_FONTS = "matplotlib.font_manager"
#: The modules that need an adaptation.
NAMES = {*_VARIABLES, _FONTS, _RANDOM, _THREADS}
#: The directory of matplotlib for settings and fonts; it does not exist.
_NOWHERE = "/nonexistent"


@contextlib.contextmanager
def around(module: ModuleType) -> Iterator[None]:
    """Adapt a module of ``NAMES`` while it is executed, and afterwards."""
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
