"""The boundary between judge and subject: values cross; other objects stay and get a number.

Both sides run this code. A ``Session`` is the peer of encoder and decoder: it knows which
containers are shared, which of its objects the other side holds (*exports*), and which objects of
the other side it holds itself (*imports*, as proxies). A session lasts for one test.

A request may come in while one is under way: a test passes a callback, the solution calls it, the
callback calls the solution. A side that waits for a reply therefore serves requests meanwhile.
"""

import enum
import struct
import threading
import time
import weakref
from collections.abc import Callable, Sized
from typing import Any

from ..codec.crossing import MESSAGE_NS, RECEIVED_NS, SENT_NS, Crossing
from ..codec.decoder import decode
from ..codec.encoder import encode
from ..codec.format import Bounds, Export, MalformedError
from .channel import Channel
from .containers import SharedContainers
from .coroutines import Tasks
from .deriving.lent_enums import LentEnums
from .object_table import ObjectTable
from .opcodes import SETUP, Absent, Answer, Op
from .special_methods import blank, flat, fresh

#: As plain numbers: each message is compared with them.
_VALUE, _RAISED, _ABSENT = map(int, (Answer.VALUE, Answer.RAISED, Answer.ABSENT))


#: Seconds between two requests for an answer: the first pause; the longest; and what the longest is
#: at least for each of those that wait.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _PAUSE_OF_EACH_S = 0.001, 0.02, 0.002

_sleep = time.sleep  # noqa: TID251 - solution and test may replace it, and they wait, too


def until_answered(answer: Any, again: Callable[[], Any], waiting: Sized = ()) -> Any:
    """Return an answer; as long as it is ``ABSENT``, ask again after a pause.

    Args:
        answer: The first answer.
        again: Asks again.
        waiting: All that wait for an answer.
    """
    pause_s = _FIRST_PAUSE_S
    while answer is Absent.ABSENT:
        _sleep(pause_s)
        pause_s = min(2 * pause_s, max(_LONGEST_PAUSE_S, _PAUSE_OF_EACH_S * len(waiting)))
        answer = again()
    return answer


class BoundaryBroken(BaseException):  # must pass any ``except Exception`` of a test
    """The other side sent an invalid message; nothing that it sends counts any more."""


class Session:
    """One side of the boundary for one test; subclasses decide which operations are allowed."""

    #: Sides number their shared containers with different parity.
    parity: int
    #: Whether this side runs the tests.
    keeps_expectations = False
    #: Whether a weak reference keeps a proxy. In the solution it does, since the test's object may
    #: live on; in the test it shows whether the solution's object does.
    keeps_weakly_referenced = False
    #: The requests that the other side may answer with ``ABSENT``.
    may_be_absent = frozenset({Op.METHOD, Op.TURN})

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        self._channel = channel
        self._bounds = bounds
        self._lock = threading.RLock()
        self.containers = SharedContainers(self, self.parity)
        self.objects = ObjectTable()
        self.enums = LentEnums(
            self.export_number, self.objects.described, lends=self.keeps_expectations
        )
        self.crossing = Crossing()
        #: Types of proxies that cross as a number only.
        self.bare: set[type] = set()
        #: Proxies of the other side's classes, by number.
        self.classes: dict[int, Any] = {}
        self.tasks = Tasks()
        #: What a time zone has answered or raised, by its number, the method and the moment.
        self.told_by_zones: dict[Any, Any] = {}
        #: Whose equality the classes of the other side have, by their proxies.
        self.told_by_classes: dict[type, Any] = {}
        #: The parts by which a hashable object is compared, by its number.
        self.told_parts: dict[int, Any] = {}
        #: Proxies of values with a class of their own, by number: the same one each time.
        self.values: dict[int, Any] = {}
        #: Proxies of classes that both sides have, for instances that only one side has.
        self.mirrors: dict[Any, Any] = {}
        #: Special methods of the other side that perform an operation, by number and name.
        self.special_methods: Any = weakref.WeakValueDictionary()
        #: Object, name and error of a special name that was looked up and is absent.
        self.absence: tuple[Any, str, AttributeError] | None = None
        #: Why the other side is no longer trusted; None if it is.
        self.broken: str | None = None
        #: Whether only builtin values and functions have come from the other side.
        self.plain = True
        #: Whether requests are forbidden now: the test is over, or a message is being decoded.
        self.silent = False
        #: Classes that the setup code defined on both sides, by name and the other way round.
        self.setup_classes: dict[str, type] = {}
        #: Attributes that may hide a constant of a setup class; all if None.
        self.shadowable: frozenset[str] | None = None

    def request(self, op: Op, *items: Any) -> Any:
        """Ask the other side and return its answer; its exception is raised here."""
        with self._lock:
            if self.broken is not None:
                raise BoundaryBroken(self.broken)
            self._send((int(op), *items))
            while True:
                first, *rest = self._decode(self._channel.receive())
                if first == _VALUE:
                    return self._answered(*rest)
                if first == _ABSENT and op in self.may_be_absent:
                    self._answered(*rest)
                    return Absent.ABSENT
                if first == _RAISED:
                    self._answered(*rest)
                    raise self._raised(rest)
                self._reply(first, rest)

    def request_if_free(self, op: Op, *items: Any) -> Any:
        """Do as ``request``, or return None if that is forbidden or another thread is asking."""
        if self.silent or not self._lock.acquire(blocking=False):
            return None
        try:
            return self.request(op, *items)
        finally:
            self._lock.release()

    def _raised(self, rest: list[Any]) -> BaseException:
        error = rest[0] if rest else None
        if isinstance(error, BaseException):
            return error
        self.broken = "what was raised is not an exception"
        return BoundaryBroken(self.broken)

    def _answered(self, value: Any = None, _note: Any = None, *_cause: Any) -> Any:
        """Return the value of a reply; ``_note`` is extra data of the replying side."""
        return value

    def _note(self) -> Any:
        return None

    def serve_message(self, message: bytes) -> bytes:
        """Answer one request; return the answer as it was sent."""
        items = self._decode(message)
        return self._reply(items[0], items[1:])

    def _reply(self, op: Any, items: list[Any]) -> bytes:
        try:
            answer = (_VALUE, self.serve(op, items))
            if answer[1] is Absent.ABSENT:
                answer = (_ABSENT, None)
        except BaseException as error:  # whatever is raised crosses as data
            if isinstance(error, MemoryError):
                self.make_room()
            self.note_raised(error)
            answer = (_RAISED, error)
        note = self._note()
        self.objects.raising = answer[1] if answer[0] == _RAISED else None
        try:
            return self._send((*answer, note, *self.cause_of(self.objects.raising)))
        except (MalformedError, RecursionError, MemoryError) as error:
            return self._send((_RAISED, _plain_error(error), note))
        finally:
            self.objects.raising = None

    def cause_of(self, _error: BaseException | None) -> tuple[Any, ...]:
        """Return the cause that this side has given an exception of the other side, or nothing."""
        return ()

    def answer(self, value: Any) -> None:
        """Send the answer to the request under way, for a process that is about to end."""
        self._send((int(Answer.VALUE), value, None))

    def note_raised(self, error: BaseException) -> None:
        """Note what an object of this side has raised, before the other side sees it."""

    def make_room(self) -> None:
        """Free memory for the answer, where a subclass has some to free."""

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the other side asks; subclasses decide."""
        raise NotImplementedError

    def _send(self, items: tuple[Any, ...]) -> bytes:
        released, numbers = self.objects.released, None
        if released:
            self.objects.released = []
            numbers = struct.pack(f"<{len(released)}i", *released)
        first_new = self.containers.next_number
        try:
            message, objects = encode(self, self.containers, self._bounds, (numbers, *items))
        except BaseException:
            self.objects.released += released if numbers is not None else ()
            self.objects.forget_descriptions()
            self.containers.take_back(first_new)
            raise
        self._channel.send(message)
        self.crossing.add(MESSAGE_NS + objects * SENT_NS)
        return message

    def _decode(self, message: bytes) -> list[Any]:
        silent, self.silent = self.silent, True
        try:
            items, plain, objects = decode(self, self.containers, self._bounds, message)
            released = items.pop(0) if items else None
            if not items or type(items[0]) is not int:
                raise MalformedError("neither a request nor a reply")
            if not plain:
                self.plain = False
            if released is not None:
                self._release(released)
            self.crossing.ns += objects * RECEIVED_NS
        except (ValueError, struct.error) as error:
            self.broken = str(error)
            raise BoundaryBroken(self.broken) from error
        finally:
            self.silent = silent
        return items

    def _release(self, numbers: Any) -> None:
        """Forget what the other side no longer holds: exports positive, containers negative."""
        if type(numbers) is not bytes:
            raise MalformedError("neither a request nor a reply")
        for (number,) in struct.iter_unpack("<i", numbers):
            if number < 0:
                self.containers.forget(~number)
            else:
                self.objects.forget(number)

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
        """Return the number of an object if it has attributes that do not cross, else nothing."""
        return ()

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance of a class of the setup code, without attributes."""
        return blank(self.setup_classes[name])

    def export_number(self, obj: Any) -> int:
        """Return the number under which the other side may name an object of this side."""
        return self.objects.number_of(obj)

    def own(self, number: int) -> Any:
        """Return the object of this side that has a number; raises KeyError."""
        return self.objects.own(number)

    def represent(self, obj: Any) -> Export | int | str:
        """Return the form in which an object crosses that is not a value; subclasses decide."""
        raise NotImplementedError

    def import_(self, export: Export) -> Any:
        """Return a proxy for an object of the other side, the same one while it is in use."""
        raise NotImplementedError

    def resolve(self, name: str) -> Any:
        """Return the object of a global name; subclasses decide."""
        raise NotImplementedError

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return the parts of an exception that cross besides its arguments.

        Either nothing, or: place of origin (for messages), cause, context, whether the context is
        hidden, then names and values of its attributes in turn.
        """
        raise NotImplementedError

    def unaliased(self, cls: Any) -> Any:
        """Return the class that an alias stands for, anything else as it is."""
        return cls

    def note_shared(self, obj: Any) -> None:
        """Note that the other side has handed out a container again."""

    def note_callable(self) -> None:
        """Note that a class or function of both sides has come as a value, or in one."""

    def note_attributes(self, obj: Any, given: dict[str, Any]) -> None:
        """Note the attributes of a value that the other side has set."""

    # -- requests of proxies; subclasses decide which are allowed ----------------------------------

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function or class of the other side."""
        if kwargs:
            return self.request(Op.CALL, target, len(args), *args, *flat(kwargs))
        return self.request(Op.CALL, target, len(args), *args)

    def get(self, one: Any, name: str) -> Any:
        """Read an attribute."""
        return self.request(Op.GET, one, name)

    def set(self, one: Any, name: str, value: Any) -> None:
        """Set an attribute."""
        self.request(Op.SET, one, name, value)

    def delete(self, one: Any, name: str) -> None:
        """Delete an attribute."""
        self.request(Op.DELETE, one, name)

    def protocol(self, name: str, one: Any, *details: Any) -> Any:
        """Perform a special method other than a comparison, ``in`` or binary arithmetic."""
        return self.request(Op.APPLY, name, one, *details)

    def operate(self, name: str, one: Any, other: Any, *modulus: Any) -> Any:
        """Compare or compute with another object, or return NotImplemented."""
        return self.request(Op.APPLY, name, one, other, *modulus)

    def contains(self, one: Any, item: Any) -> bool:
        """Return True if an object contains an item."""
        return bool(self.request(Op.APPLY, "__contains__", one, fresh(item)))

    def overrides(self, _one: Any, _name: str, _args: tuple[Any, ...]) -> bool:
        """Return True if a builtin's subclass uses its own method, False for the builtin's."""
        return True

    def truth(self, _one: Any) -> bool:
        """Return the truth value of an object whose class defines none."""
        return True

    def decides_instances(self, name: str, cls: Any, obj: Any) -> bool:
        """Ask a class with its own ``isinstance`` or ``issubclass`` check about an object."""
        try:
            return self.request(Op.APPLY, name, cls, fresh(obj)) is True
        except TypeError:
            return False

    def refuse_descriptor(self, name: str) -> None:
        """Decide about a descriptor of the other side in a class of this side."""

    def note_derived(self, cls: Any, body: dict[str, Any], bases: tuple[type, ...]) -> None:
        """Note a class of this side that derives from one of the other side."""

    def expect_runs(self, cls: Any, harmless: Any) -> None:
        """Note the methods of such a class that assert nothing."""

    def asserts(self, _item: Any) -> bool:
        """Return True for an entry of a class of this side that asserts something."""
        return False

    def is_final(self, _error: Any, _trace: Any) -> bool:
        """Return True if a ``with`` block must not suppress an exception that leaves it."""
        return False

    def note_kept(self, error: Any, other: Any = None) -> None:
        """Note that such a block has suppressed an exception, or replaced it by another one."""

    def proxy_container(self, cls: Any, number: int) -> Any:
        """Return an empty proxy for an instance of a builtin container's subclass."""
        raise NotImplementedError


def _plain_error(error: BaseException) -> BaseException:
    """Return an exception of the same kind that can always be encoded."""
    kind = MemoryError if isinstance(error, MemoryError) else ValueError
    return kind(f"the result cannot cross: {type(error).__name__}: {error}"[:500])
