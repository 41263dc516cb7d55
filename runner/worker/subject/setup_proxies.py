"""Objects of the setup code's classes that keep attributes from the solution.

The solution holds an instance of a class that looks like the setup's own. It has the public
attributes; its methods run in the judge, where the hidden attributes are.
"""

from typing import Any

from ..boundary.opcodes import ANCHOR, Op
from ..boundary.proxy_methods import forwarding_methods
from ..boundary.session import Session
from ..boundary.special_methods import blank, special_methods

_NOT_FORWARDED = ("__getattr__", "__setattr__", "__delattr__")


def make_proxy(session: Session, cls: type, number: int) -> Any:
    """Return a proxy for an object of the test, with the number that it has in the judge."""
    found = session.mirrors.get(cls)
    if found is None:
        found = session.mirrors[cls] = _proxy_class(cls)
    obj = blank(found)
    object.__setattr__(obj, ANCHOR, (session, number))
    return obj


def _proxy_class(cls: Any) -> Any:
    space = forwarding_methods(special_methods(cls))
    for name in _NOT_FORWARDED:
        del space[name]
    for name in dir(cls):
        item = getattr(cls, name, None)
        if name[:1] != "_" and (callable(item) or isinstance(item, property)):
            space[name] = property(_getter(name))
    space["__new__"] = lambda _cls, *args, **kwargs: cls(*args, **kwargs)
    return type(cls)(cls.__name__, (cls,), space | {"__qualname__": cls.__qualname__})


def _getter(name: str) -> Any:
    def get(self: Any) -> Any:
        session, _ = vars(self)[ANCHOR]
        return session.request(Op.GET, self, name)

    return get
