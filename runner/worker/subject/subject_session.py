"""The subject: compiles and executes the solution, and answers what the judge asks of it.

Everything in this process belongs to the solution from the moment its first line runs: nothing
here is a secret, and nothing that it says is believed. It never sees test code, expected values
or the channel to the host.
"""

import asyncio
import builtins
import contextlib
import copy
import importlib
import inspect
import io
import os
import socket
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, NoReturn

from ..boundary import (
    ambient_state,
    exports,
    library_classes,
    proxies,
    proxy_methods,
    special_methods,
)
from ..boundary.channel import AGAIN, BEGIN, Channel, ChannelClosed
from ..boundary.coroutines import awaited
from ..boundary.deriving.class_bodies import put_together, set_attribute
from ..boundary.opcodes import SETUP, Absent, Op
from ..boundary.session import Session, until_answered
from ..boundary.shared_globals import name_of
from ..codec.format import Bounds, Export
from ..determinism import state
from ..kernel import process
from ..kernel.seccomp import Filter
from . import file_service, setup_proxies, tracebacks
from .peer_threads import PeerThreads
from .program import Program


class SubjectSession(Session):
    """The solution's side of the boundary."""

    parity = 1
    keeps_weakly_referenced = True
    may_be_absent = frozenset({Op.CALL, Op.APPLY})

    def __init__(self, channel: Channel, bounds: Bounds, program: Program) -> None:
        super().__init__(channel, bounds)
        self._program = program
        self._ambient_state = ambient_state.SubjectAmbientState()
        #: How many requests to the judge are under way, each within the one before.
        self._under_way = 0
        self._has_ended = threading.Condition(self._lock)
        #: One for each request of a thread that waits until the judge listens.
        self._waiting: set[object] = set()
        #: Object, name and outcome of a look-up that found no method: the judge asks for it next.
        self._looked_up: tuple[Any, Any, Any] | None = None
        #: The threads that perform the requests of a test with several threads.
        self.peers: PeerThreads | None = None

    def listen(self) -> "SubjectSession":
        """Have this thread serve the judge's requests; return the session.

        It has the lock, except while it does what a request asks. Only then does the judge listen
        to the solution, so a call of the judge by another thread of the solution waits until then.
        """
        self._lock.acquire()
        return self

    def next_message(self) -> bytes:
        """Wait for a message; if the test has threads, for the one that begins the next session."""
        if self.peers is None:
            return self._channel.receive()
        self._lock.release()  # the thread that reads takes it
        return self.peers.read(self._serve_all)

    def _serve_all(self) -> bytes:
        """Serve the requests of this session; return the message after them."""
        self.listen()
        while len(message := self._channel.receive()) > len(AGAIN):
            self.serve_message(message)
        return message

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the judge asks; meanwhile any thread of the solution may call the judge.

        Calls that already wait come first: the solution has made them before. The answer waits for
        the end of all calls, since the judge answers them first.
        """
        before = self._under_way
        if self._waiting:
            early = set(self._waiting)
            self._has_ended.wait_for(
                lambda: self._waiting.isdisjoint(early) and self._under_way == before
            )
        self._lock.release()
        try:
            return self._perform(op, items)
        finally:
            self._lock.acquire()
            self._has_ended.wait_for(lambda: self._under_way == before)

    def request(self, op: Op, *items: Any) -> Any:
        """Ask the judge and return its answer; its exception is raised here.

        A call that would have to wait in the judge is made again after a pause, in which judge and
        solution go on.
        """
        return until_answered(self._request(op, *items), lambda: self._request(op, *items))

    def _request(self, op: Op, *items: Any) -> Any:
        if not self._lock.acquire(blocking=False):
            self._await_turn()
        self._under_way += 1
        try:
            return super().request(op, *items)
        finally:
            self._under_way -= 1
            self._has_ended.notify_all()
            self._lock.release()

    def _await_turn(self) -> None:
        turn = object()
        self._waiting.add(turn)
        try:
            self._lock.acquire()
        finally:
            self._waiting.discard(turn)

    def _perform(self, op: Any, items: list[Any]) -> Any:
        if op == Op.THREAD:
            self.peers = self.peers or PeerThreads(self._perform_here)
            return self.peers.begin(*items)
        if self.peers is not None and self.peers.is_reader():
            return self.peers.serve(op, items)
        return self._perform_here(op, items)

    def _perform_here(self, op: Any, items: list[Any]) -> Any:
        if op in (Op.METHOD, Op.GET):
            return self._call_method(*items) if op == Op.METHOD else self._get(*items)
        if op in _ACTIONS:
            self._looked_up = None
            return _ACTIONS[op](*items)
        if op in _OF_PROGRAM:
            return getattr(self._program, Op(op).name.lower())(*items)
        if op == Op.FOLLOW:
            return self._ambient_state.follow(*items)
        if op in (Op.SPAWN, Op.STEP, Op.CANCEL):
            return getattr(self.tasks, Op(op).name.lower())(*items)
        if op == Op.LOAD:
            return self._program.load(self)
        if op == Op.MAIN:
            return self._program.run_as_main(items, self.answer)
        raise ValueError("unknown request")

    def _call_method(self, one: Any, name: str, *args: Any) -> Any:
        """Look up a method and call it; what is no method is kept for the judge to look up."""
        self._looked_up = None
        try:
            found = getattr(one, name)
        except AttributeError as error:
            found = _Absence(error)
        if type(found) in exports.FUNCTIONS:
            return found(*args)
        self._looked_up = one, name, found
        return Absent.ABSENT

    def _get(self, one: Any, name: str) -> Any:
        """Read an attribute, once also if it was looked up as a method before."""
        looked_up, self._looked_up = self._looked_up, None
        if looked_up is None or looked_up[0] is not one or looked_up[1] != name:
            return getattr(one, name)
        if type(looked_up[2]) is _Absence:
            raise looked_up[2].error
        return looked_up[2]

    def make_room(self) -> None:
        """Free the reserve."""
        self._program.free_reserve()

    def _note(self) -> Any:
        text, more = self._program.printed(), self._ambient_state.take()
        return text if more is None else (text, *more)

    def end(self) -> None:
        """Undo the process-wide state that the test has set."""
        self._ambient_state.end()
        self.tasks.close()

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance of a setup class; with a number, a proxy that hides attributes."""
        if not _number:
            return super().new_object(name)
        return setup_proxies.make_proxy(self, self.setup_classes[name], *_number)

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return place, cause, context, whether that is hidden, and attributes with their names."""
        cause, context = error.__cause__, error.__context__
        named = {name: getattr(error, name, None) for name in ("name", "path")}
        found = named if isinstance(error, ImportError | NameError | AttributeError) else {}
        found |= vars(error)
        return (
            tracebacks.location_of(error),
            None if cause is error else cause,
            None if context is error else context,
            error.__suppress_context__,
            *special_methods.flat(found),
        )

    def cause_of(self, error: BaseException | None) -> tuple[Any, ...]:
        """Return the cause that the solution has given an exception of the test, or nothing."""
        is_theirs = error is not None and proxy_methods.number_in(self, error) is not None
        return (error.__cause__,) if error is not None and is_theirs and error.__cause__ else ()

    def represent(self, obj: Any) -> Export | int | str:
        """Let the judge hold a number of everything that is no value."""
        number = proxy_methods.number_in(self, obj) or self.objects.number_of_exception(obj)
        if number is not None:
            return number
        obj = proxies.original(obj)
        return name_of(obj) or self.setup_name(obj) or exports.represent_object(self, obj)

    def import_(self, export: Export) -> Any:
        """Return a proxy for an object of the test."""
        return exports.import_export(self, export)

    def proxy_container(self, cls: Any, number: int) -> Any:
        """Return an empty proxy for a container of a class that the test defines."""
        return proxies.make_container(self, cls, number)

    def resolve(self, name: str) -> Any:
        """Return this process's own copy of what the judge names."""
        module, _, path = name.partition(":")
        if module == SETUP:
            return self.setup_object(path)
        found: Any = importlib.import_module(module)
        for part in path.split(".") if path else ():
            found = getattr(found, part)
        return found


def _derive(
    name: str,
    bases: tuple[type, ...],
    body: dict[str, Any],
    rest: dict[str, Any],
    options: Any,
    *decorators: Any,
) -> tuple[type, Any]:
    """Make a class of a test; return it, and what the solution's decorators make of it."""
    body = put_together(body, rest)
    made: Any = types.new_class(name, bases, options, lambda space: space.update(body))
    found = made
    for decorator in decorators:
        found = decorator(found)
    return made, found


def _lend_input(text: str | None, function: Any) -> None:
    """Read what the test put in place of standard input, or of ``input``."""
    if text is not None:
        sys.stdin = io.StringIO(text)
    builtins.input = _INPUT if function is None else function


_INPUT = builtins.input


def _run_coroutine(obj: Any) -> Any:
    return asyncio.run(awaited(obj))


def _parameters(obj: Any) -> tuple[Any, ...]:
    """Return what is returned, and name, kind, default and annotation of each parameter."""
    found = inspect.signature(obj)
    parameters = found.parameters.values()
    parts = ((item.name, int(item.kind), item.default, item.annotation) for item in parameters)
    return found.return_annotation, *parts


def _answers(obj: Any, names: str, *operands: Any) -> tuple[Any, ...]:
    """Return the answer to each operation, or an exception."""
    if names.startswith(special_methods.ON_COPY):
        names = names.removeprefix(special_methods.ON_COPY)
        try:
            obj = copy.deepcopy(obj)
        except Exception as error:
            return (error,) * len(operands)
    return tuple(_answer(name, obj, other) for other in operands for name in names.split())


def _answer(name: str, obj: Any, other: Any) -> Any:
    try:
        if name in special_methods.IN_PLACE:
            obj = copy.deepcopy(obj)
        found = special_methods.apply(name, obj, other)
    except Exception as error:
        return error
    is_object = name in special_methods.COMPARISONS and type(found) not in _TRUTHS
    return NotImplemented if is_object else found


#: Types of answers to a comparison of which the judge takes the truth.
_TRUTHS = frozenset({type(None), bool, int, float, str})


_sleep = time.sleep  # noqa: TID251 - the test waits, too


def _wait(seconds: float) -> bool:
    """Let threads of the solution run while the test waits; return False if there are none."""
    if threading.active_count() == 1:
        return False
    _sleep(seconds)
    return True


class _Absence:
    """The outcome of a look-up that has raised an ``AttributeError``."""

    def __init__(self, error: AttributeError) -> None:
        self.error = error


_ACTIONS: dict[int, Callable[..., Any]] = {
    Op.CALL: special_methods.call,
    Op.APPLY: special_methods.apply,
    Op.SET: set_attribute,
    Op.DELETE: delattr,
    Op.AWAIT: _run_coroutine,
    Op.SIGNATURE: _parameters,
    Op.DERIVE: _derive,
    Op.SEED: state.seed,
    Op.INPUT: _lend_input,
    Op.ASK: _answers,
    Op.FILE: file_service.serve,
    Op.CLASS: library_classes.says,
    Op.WAIT: _wait,
}


#: Requests that methods of the program with these names serve.
_OF_PROGRAM = frozenset({Op.COMPILE, Op.FETCH, Op.EVALUATE})


def serve(sock: socket.socket, program: Program) -> None:
    """Answer the judge's requests until it hangs up."""
    channel = Channel(sock, program.bounds.size_bytes)
    session = SubjectSession(channel, program.bounds, program).listen()
    #: The first request of a session, and the answer.
    first, answer, is_first = b"", b"", False
    with contextlib.suppress(ChannelClosed):
        message = channel.receive()
        while True:
            if len(message) <= len(AGAIN):
                session.end()
                channel.limit(program.bounds.size_bytes)
                session = SubjectSession(channel, program.bounds, program).listen()
                is_first = message == BEGIN
                if not is_first:
                    before, answer = answer, _held_answer(channel, session, first)
                    if answer != before:
                        channel.receive()
            elif is_first:
                first, answer, is_first = message, session.serve_message(message), False
            else:
                session.serve_message(message)
            message = session.next_message()


def _held_answer(channel: Channel, session: SubjectSession, request: bytes) -> bytes:
    """Answer a request; the answer goes out with the next one, or before the next wait."""
    channel.holds = True
    answer = session.serve_message(request)
    channel.holds = False
    return answer


def main(sock: socket.socket, program: Program, calls: Filter, most_file_bytes: int) -> NoReturn:
    """Lock this process down, and serve."""
    process.limit_files(most_bytes=most_file_bytes)
    calls.confine()
    serve(sock, program)
    os._exit(0)
