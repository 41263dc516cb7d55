"""The boundary between judge and subject: values cross, everything else stays and has a number.

Both sides run this code. A ``Session`` is the peer of encoder and decoder: it knows which
containers are shared, which of its objects the other side holds (*exports*), and which objects of
the other side it holds itself (*imports*, as stand-ins). A session lasts for one test.

A request may come in while one is under way: a test passes a callback, the solution calls it, the
callback calls the solution. Whoever waits for a reply therefore serves requests meanwhile.
"""

import enum
import struct
import threading
import weakref
from typing import Any

from ..codec import value_types
from ..codec.decoder import Decoder
from ..codec.encoder import Encoder
from ..codec.format import Bounds, Export, MalformedError, Shell
from . import setup_objects
from .channel import Channel
from .coroutines import Tasks
from .opcodes import OBJECT_CODE, SETUP, SUBCLASS_FLAG, Answer, Op
from .special_methods import flat


class BoundaryBroken(BaseException):  # must pass any ``except Exception`` of a test
    """The other side sent what is no message: nothing it says counts any more."""


_UNSENT = object()

#: Remainder by two of the numbers that the subject gives.
_OF_SUBJECT = 1


class _Entry:
    """One shared container: the object, how to take it apart, and what was last sent of it."""

    __slots__ = ("obj", "parts", "put", "sent")

    def __init__(self, obj: Any, parts: Any, put: Any) -> None:
        self.obj = obj
        self.parts = parts
        self.put = put
        self.sent: list[Any] = []

    def is_sent(self) -> bool:
        """Tell whether the other side has the present content."""
        return _same(self.sent, self.parts(self.obj))


def _same(sent: list[Any], now: list[Any]) -> bool:
    if len(sent) != len(now):
        return False
    return all(
        a is b or (type(a) is bytes and type(b) is bytes and a == b)
        for a, b in zip(sent, now, strict=True)
    )


class Session:
    """One side of the boundary for one test; subclasses say what may be done with which object."""

    #: Sides number their shared containers with different parity.
    parity: int

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        self._channel = channel
        self._bounds = bounds
        self._lock = threading.RLock()
        self._shared: dict[int, _Entry] = {}
        self._shared_ids: dict[int, int] = {}
        self._next_shared = self.parity
        self._exports: dict[int, Any] = {}
        self._export_ids: dict[int, int] = {}
        self._next_export = 1
        self._imports: dict[int, weakref.ref[Any]] = {}
        self._described: set[int] = set()
        #: Stand-ins of the other side's classes, by number.
        self.classes: dict[int, Any] = {}
        self.tasks = Tasks()
        #: Stand-ins of values with a class of their own, by number: the same one each time.
        self.values: dict[int, Any] = {}
        #: Stand-ins of classes that both sides have, for instances that only one side has.
        self.mirrors: dict[type, Any] = {}
        #: Why nothing that comes from the other side can be believed any more; None if all is well.
        self.broken: str | None = None
        #: Whether nothing but builtin values and functions has come from the other side.
        self.plain = True
        self._released: list[int] = []
        #: Whether nothing may be asked at present: the test is over, or a message is being read.
        self.silent = False
        #: Classes that the setup code defined on both sides, by name and the other way round.
        self.setup_classes: dict[str, type] = {}

    def request(self, op: Op, *items: Any) -> Any:
        """Ask the other side and return its answer; its exception is raised here."""
        with self._lock:
            if self.broken is not None:
                raise BoundaryBroken(self.broken)
            self._send((int(op), *items))
            while True:
                first, *rest = self._decode(self._channel.receive())
                if first == Answer.VALUE:
                    return self._answered(*rest)
                if first == Answer.RAISED:
                    self._answered(*rest)
                    raise self._raised(rest)
                self._reply(first, rest)

    def _raised(self, rest: list[Any]) -> BaseException:
        error = rest[0] if rest else None
        if isinstance(error, BaseException):
            return error
        self.broken = "an exception that is none"
        return BoundaryBroken(self.broken)

    def _answered(self, value: Any = None, _note: Any = None) -> Any:
        """Take a reply's value; ``_note`` is what a side has to say beside it."""
        return value

    def _note(self) -> Any:
        return None

    def serve_message(self, message: bytes) -> None:
        """Answer one request."""
        first, *rest = self._decode(message)
        self._reply(first, rest)

    def _reply(self, op: Any, items: list[Any]) -> None:
        try:
            answer = (Answer.VALUE, self.serve(op, items))
        except BaseException as error:  # whatever is raised crosses as data
            if isinstance(error, MemoryError):
                self.make_room()
            answer = (Answer.RAISED, error)
        note = self._note()
        try:
            self._send((int(answer[0]), answer[1], note))
        except (MalformedError, RecursionError, MemoryError) as error:
            self._send((int(Answer.RAISED), _plain_error(error), note))

    def make_room(self) -> None:
        """Free memory to answer with, if there is some to free; subclasses decide."""

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the other side asks; subclasses decide."""
        raise NotImplementedError

    def _send(self, items: tuple[Any, ...]) -> None:
        released, self._released = self._released, []
        first_new = self._next_shared
        try:
            numbers = struct.pack(f"<{len(released)}i", *released)
            message = Encoder(self, self._bounds).encode((numbers, *items))
        except BaseException:
            self._take_back(first_new, released)
            raise
        self._channel.send(message)

    def _take_back(self, first_new: int, released: list[int]) -> None:
        """Undo what an encoding noted as sent, when it was not sent after all."""
        self._released += released
        self._described.clear()
        for number in range(first_new, self._next_shared, 2):
            self._shared_ids.pop(id(self._shared.pop(number).obj), None)
        for entry in self._shared.values():
            entry.sent = [_UNSENT]

    def _decode(self, message: bytes) -> list[Any]:
        silent, self.silent = self.silent, True
        try:
            decoder = Decoder(self, self._bounds, message)
            released, *items = decoder.decode()
            self.plain = self.plain and decoder.plain
            if type(released) is not bytes or not items or type(items[0]) is not int:
                raise MalformedError("not a request and not a reply")
            for (number,) in struct.iter_unpack("<i", released):
                self._release(number)
        except (ValueError, struct.error) as error:
            self.broken = str(error)
            raise BoundaryBroken(self.broken) from error
        finally:
            self.silent = silent
        return items

    def _release(self, number: int) -> None:
        """Forget what the other side no longer holds: exports positive, containers negative."""
        if number < 0:
            entry = self._shared.pop(~number, None)
            if entry is not None:
                self._shared_ids.pop(id(entry.obj), None)
        else:
            obj = self._exports.pop(number, None)
            self._export_ids.pop(id(obj), None)

    def share(self, obj: Any) -> int | Shell | None:
        """Return the number of a shared container, or its shell; None for anything else."""
        number = self._shared_ids.get(id(obj))
        if number is not None:
            return number
        shape = self._shape(obj)
        if shape is None:
            return None
        code, traits = shape
        number, self._next_shared = self._next_shared, self._next_shared + 2
        self._enter(number, obj, code)
        return Shell(code, number, traits)

    def _shape(self, obj: Any) -> tuple[int, tuple[Any, ...]] | None:
        cls = type(obj)
        code = value_types.CONTAINER_CODES.get(cls)
        if code is not None:
            kind = value_types.CONTAINERS[code]
            return (code, kind.traits(obj)) if kind.crosses(obj) else None
        if self.setup_classes.get(cls.__name__) is cls and not _is_value(cls):
            return OBJECT_CODE, (cls.__name__, *self.hidden_number(obj))
        code = value_types.CONTAINER_CODES.get(value_types.base_of(cls) or object)
        if code is None or isinstance(obj, BaseException):
            return None
        traits = value_types.CONTAINERS[code].traits(obj)
        return code | SUBCLASS_FLAG, (cls, self.export_number(obj), *traits)

    def _enter(self, number: int, obj: Any, code: int) -> None:
        if code == OBJECT_CODE:
            # what the solution made holds no secret of a test
            private = number % 2 == _OF_SUBJECT
            entry = _Entry(
                obj,
                lambda obj: setup_objects.attributes(obj, private=private),
                lambda obj, flat: setup_objects.set_attributes(obj, flat, private=private),
            )
        else:
            kind = value_types.CONTAINERS[code & ~SUBCLASS_FLAG]
            entry = _Entry(obj, kind.parts, kind.fill)
        self._shared[number] = entry
        self._shared_ids[id(obj)] = number

    def changed(self) -> list[tuple[int, list[Any]]]:
        """Return number and content of each shared container that changed."""
        changes = []
        for number, entry in self._shared.items():
            parts = entry.parts(entry.obj)
            if not _same(entry.sent, parts):
                entry.sent = parts
                changes.append((number, parts))
        return changes

    def content(self, number: int) -> list[Any]:
        """Return the content of a shared container, and remember it as sent."""
        entry = self._shared[number]
        entry.sent = entry.parts(entry.obj)
        return entry.sent

    def adopt(self, shell: Shell) -> Any:
        """Make and register a container that the other side shares."""
        if shell.number in self._shared or shell.number % 2 == self.parity % 2:
            raise MalformedError("a container's number is taken")
        if shell.code == OBJECT_CODE:
            obj = self.new_object(*shell.traits)
        elif shell.code & SUBCLASS_FLAG:
            cls, number, *_ = shell.traits
            obj = self.stand_in_container(cls, number)
        else:
            obj = value_types.CONTAINERS[shell.code].make(*shell.traits)
        self._enter(shell.number, obj, shell.code)
        return obj

    def shared(self, number: int) -> Any:
        """Return a shared container."""
        return self._shared[number].obj

    def fill(self, number: int, parts: list[Any]) -> None:
        """Replace the content of a shared container."""
        entry = self._shared[number]
        entry.put(entry.obj, parts)
        entry.sent = entry.parts(entry.obj)

    def setup_name(self, obj: Any) -> str | None:
        """Return the common name of a class of the setup code, or of a member of its enum."""
        cls = obj if isinstance(obj, type) else type(obj)
        if self.setup_classes.get(cls.__name__) is not cls:
            return None
        if cls is obj:
            return f"{SETUP}:{cls.__name__}"
        return f"{SETUP}:{cls.__name__}.{obj.name}" if isinstance(obj, enum.Enum) else None

    def setup_object(self, path: str) -> Any:
        """Return this side's own class or enum member of a common name; raises KeyError."""
        name, _, member = path.partition(".")
        cls: Any = self.setup_classes[name]
        return cls[member] if member else cls

    def hidden_number(self, _obj: Any) -> tuple[int, ...]:
        """Return what to call an object by whose methods need attributes that do not cross."""
        return ()

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance of a class of the setup code, without attributes."""
        new: Any = object.__new__
        return new(self.setup_classes[name])

    def export_number(self, obj: Any) -> int:
        """Return the number under which the other side may name an object of ours."""
        number = self._export_ids.get(id(obj))
        if number is None:
            number = self._export_ids[id(obj)] = self._next_export
            self._next_export += 1
            self._exports[number] = obj
        return number

    def described(self, number: int) -> bool:
        """Tell whether the other side knows this class already, and note that it does now."""
        known = number in self._described
        self._described.add(number)
        return known

    def own(self, number: int) -> Any:
        """Return the object of ours that the other side means."""
        return self._exports[number]

    def represent(self, obj: Any) -> Export | int | str:
        """Say how an object that is no value crosses; subclasses decide."""
        raise NotImplementedError

    def import_(self, export: Export) -> Any:
        """Return a stand-in for an object of the other side, the same one while it is in use."""
        raise NotImplementedError

    def remembered(self, number: int) -> Any:
        """Return the stand-in of an earlier message if somebody still holds it."""
        reference = self._imports.get(number)
        found = reference() if reference is not None else None
        if found is not None and number in self._released:
            self._released.remove(number)
        return found

    def remember(self, number: int, obj: Any) -> Any:
        """Keep a stand-in weakly, and tell the other side when it is gone."""

        def gone(reference: "weakref.ref[Any]") -> None:
            if self._imports.get(number) is reference:
                del self._imports[number]
                self._released.append(number)

        if number in self._released:
            self._released.remove(number)
        self._imports[number] = weakref.ref(obj, gone)
        return obj

    def resolve(self, name: str) -> Any:
        """Return the object of a global name; subclasses decide."""
        raise NotImplementedError

    def may_combine(self, one: Any, other: Any) -> bool:
        """Tell whether ``one`` of the other side may be compared with ``other``."""
        raise NotImplementedError

    def may_compute(self, one: Any, other: Any) -> bool:
        """Tell whether ``one`` of the other side may be computed with ``other``."""
        raise NotImplementedError

    def is_plain(self, obj: Any) -> bool:
        """Tell whether a comparison with ``obj`` is to be examined."""
        raise NotImplementedError

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return what crosses of an exception beside its arguments: cause, flags, attributes."""
        raise NotImplementedError

    def is_live(self, obj: Any) -> bool:
        """Tell whether a subclass of a builtin may act by its own methods, not as a plain value."""
        raise NotImplementedError

    def is_built(self, obj: Any) -> bool:
        """Tell whether an object of the other side is what this side has asked it to build."""
        raise NotImplementedError

    def examine(self, name: str, one: Any, other: Any) -> bool:
        """Have ``one`` of the other side compared with a plain value, among others."""
        raise NotImplementedError

    def is_final(self, error: Any, trace: Any) -> bool:
        """Tell whether an exception that leaves a ``with`` block may not be stopped there."""
        raise NotImplementedError

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function or class of the other side."""
        return self.request(Op.CALL, target, len(args), *args, *flat(kwargs))

    def compute(self, name: str, one: Any, *others: Any) -> Any:
        """Have an operation performed on an object of the other side."""
        return self.request(Op.APPLY, name, one, *others)

    def stand_in_container(self, cls: Any, number: int) -> Any:
        """Return an empty stand-in for an instance of a builtin container's subclass."""
        raise NotImplementedError


def _is_value(cls: type) -> bool:
    """Tell whether instances cross as a value, or by name, and not by their attributes."""
    return value_types.base_of(cls) is not None or issubclass(cls, enum.Enum | BaseException)


def _plain_error(error: BaseException) -> BaseException:
    """Return an exception of the same kind that surely can be encoded."""
    kind = MemoryError if isinstance(error, MemoryError) else ValueError
    return kind(f"the result cannot cross: {type(error).__name__}: {error}"[:500])
