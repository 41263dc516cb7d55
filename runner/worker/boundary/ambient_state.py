"""Process-wide state that a test sets around a call: decimal context, filters, patched modules.

Before each request the judge compares its own state with the last one, and the subject applies the
changes. Warnings, log records, stderr, and environment variables that a string of the test names
come back with each answer. Only tests that name such state are watched.
"""

import contextlib
import decimal
import importlib
import io
import logging
import os
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ..protocol.cases import SOLUTION
from .ambient import records, replacements
from .ambient.environment import JudgeVariables, SubjectVariables, is_mapping, variables
from .ambient.replacements import MISSING, put
from .shared_globals import found_at

#: Names by which a test may set or record ambient state.
_WORDS = frozenset(
    "decimal localcontext getcontext setcontext sys setrecursionlimit os environ warnings"
    " catch_warnings simplefilter logging unittest contextlib redirect_stderr patch mock"
    " setattr monkeypatch capsys capfd caplog recwarn warns deprecated_call assert_produces_warning"
    " assert_warns assert_no_warnings suppress_warnings".split()
)

#: Of these, the ones that may replace any attribute of a module.
_PATCHERS = frozenset({"patch", "mock", "setattr", "unittest", "monkeypatch"})

#: Modules whose attributes a test with a patcher may replace, besides the modules that it names.
_PATCHED = ("builtins", "datetime", "math", "os", "os.path", "random", "secrets", "time", "uuid")

#: Names, and assignments (``time=``), that make a test one to be watched.
_CONCERNING = _WORDS | _PATCHERS | {f"{name}=" for name in _PATCHED}

#: Modules of which each side has its own.
_MAIN = "__main__"
_OWN = frozenset({"unittest", "unittest.mock", "contextlib", _MAIN})

#: Attributes that cross in another way.
_UNPATCHED = frozenset(
    "input __import__ environ seed filters showwarning _showwarnmsg_impl _filters_version"
    " argv stdin stdout stderr modules path path_hooks meta_path path_importer_cache displayhook"
    " excepthook last_exc last_type last_value last_traceback".split()
)

_NUMBERS = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
#: The code of tests and of what they share.
FILES_OF_TESTS = frozenset(("<test>", "<checker>", "<setup>", "<judge_setup>"))
_real_show = warnings._showwarnmsg_impl  # type: ignore[attr-defined]
_real_public_show = warnings.showwarning


def concerns(words: frozenset[str]) -> bool:
    """Return True if a test that uses these names may set ambient state."""
    return not _CONCERNING.isdisjoint(words)


def _assigned(words: frozenset[str]) -> list[str]:
    """Return the modules whose attributes a test may replace; ``time=`` is an assignment."""
    if _PATCHERS.isdisjoint(words):
        return [name for name in _PATCHED if f"{name}=" in words]
    named = {name for name in words if name.partition(".")[0] in sys.stdlib_module_names}
    return [*_PATCHED, *sorted(named & sys.modules.keys() - {*_PATCHED, "sys"} - _OWN)]


def _is_shared(place: str, attribute: str, value: Any) -> bool:
    by_name = attribute not in _UNPATCHED or (attribute == "environ" and not is_mapping(value))
    return place.partition(":")[0] not in _OWN and by_name


class JudgeAmbientState:
    """The judge's side: finds the changes that a test has made since the last request."""

    def __init__(self, stderr: Any, words: frozenset[str], spelled: frozenset[str]) -> None:
        self._stderr = stderr
        self._variables = JudgeVariables(spelled)
        self._modules = {
            name: (sys.modules[name], dict(vars(sys.modules[name]))) for name in _assigned(words)
        }
        #: The modules that are loaded, if a test may replace or hide any.
        self._loaded = dict(sys.modules) if "sys" in words else None
        #: Functions that return the replacements of the solution's names, if tests may patch them.
        self._replaced: list[Callable[[], dict[str, Any]]] = []
        self._known = self._present()

    def watch(self, replaced: Callable[[], dict[str, Any]]) -> None:
        """Let the solution see a test's replacements of its names."""
        self._replaced.append(replaced)

    def changes(self) -> list[Any]:
        """Return the changes since the last call, as names and values in turn."""
        present = self._present()
        changed = [key for key, value in present.items() if self._known[key] != value]
        self._known = present
        return [part for key in changed for part in (key, present[key])]

    def _present(self) -> dict[str, Any]:
        return {
            "recursion": sys.getrecursionlimit(),
            "decimal": _of_context(decimal.getcontext()),
            "arguments": [*sys.argv],
            "environment": variables(),
            "warnings": _filters(),
            "records": _records_warnings(),
            "levels": _levels(),
            "stderr": sys.stderr is not self._stderr,
            "patches": self._patches(),
            "modules": self._modules_replaced(),
        }

    def _modules_replaced(self) -> list[Any]:
        """Return names and values of the entries of ``sys.modules`` that are no modules."""
        before = self._loaded
        if before is None:
            return []
        entries: dict[str, Any] = {**sys.modules}
        return [
            [name, value]
            for name, value in entries.items()
            if before.get(name, MISSING) is not value and not isinstance(value, types.ModuleType)
        ]

    def _patches(self) -> list[Any]:
        found = {
            (name, attribute): value
            for name, (module, before) in self._modules.items()
            for attribute, value in vars(module).items()
            if before.get(attribute, MISSING) is not value
        }
        found |= replacements.CURRENT.present()
        found = {where: value for where, value in found.items() if _is_shared(*where, value)}
        found |= {
            (_MAIN, name): value
            for replaced in self._replaced
            for name, value in replaced().items()
        }
        # Without a value if the attribute is deleted.
        return [[*where] if value is MISSING else [*where, value] for where, value in found.items()]

    def deliver(self, errors: Any, warned: Any, logged: Any, changed: Any) -> bool:
        """Replay the solution's stderr, warnings, log records and environment in the test.

        Returns:
            Whether a variable of the test has another value now.

        Raises:
            MalformedError: The solution's process has sent something else.
        """
        kept = records.checked(errors, warned, logged)
        if errors:
            sys.stderr.write(errors)
        for warning in warned:
            shown = warnings.WarningMessage(warning, type(warning), records.PLACE, 0)
            warnings._showwarnmsg(shown)  # type: ignore[attr-defined]
        for name, level, *rest in kept:
            logger = logging.getLogger(name)
            # Its level has let the record pass, in the process where the solution may have set it.
            if logger.manager.disable < level:
                logger.handle(records.record_of(logger, level, *rest))
        is_other = self._variables.accept(changed)
        if is_other:
            self._known["environment"] = variables()
        return is_other

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """Restore the state at the end of the block."""
        environment, limit = variables(), sys.getrecursionlimit()
        arguments, sys.argv = sys.argv, [*sys.argv]
        context = decimal.getcontext().copy()
        try:
            with warnings.catch_warnings():
                yield
        finally:
            sys.argv = arguments
            sys.setrecursionlimit(limit)
            decimal.setcontext(context)
            replacements.CURRENT.undo()
            for module, before in self._modules.values():
                for name in set(vars(module)) - set(before):
                    delattr(module, name)
                vars(module).update(before)
            os.environ.clear()
            os.environ.update(environment)


def _of_context(context: decimal.Context) -> list[Any]:
    traps = [signal.__name__ for signal, is_on in context.traps.items() if is_on]
    return [*(getattr(context, name) for name in _NUMBERS), *traps]


def _filters() -> list[Any]:
    return [
        [action, _source(message), category, _source(module), line]
        for action, message, category, module, line in warnings.filters
    ]


def _source(pattern: Any) -> Any:
    return getattr(pattern, "pattern", pattern)


def _records_warnings() -> bool:
    impl = warnings._showwarnmsg_impl  # type: ignore[attr-defined]
    return impl is not _real_show or warnings.showwarning is not _real_public_show


def _levels() -> list[Any]:
    """Return name and level of each configured logger, and whether it has handlers of its own.

    Nothing unless a logger has one. The level is 0 if the test has not set it.
    """
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    known = [each for each in loggers if isinstance(each, logging.Logger)]
    if not any(each.handlers for each in known):
        return []
    return [
        [each.name, each.level if _is_set(each) else 0, bool(each.handlers)]
        for each in known
        if each.level or each.handlers or each is logging.root
    ]


def _is_set(logger: logging.Logger) -> bool:
    return logger is not logging.root or logger.level != logging.WARNING


class SubjectAmbientState:
    """The subject's side: applies changes; records stderr, warnings and log records."""

    def __init__(self) -> None:
        self._before: Any = None
        self._variables = SubjectVariables()
        self._originals: dict[tuple[str, str], Any] = {}
        #: What the test has replaced in ``sys.modules``.
        self._hidden: dict[str, Any] = {}
        self._warned: list[Any] = []
        self._relay: records.Relay | None = None
        #: The loggers that have it: the root, and those that may not hand on their records.
        self._relaying: list[logging.Logger] = []
        #: The solution's own levels of the loggers whose level the test has set.
        self._levels: dict[logging.Logger, int] = {}
        self._errors: io.StringIO | None = None
        self._stderr = sys.stderr

    def follow(self, *changes: Any) -> None:
        """Apply changes, given as names and values in turn."""
        if self._before is None:
            limit, context = sys.getrecursionlimit(), decimal.getcontext().copy()
            self._before = limit, context, [*warnings.filters], [*sys.argv]
        for key, value in zip(changes[::2], changes[1::2], strict=True):
            getattr(self, f"_set_{key}")(value)

    def end(self) -> None:
        """Restore the state before the first change."""
        if self._before is None:
            return
        limit, context, filters, sys.argv[:] = self._before
        sys.setrecursionlimit(limit)
        decimal.setcontext(context)
        warnings.filters[:] = filters  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        nothing = {
            "environment": {},
            "records": False,
            "levels": [],
            "stderr": False,
            "patches": [],
            "modules": [],
        }
        for key, value in nothing.items():
            getattr(self, f"_set_{key}")(value)

    def take(self) -> Any:
        """Return stderr, warnings and log records since the last call, and changed variables.

        Returns:
            None if there is nothing.
        """
        logged = self._relay.kept if self._relay is not None else []
        variables = self._variables.changed()
        if not (self._warned or logged or variables or self._errors is not None):
            return None
        errors = self._errors.getvalue() if self._errors is not None else ""
        if self._errors is not None:
            self._errors.seek(0)
            self._errors.truncate()
        taken = (errors, self._warned[:], logged[:], variables)
        self._warned.clear()
        logged.clear()
        return taken

    def _set_recursion(self, limit: int) -> None:
        sys.setrecursionlimit(limit)

    def _set_decimal(self, values: list[Any]) -> None:
        settings = dict(zip(_NUMBERS, values, strict=False))
        traps = [getattr(decimal, name) for name in values[len(_NUMBERS) :]]
        decimal.setcontext(decimal.Context(**settings, traps=traps))

    def _set_arguments(self, arguments: list[str]) -> None:
        sys.argv[:] = arguments

    def _set_environment(self, values: dict[str, str]) -> None:
        self._variables.set(values)

    def _set_warnings(self, filters: list[Any]) -> None:
        warnings.filters[:] = [  # type: ignore[index]
            (action, _pattern(message), category, _pattern(module), line)
            for action, message, category, module, line in filters
        ]
        warnings._filters_mutated()  # type: ignore[attr-defined]

    def _set_records(self, wanted: Any) -> None:
        impl = self._keep_warning if wanted else _real_show
        warnings._showwarnmsg_impl = impl  # type: ignore[attr-defined]

    def _keep_warning(self, shown: Any) -> None:
        self._warned.append(shown.message)

    def _set_levels(self, levels: list[Any]) -> None:
        for logger in self._relaying:
            logger.removeHandler(self._relay)  # type: ignore[arg-type]
        for logger, level in self._levels.items():
            logger.setLevel(level)
        self._relaying.clear()
        self._levels.clear()
        self._relay = self._relay or records.Relay()
        for name, level, has_handlers in levels:
            logger = logging.getLogger(None if name == "root" else name)
            if level:
                self._levels[logger] = logger.level
                logger.setLevel(level)
            if has_handlers or logger is logging.root:
                logger.addHandler(self._relay)
                self._relaying.append(logger)

    def _set_stderr(self, redirected: Any) -> None:
        if redirected and self._errors is None:
            self._errors = io.StringIO()
            self._stderr, sys.stderr = sys.stderr, self._errors
        elif not redirected and self._errors is not None:
            sys.stderr, self._errors = self._stderr, None

    def _set_modules(self, replaced: list[Any]) -> None:
        for name, value in self._hidden.items():
            if value is MISSING:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = value
        self._hidden = {name: sys.modules.get(name, MISSING) for name, _ in replaced}
        sys.modules.update(dict(replaced))

    def _set_patches(self, patches: list[Any]) -> None:
        wanted = {(place, name): value[0] if value else MISSING for place, name, *value in patches}
        for where, value in reversed(self._originals.items()):  # one module may have two names
            if where not in wanted:
                put(_owner(where[0]), where[1], value)
        for where, value in wanted.items():
            owner = _owner(where[0])
            self._originals.setdefault(where, vars(owner).get(where[1], MISSING))
            put(owner, where[1], value)
        self._originals = {where: self._originals[where] for where in wanted}


def _owner(place: str) -> Any:
    """Return a module, or a class in it; the solution is what the test calls ``__main__``."""
    name, _, path = place.partition(":")
    name = SOLUTION if name == _MAIN else name
    module = sys.modules.get(name) or importlib.import_module(name)
    return found_at(module, path) if path else module


def _pattern(text: Any) -> Any:
    return re.compile(text, re.IGNORECASE) if type(text) is str else text
