"""Classes of a test that the solution changes or governs: the solution's process makes them.

A decorator of the solution may set attributes of the class, and a descriptor of the solution that
stands in its body governs attributes of its instances. So such a class is made as if it derived
from one of the solution's: its methods stay here, and the instances are there.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ..opcodes import Op
from ..proxy_methods import ProxyMeta, anchor, is_proxy
from .class_bodies import taken_apart

#: The class that the other side has made, by the test's own.
LENT: weakref.WeakKeyDictionary[type, Any] = weakref.WeakKeyDictionary()
#: Entries of a class that are made anew, or that only this side has.
_OWN = frozenset({"__dict__", "__weakref__", "__classcell__", "__annotate_func__"})


def decorated(*decorators: Any) -> Callable[[Any], Any]:
    """Return what applies decorators to a class of the test, the last one first.

    Those of the solution run in its process, and the class is described after them.
    """

    def decorate(cls: Any) -> Any:
        left = [*decorators]
        theirs: list[Any] = []
        while left and is_proxy(left[-1]):
            theirs.append(left.pop())
        found = _lent(cls, theirs)
        for decorator in reversed(left):
            found = decorator(found)
        return found

    return decorate


def keeping(*names: str) -> Callable[[Any], Any]:
    """Return ``kept`` for a class whose methods of these names assert something."""
    return lambda cls: kept(cls, names)


def kept(cls: Any, asserting: tuple[str, ...] = ()) -> Any:
    """Return a class; if it stays on this side, it can have no descriptor of the solution."""
    if issubclass(type(cls), ProxyMeta):  # derived from one of the solution's
        anchor(cls)[0].expect_runs(cls, asserting)
        return cls
    for name, item in vars(cls).items():
        if _describes(item):
            anchor(item)[0].refuse_descriptor(name)
    return cls


def _lent(cls: Any, theirs: Sequence[Any]) -> Any:
    """Return a class after decorators of the solution; its process makes it if that is needed."""
    if not _is_plain(cls):
        kept(cls)
        for decorator in theirs:
            cls = decorator(cls)
        return cls
    describing = [item for item in vars(cls).values() if _describes(item)]
    if not (theirs or describing):
        return cls
    session: Any = anchor((*theirs, *describing)[0])[0]
    body = {name: item for name, item in vars(cls).items() if name not in _OWN}
    body["__qualname__"] = cls.__qualname__
    parts = taken_apart(body)
    made, found = session.request(Op.DERIVE, cls.__name__, (object,), *parts, {}, *theirs)
    LENT[cls] = made
    return found


def _is_plain(cls: Any) -> bool:
    is_own = type(cls) is type and cls.__bases__ == (object,)
    return is_own and "__dataclass_fields__" not in vars(cls)


def _describes(item: Any) -> bool:
    return is_proxy(item) and getattr(type(item), "_describes", False) is True
