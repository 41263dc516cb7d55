"""A replacement for the module ``pytest`` in the judge, with the parts that data sets use.

The image does not have the real one, which would run the tests itself, in its own order and with
its own plugins, and write files. Differences between the two are tested in ``tests/``.
"""

import importlib
import types
from typing import Any

from .approx import approx
from .builtin_fixtures import CaptureFixture, LogCapture, MonkeyPatch
from .fixtures import fixture
from .marks import MarkDecorator, Marks, param
from .pytest_outcomes import Failed, Skipped, exit, fail, skip, xfail
from .raising import ExceptionInfo, WarningsRecorder, deprecated_call, raises, warns

mark = Marks()


class PytestWarning(UserWarning):
    """What pytest warns of."""


def importorskip(modname: str, *_: Any, **__: Any) -> Any:
    """Return a module, or skip the tests where it is absent."""
    try:
        return importlib.import_module(modname)
    except ImportError as error:
        raise Skipped(f"could not import {modname!r}: {error}") from None


def main(*_: Any, **__: Any) -> int:
    """Return success: the tests of a suite are run whether it is called or not."""
    return 0


def _module() -> types.ModuleType:
    module = types.ModuleType("pytest")
    public = (
        *(approx, deprecated_call, exit, fail, fixture, importorskip, main, mark, param),
        *(raises, skip, warns, xfail),
    )
    for each in public:
        setattr(module, getattr(each, "__name__", "mark"), each)
    kinds = {
        "CaptureFixture": CaptureFixture,
        "ExceptionInfo": ExceptionInfo,
        "FixtureRequest": Any,
        "LogCaptureFixture": LogCapture,
        "MarkDecorator": MarkDecorator,
        "MonkeyPatch": MonkeyPatch,
        "PytestWarning": PytestWarning,
        "WarningsRecorder": WarningsRecorder,
        "yield_fixture": fixture,
    }
    vars(module).update(kinds, __version__="8.0", __all__=[*vars(module)])
    module.Failed = Failed  # type: ignore[attr-defined]
    return module


pytest = _module()
