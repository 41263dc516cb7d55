"""Admits nodes whose fingerprint is that of this pool. Independent of Ray."""

from collections import Counter
from collections.abc import Iterator

from runner.distributed.models import Greeting
from runner.distributed.routing import ActorRef
from runner.fingerprint import explain_difference, worker_digest


class Admission:
    """Compares greetings.

    Args:
        expected: The only acceptable fingerprint; None to elect one from the first nodes.
    """

    def __init__(self, expected: str | None) -> None:
        self.expected = expected
        self._parts: dict[str, str] = {}
        self._waiting: list[tuple[ActorRef, Greeting]] = []

    def present(self, actor: ActorRef, greeting: Greeting) -> None:
        """Add a node's greeting, for the next ``decide``."""
        self._waiting.append((actor, greeting))

    def decide(self, *, may_elect: bool) -> list[tuple[ActorRef, str | None]]:
        """Return each waiting node with the reason to refuse it, or None to admit it.

        Nothing is decided before a fingerprint is known.

        Args:
            may_elect: Whether to elect a fingerprint without waiting for more greetings: the one
                with most workers, preferably of nodes that run this client's source.
        """
        if self.expected is None and may_elect and self._waiting:
            self.expected = self._elect()
        if self.expected is None:
            return []
        for _, greeting in self._waiting:
            if greeting.fingerprint == self.expected and not self._parts:
                self._parts = greeting.parts
        decided = [(actor, self._refusal(greeting)) for actor, greeting in self._waiting]
        self._waiting.clear()
        return decided

    def _elect(self) -> str:
        votes: Counter[str] = Counter()
        ours: set[str] = set()
        for actor, greeting in self._waiting:
            votes[greeting.fingerprint] += actor.workers
            if greeting.parts.get("worker source") == worker_digest():
                ours.add(greeting.fingerprint)
        return max(votes, key=lambda name: (name in ours, votes[name], name))

    def _refusal(self, greeting: Greeting) -> str | None:
        if greeting.fingerprint == self.expected:
            return None
        told = explain_difference(greeting.fingerprint, self.expected or "", {})
        return (
            f"its fingerprint is {greeting.fingerprint}, not {self.expected}: different:"
            f" {'; '.join([told, *self._different_parts(greeting)])}."
            " Install the same release of sandbox-runner and the same image on all nodes"
        )

    def _different_parts(self, greeting: Greeting) -> Iterator[str]:
        """Yield each part that differs, once the expected ones are known."""
        theirs, ours = greeting.parts, self._parts
        for name in sorted(ours.keys() | theirs.keys()) if ours else ():
            if theirs.get(name) != ours.get(name):
                yield f"{name} is {theirs.get(name, 'unknown')}, not {ours.get(name, 'unknown')}"
