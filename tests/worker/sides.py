"""Judge and subject in one process: the boundary between them is real, the processes are not."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from runner.worker.boundary import proxy_methods
from runner.worker.boundary.channel import Channel, ChannelClosed
from runner.worker.boundary.opcodes import Op
from runner.worker.codec.format import Bounds
from runner.worker.judge.judge_session import JudgeSession
from runner.worker.subject.subject_session import SubjectSession

MAX_BYTES = 1 << 20


class Program:
    """Stands for the solution: names and objects."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def load(self, _session: SubjectSession) -> tuple[Any, ...]:
        """Return the objects in the order of their names."""
        return tuple(self._names.values())

    def printed(self) -> None:
        """Print nothing."""
        return


@contextlib.contextmanager
def sides(**names: Any) -> Iterator[tuple[JudgeSession, Callable[[str], Any]]]:
    """Yield the judge's session and a function that fetches the solution's objects by name.

    What is fetched counts as named by the test.
    """
    ours, theirs = socket.socketpair()
    channel = Channel(theirs, MAX_BYTES)
    session = SubjectSession(channel, Bounds(), Program(names))  # type: ignore[arg-type]

    def serve() -> None:
        session.listen()
        with contextlib.suppress(ChannelClosed):
            while True:
                session.serve_message(channel.receive())

    thread = threading.Thread(target=serve)
    thread.start()
    judge = JudgeSession(Channel(ours, MAX_BYTES), Bounds())
    judge.turns.count_threads = lambda: 1  # the others of this process are not the test's

    def fetch(name: str) -> Any:
        obj = judge.request(Op.LOAD)[list(names).index(name)]
        judge.ledger.forget_arrivals()
        number = proxy_methods.number_in(judge, obj)
        if number is not None:
            judge.ledger.name(number)
        return obj

    try:
        yield judge, fetch
    finally:
        ours.close()
        thread.join()
        theirs.close()
