"""Opcodes and constants of the messages between judge and subject."""

import enum

#: Module part of the common names of objects that the setup code defines on both sides.
SETUP = "setup"

#: Where a proxy keeps its session and number.
ANCHOR = "@anchor"

#: Attribute that marks an exception of the other side: its place of origin as text, or None.
OTHER_SIDE = "_of_other_side"

#: Container codes of setup-class instances, and the flag of a builtin's subclass.
OBJECT_CODE = 0x7F
SUBCLASS_FLAG = 0x80


class Op(enum.IntEnum):
    """First item of a request."""

    LOAD = 1
    CALL = 2
    GET = 3
    SET = 4
    DELETE = 5
    APPLY = 6
    AWAIT = 7
    SEED = 8
    SIGNATURE = 9
    MAIN = 10
    DERIVE = 11
    COMPILE = 12
    INPUT = 13
    ASK = 14
    FOLLOW = 15
    SPAWN = 16
    STEP = 17
    CANCEL = 18
    FETCH = 19
    METHOD = 20
    FILE = 21
    CLASS = 22
    EVALUATE = 23
    WAIT = 24
    THREAD = 25
    TURN = 26


class Answer(enum.IntEnum):
    """First item of a reply; negative, so that it is never taken for an ``Op``."""

    VALUE = -1
    RAISED = -2
    ABSENT = -3


class Absent(enum.Enum):
    """The result of ``METHOD`` if there is no such method, of anything that has to wait."""

    ABSENT = enum.auto()


class ExportKind(enum.IntEnum):
    """What a handle stands for."""

    CLASS = 1
    INSTANCE = 2
    FUNCTION = 3
    EXCEPTION = 4
    SCALAR = 5
    COROUTINE = 6
    STREAM = 7  # an exact iterator or generator
    ENUM = 8  # an enum of the test
    MEMBER = 9  # of such an enum


#: The number of a test's main thread, in ``THREAD`` and ``TURN``.
MAIN_THREAD = 0

#: The operation that makes a ``super`` object of an object and a class.
SUPER = "super"
