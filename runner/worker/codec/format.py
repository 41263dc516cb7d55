"""What a message of values is made of, and what its two ends know of each other.

A message is a list of *nodes* (what has identity: compounds, new containers, handles), then a list
of *fills* (the content of containers, new or changed), then the items of the message itself. Nodes
refer to earlier nodes only; containers are empty when they appear and are filled at the end, so
that any cycle can be expressed and nothing recurses.

What is not a value is left to a *peer*: it represents such objects as handles, and turns handles
back into objects. Containers that have crossed once are shared: both sides know them by a number,
and each message carries the content of those that changed since the last one.
"""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

U32 = struct.Struct("<I")
I64 = struct.Struct("<q")
F64 = struct.Struct("<d")
C128 = struct.Struct("<dd")

#: Tags of nodes.
COMPOUND, EMPTY_CONTAINER, SHARED, EXPORT, RECEIVER_OBJECT, SHARED_GLOBAL = range(6)


class MalformedError(ValueError):
    """The bytes are not a message, or exceed a bound."""


class Bounds(NamedTuple):
    """What a message may hold: bytes, objects, and levels of nested compounds."""

    size_bytes: int = 64 * 1024 * 1024
    nodes: int = 5_000_000
    depth: int = 10_000


class Export(NamedTuple):
    """An object that stays with its owner: what kind it is, its number, and what describes it."""

    kind: int
    number: int
    parts: tuple[Any, ...]


class Shell(NamedTuple):
    """A new shared container: how to make it empty."""

    code: int
    number: int
    traits: tuple[Any, ...]


class Containers(Protocol):
    """The containers that both sides know by number."""

    def share(self, obj: Any) -> "int | Shell | None":
        """Return the number of a shared container, or its shell; None for anything else."""

    def changed(self) -> Iterable[tuple[int, list[Any]]]:
        """Return number and content of each shared container that changed."""

    def content(self, number: int) -> list[Any]:
        """Return the content of a shared container, and take it as sent."""

    def adopt(self, shell: Shell) -> Any:
        """Make and register a container that the sender shares."""

    def shared(self, number: int) -> Any:
        """Return a shared container."""

    def fill(self, number: int, parts: list[Any]) -> None:
        """Replace the content of a shared container."""


class Peer(Protocol):
    """What is no value: how it crosses, and what stands for it."""

    def represent(self, obj: Any) -> "Export | int | str":
        """Return an export, the number of the receiver's own object, or a global name."""

    def import_(self, export: Export, /) -> Any:
        """Return a proxy for the sender's object."""

    def own(self, number: int, /) -> Any:
        """Return the receiver's object that the sender means."""

    def resolve(self, name: str, /) -> Any:
        """Return the object of a global name."""
