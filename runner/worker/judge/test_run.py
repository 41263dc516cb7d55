"""One test while it runs: its namespace, the solution in it, and what its names mean."""

import builtins
import contextlib
import inspect
import types
from collections.abc import Callable
from typing import Any

from ..boundary import ambient_state, proxies, proxy_methods
from ..boundary.ambient import replacements
from ..boundary.channel import ChannelClosed
from ..boundary.deriving import super_calls
from ..boundary.opcodes import Op
from ..boundary.session import BoundaryBroken
from ..boundary.structure import special_names
from ..codec.format import LEAVES, Export
from ..protocol.cases import SOLUTION
from . import names
from .evaluation import format_texts, unpickling
from .evaluation.text_builtins import TextBuiltins
from .excerpts import excerpt
from .judge_session import JudgeSession
from .lending import (
    figures,
    logging_configs,
    pickle_files,
    process_resources,
    remote_files,
    seeds,
    waiting,
    weak_references,
)
from .namespace import GlobalsView, new_namespace, run_setups
from .outcomes import Outcome, TestsError, describe
from .prediction import bindings
from .prediction.bindings import LATER, Bindings
from .prediction.speculative_channel import SpeculativeChannel
from .request import CHECKER, JudgeRequest
from .source import reuse, test_code
from .source.assert_rewriting import Asserts
from .suite.solution_module import SolutionModule, importable, special_name
from .supervisor_link import Excerpts, SupervisorLink
from .trust import class_checks
from .trust.handler_rewriting import CATCH, LEAVE
from .trust.lost_exceptions import watched

#: What stands for builtins in the text of a test, unless the solution defines the name.
_BUILTINS = {**class_checks.BUILTINS, **replacements.BUILTINS, **super_calls.BUILTINS}


#: Types of what holds no class and no function of both sides.
_WITHOUT_ITEMS = (type, types.BuiltinFunctionType, special_names.FunctionProxy, *LEAVES)


class TestRun:
    """One test while it runs.

    Attributes:
        session: Leads to the solution.
        channel: What the session sends its messages over.
        asserts: The asserts of the test that keep what they compare.
        plain: Whether it and all tests before it in this process only call with constants.
        excerpts: Of what the test expects and of what it got, as far as they are known.
        exit_code: Of a program that has ended by itself.
        at_end: What is undone at the end of the test.
    """

    def __init__(
        self,
        request: JudgeRequest,
        session: JudgeSession,
        channel: SpeculativeChannel,
        link: SupervisorLink,
        *,
        plain: bool,
    ) -> None:
        self.request = request
        self.channel = channel
        self.plain = plain
        self._is_watched = False
        self.session = session
        self.link = link
        self.asserts: Asserts = {}
        self.excerpts: Excerpts = None, None
        self.exit_code: int | None = None
        self.at_end = contextlib.ExitStack()
        #: What stands for builtins in the text of this test.
        self._builtins: dict[str, Any] = {}

    def prepare(self) -> None:
        """Set up what a test needs; ``at_end`` undoes it."""
        if not self.plain:
            self._watch()
        if self.request.has_files:
            self.at_end.enter_context(self.files_lent())

    def files_lent(self) -> contextlib.AbstractContextManager[None]:
        """Return a context manager in which paths lead to the solution's files, if it has any."""
        if not self.request.has_files:
            return contextlib.nullcontext()
        return remote_files.lent(self._ask_of_files)

    def _ask_of_files(self, what: str, *args: Any) -> Any:
        return self.session.request(Op.FILE, what, *args)

    def _watch(self) -> None:
        """Note from now on the unhandled exceptions of threads and tasks."""
        if not self._is_watched:
            self._is_watched = True
            self.at_end.enter_context(watched(self.session.lose))

    def leave_trace(self) -> None:
        """Note that the test does more than call functions of the solution with constants."""
        self.request.leave_trace()
        self._watch()

    def compile(self, code: str) -> test_code.Unit:
        """Compile the code of a test."""
        unit = self.request.compiled(code)
        if not unit.plain:
            self.leave_trace()
        return unit

    def begin(self, unit: test_code.Unit) -> dict[str, Any]:
        """Run the setups in a fresh namespace."""
        session, request = self.session, self.request
        setup, judge_setup = request.setups
        session.blocks = {**request.blocks_of_setups, unit.code.co_filename: unit.blocks}
        session.shadowable = unit.stores | setup.stores | judge_setup.stores
        if unit.is_open or setup.is_open or judge_setup.is_open:
            session.ledger.objects = True
        unpickling.begin(session)
        space = new_namespace()
        space |= {CATCH: session.catch, LEAVE: session.leave, **format_texts.NAMES}
        names_of_solution = request.choice.solution
        self._builtins = {**_BUILTINS, **TextBuiltins(session).by_name()}
        space.update(each for each in self._builtins.items() if each[0] not in names_of_solution)
        session.setup_classes = run_setups(request, space)
        return space

    def load(self, unit: test_code.Unit, module: str | None = None) -> Bindings:
        """Load the solution; return what it binds.

        Args:
            unit: The test.
            module: The name by which the test imports the solution; if None, the usual one where
                the test mentions it.
        """
        session = self.session
        self.request.loaded = True
        found = self._load(unit)
        if not self.plain or any(found[name][0] for name in unit.reads & found.keys()):
            seeds.lend(session)
        setup, judge_setup = self.request.setups
        words = unit.words | setup.words | judge_setup.words
        if module is None and (SOLUTION in unit.words or SOLUTION in unit.spelled):
            module = SOLUTION
        if module is not None and unit.stores:
            words |= {"setattr"}
        if "pytest" in words:
            words |= unit.mentioned
        self._lend_state(unit, words)
        if module is not None:
            self._lend_module(module, unit, found)
        return found

    def _lend_state(self, unit: test_code.Unit, words: frozenset[str]) -> None:
        """Let the test share the process-wide state of the solution that it may use."""
        session, units = self.session, (unit, *self.request.setups)
        mentioned = frozenset[str]().union(*(each.mentioned for each in units))
        if not process_resources.NAMES.isdisjoint(mentioned):
            self.at_end.enter_context(process_resources.lent(session, mentioned))
        if not waiting.NAMES.isdisjoint(words | unit.mentioned):
            self.at_end.enter_context(waiting.lent(session))
        if figures.concerns(words, unit.mentioned):
            self.at_end.enter_context(figures.lent(session))
        if not logging_configs.NAMES.isdisjoint(mentioned):
            self.at_end.enter_context(logging_configs.lent())
        if weak_references.NAME in words:
            self.at_end.enter_context(weak_references.lent(session))
        if readers := pickle_files.NAMES & (words | unit.mentioned):
            self.at_end.enter_context(pickle_files.lent(session, readers))
        if ambient_state.concerns(words):  # last: what is lent is no patch of the test
            spelled = frozenset[str]().union(*(each.spelled for each in units))
            session.ambient_state = ambient_state.JudgeAmbientState(session.stdout, words, spelled)
            self.at_end.enter_context(session.ambient_state.restored())

    def _load(self, unit: test_code.Unit | None = None) -> Bindings:
        session, request, predicted = self.session, self.request, self.request.predicted
        if self.plain and unit and predicted and reuse.are_harmless(unit.reads, predicted.found):
            self.channel.predict(predicted.answer)
            session.crossing.add(predicted.cost_ns)
            return predicted.found
        found = bindings.read(session.request(Op.LOAD))
        found.hold_callables = session.ledger.forget_arrivals()
        if self.plain and session.plain and request.may_predict:
            request.predicted = bindings.prediction(self.channel, session, request.bounds)
        return found

    def _lend_module(self, name: str, unit: test_code.Unit, found: Bindings) -> None:
        """Let the test import the solution as a module."""
        mentioned = unit.mentioned | unit.reads | unit.spelled

        def look(name: str) -> Any:
            if name not in found:
                return special_name(self.session, name)
            own = names.borrowed_module(name, found[name][0])
            if own is not None:
                return own
            with self.session.ledger.aside():
                return self.solution(found, name, named=name in mentioned)

        def load() -> None:
            anew = self._load()
            found.replace(anew)

        def source() -> str:
            self.session.ledger.touched = True
            return self.request.code

        module = SolutionModule(name, look, found.keys, load, source)
        self.at_end.enter_context(importable(module))
        if self.session.ambient_state is not None:
            self.session.ambient_state.watch(module.changed)

    def solution(self, found: Bindings, name: str, *, named: bool = True) -> Any:
        """Return the solution's object of a name; ``named`` is True if the test's text has it."""
        session = self.session
        obj, holds_callables = found[name][1], found.hold_callables
        if obj is LATER:
            obj = session.request(Op.FETCH, name)
            holds_callables = session.ledger.forget_arrivals()
        elif type(obj) is Export:
            obj = session.import_(obj)
            session.ledger.forget_arrivals()
        if holds_callables and not isinstance(obj, _WITHOUT_ITEMS):
            session.note_callable()
        number = proxy_methods.number_in(session, obj)
        if number is None:
            session.ledger.touched = True
            return session.alias(obj)
        if named:
            is_callable = isinstance(obj, proxies.ProxyType | special_names.FunctionProxy)
            session.ledger.name(number, callable_=is_callable)
        if name in self.request.classes:
            session.ledger.declare(number, obj)
        elif name in session.declared:
            session.ledger.declare(number)
        return obj

    def bind(
        self,
        space: dict[str, Any],
        unit: test_code.Unit,
        found: Bindings,
        *,
        entry: str | None = None,
    ) -> dict[str, Any]:
        """Return the namespace of the test: with the names that it reads and does not define.

        Args:
            space: What the setups have defined.
            unit: The test.
            found: What the solution binds.
            entry: The entry point of a check, which is passed to it.
        """
        setup, judge_setup = self.request.setups
        bound, lent = {}, {}
        for name, source, obj in self._meanings(space, unit, found):
            if source == "judge":
                lent[name] = obj
            elif source == "solution" and not (name == entry and names.is_lent(name)):
                meant = self.solution(found, name, named=obj)
                if name not in self.request.choice.values or self._is_value(meant):
                    bound[name] = meant
                else:
                    lent[name] = names.lend(name)
        if self.request.plain and not reuse.are_plain_calls(unit.reads, bound):
            self.leave_trace()
        space.update(lent)
        if any(map(names.is_lent, bound.keys() & (setup.reads | judge_setup.reads))):
            # To the setups, these names mean Python's own.
            space = dict(space)
        space.update(bound)
        # Of these, the solution could have had one.
        space.update(each for each in self._builtins.items() if each[0] not in space)
        self._let_be_found(space, unit, found, bound)
        return space

    def _is_value(self, obj: Any) -> bool:
        return proxy_methods.number_in(self.session, obj) is None and not callable(obj)

    def _let_be_found(
        self, space: dict[str, Any], unit: test_code.Unit, found: Bindings, bound: dict[str, Any]
    ) -> None:
        """Let patches of ``__main__`` reach the solution, and ``globals()`` what builtins hide."""
        if self.session.ambient_state is not None and "__main__" in unit.words:
            self.session.ambient_state.watch(
                lambda: {
                    name: space[name]
                    for name, obj in bound.items()
                    if name in space and space[name] is not obj
                }
            )
        hidden = unit.spelled & found.keys() - space.keys() if "globals" in unit.free else ()
        if hidden:
            objects = {name: self.solution(found, name, named=False) for name in hidden}
            space["globals"] = lambda: GlobalsView(space, objects)

    def _meanings(
        self, space: dict[str, Any], unit: test_code.Unit, found: Bindings
    ) -> list[tuple[str, str, Any]]:
        """Return each name that a test or the setup reads, with the result of ``_meaning``."""
        dynamic = unit.is_dynamic
        key = unit.reads, dynamic
        if key not in found.meanings:
            reads = unit.reads | self.request.setups[0].reads
            if dynamic:
                reads |= found.keys()
            found.meanings[key] = [
                (name, *self._meaning(name, found, dynamic=dynamic))
                for name in sorted(reads - space.keys())
            ]
        return found.meanings[key]

    def _meaning(self, name: str, found: Bindings, *, dynamic: bool) -> tuple[str, Any]:
        """Return the provider of a name: the judge, with the object, or the solution, with a flag.

        The flag is True if the test counts as naming the object.
        """
        choice = self.request.choice
        origin = found[name][0] if name in found else None
        if name in choice.solution:
            module = names.borrowed_module(name, origin)
            if module is not None:
                return "judge", module
            return ("solution", True) if name in found else ("", None)
        if name in choice.weak and name in found:
            own = names.borrowed(name, origin)
            return ("solution", False) if own is None else ("judge", own)
        if name in names.VOCABULARY:
            with contextlib.suppress(LookupError):
                return "judge", names.lend(name)
        if dynamic and name in found and not hasattr(builtins, name):
            return "solution", not names.is_lent(name)
        return "", None

    def execute(self, unit: test_code.Unit, space: dict[str, Any]) -> None:
        """Execute the compiled code of a test."""
        self.asserts = unit.asserts
        exec(unit.code, space)

    def check(self, space: dict[str, Any], code: str, values: tuple[Any, ...]) -> None:
        """Let the test's own checker decide; an exception that it raises is a failure.

        Args:
            space: Where the checker is defined.
            code: Source that defines ``check(expected, actual)``, or with the input as a third.
            values: What it may be called with.
        """
        unit = self.request.compiled(code, CHECKER)
        exec(unit.code, space)
        check = space.get("check")
        if not callable(check):
            raise TestsError("the checker does not define check()")
        takes_input = _takes(check, len(values))
        try:
            accepted = check(*values) if takes_input else check(*values[:-1])
        except (ChannelClosed, BoundaryBroken, MemoryError):
            raise
        except Exception as error:
            raise Outcome("failed", f"the checker raised {describe(error)}") from error
        if type(accepted) is not bool:
            raise Outcome("error", f"the checker returned {excerpt(accepted)}, not True or False")
        if not accepted:
            raise Outcome("failed", "the checker returned False")


def _takes(check: Callable[..., Any], count: int) -> bool:
    """Return True if a function can be called with this number of arguments."""
    try:
        inspect.signature(check).bind(*range(count))
    except TypeError:
        return False
    return True
