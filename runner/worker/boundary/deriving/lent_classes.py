"""Classes of a test that the solution changes or governs: the solution's process makes them.

A decorator of the solution may set attributes of the class, a descriptor of the solution that
stands in its body governs attributes of its instances, and a class that has one of the solution's
bases beside it is made there. So such a class is made as if it derived from one of the solution's:
its methods stay here, and the instances are there.
"""

import abc
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..opcodes import Op
from ..proxy_methods import ProxyMeta, anchor, is_proxy
from ..shared_globals import library_name_of, name_of
from .class_bodies import taken_apart

#: The class that the other side has made, by the test's own.
LENT: weakref.WeakKeyDictionary[type, Any] = weakref.WeakKeyDictionary()
#: What stood in a class of the test when its methods were read, of what asserts nothing.
_READ: weakref.WeakKeyDictionary[type, dict[str, Any]]
_READ = weakref.WeakKeyDictionary()
#: Entries of a class that are made anew, or that only this side has.
_OWN = frozenset(
    "__dict__ __weakref__ __classcell__ __annotate_func__ __abstractmethods__ _abc_impl".split()
)


def decorated(*decorators: Any) -> Callable[[Any], Any]:
    """Return what applies decorators to a class of the test, the last one first.

    Those of the solution run in its process, and the class is described after them.
    """

    def decorate(cls: Any) -> Any:
        _READ[cls] = dict(vars(cls))
        left = [*decorators]
        theirs: list[Any] = []
        while left and is_proxy(left[-1]):
            theirs.append(left.pop())
        found = _lent(cls, theirs)
        for decorator in reversed(left):
            found = decorator(found)
        return found

    return decorate


def keeping(*harmless: str) -> Callable[[Any], Any]:
    """Return ``kept`` for a class whose text shows that these names assert nothing."""
    return lambda cls: kept(cls, harmless)


def kept(cls: Any, harmless: Collection[str] | None = None) -> Any:
    """Return a class; if it stays on this side, it can have no descriptor of the solution.

    Args:
        cls: The class.
        harmless: The names in its body that assert nothing; all if it is None.
    """
    if issubclass(type(cls), ProxyMeta):  # derived from one of the solution's
        anchor(cls)[0].expect_runs(cls, harmless)
        return cls
    for name, item in vars(cls).items():
        if _describes(item):
            anchor(item)[0].refuse_descriptor(name)
    own = vars(cls)
    _READ[cls] = {name: own[name] for name in own if harmless is None or name in harmless}
    return cls


def bases_of(*bases: Any) -> tuple[Any, ...]:
    """Return the bases of a class; beside one of the solution's, the test's own are lent."""
    theirs = next((cls for cls in bases if issubclass(type(cls), ProxyMeta)), None)
    return bases if theirs is None else _lent_bases(anchor(theirs)[0], bases)


def with_lent(spec: Any) -> Any:
    """Return classes to check against, with those that the other side has made of them."""
    if not LENT or not isinstance(spec, type | tuple):
        return spec
    if isinstance(spec, tuple):
        return tuple(map(with_lent, spec))
    return (spec, LENT[spec]) if spec in LENT else spec


def _lent_bases(session: Any, bases: Sequence[type]) -> tuple[type, ...]:
    return tuple(_lent_base(session, cls) if _is_of_test(session, cls) else cls for cls in bases)


def _lent_base(session: Any, cls: type) -> Any:
    made: Any = LENT.get(cls)
    if made is None or anchor(made)[0] is not session:
        body, bases = _body(cls), _lent_bases(session, cls.__bases__)
        parts = taken_apart(body)
        made, _ = session.request(Op.DERIVE, cls.__name__, bases, *parts, {})
        session.note_derived(made, body, bases)
        session.expect_runs(made, body.keys() - _changed(body, _READ.get(cls, {})).keys())
        type.__setattr__(made, "@asks", False)  # the solution could register what it likes
        LENT[cls], session.lent_bases[cls] = made, body
    return made


def _changed(body: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a class that it did not have before."""
    return {
        name: item for name, item in body.items() if name not in before or before[name] is not item
    }


def renew(session: Any) -> None:
    """Have the other side change its bases as the test has changed its own since they were lent."""
    for cls, sent in session.lent_bases.items():
        body = _body(cls)
        session.lent_bases[cls] = body  # first: what follows are requests, too
        for name, item in _changed(body, sent).items():
            session.set(LENT[cls], name, item)
        for name in sent.keys() - body.keys():
            session.delete(LENT[cls], name)


def _is_of_test(session: Any, cls: Any) -> bool:
    """Return True for a class of the test alone that has no state outside its body."""
    if type(cls) not in (type, abc.ABCMeta) or "__dataclass_fields__" in vars(cls):
        return False
    is_of_both = session.setup_classes.get(cls.__name__) is cls or name_of(cls) is not None
    if is_of_both or library_name_of(cls) is not None:
        return False
    return all(name_of(base) or _is_of_test(session, base) for base in cls.__bases__)


def _body(cls: type) -> dict[str, Any]:
    body = {name: item for name, item in vars(cls).items() if name not in _OWN}
    return {**body, "__qualname__": cls.__qualname__}


def _lent(cls: Any, theirs: Sequence[Any]) -> Any:
    """Return a class after decorators of the solution; its process makes it if that is needed."""
    describing = [item for item in vars(cls).values() if _describes(item)]
    if not (theirs or describing):
        return kept(cls)
    session: Any = anchor((*theirs, *describing)[0])[0]
    if not _is_plain(cls) or any(map(session.asserts, vars(cls).values())):
        kept(cls)
        for decorator in theirs:
            cls = decorator(cls)
        return cls
    parts = taken_apart(_body(cls))
    made, found = session.request(Op.DERIVE, cls.__name__, (object,), *parts, {}, *theirs)
    LENT[cls] = made
    return found


def _is_plain(cls: Any) -> bool:
    is_own = type(cls) is type and cls.__bases__ == (object,)
    return is_own and "__dataclass_fields__" not in vars(cls)


def _describes(item: Any) -> bool:
    return is_proxy(item) and getattr(type(item), "@describes", False) is True
