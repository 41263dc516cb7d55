"""The subject's system-call filter: a profile in Docker's JSON, compiled to the kernel's BPF.

The profile is deny by default. Refused calls fail with an error instead of killing the process, so
that an honest program that only tries something can go on. The filter is inherited by threads and
cannot be taken off again.

The filter compares as many bits of an argument as the kernel reads. Most arguments (descriptors,
pids, options) are 32-bit numbers to the kernel, so the lower half is compared. With ``"bits": 64``
in the profile, both halves are (addresses, and numbers that the kernel keeps as a long).
"""

import ctypes
import enum
import errno
import os
import platform
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..determinism.machine_identity import real_pid
from . import address_space
from .syscall_numbers import NUMBERS

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

#: Offsets in ``struct seccomp_data``; of an argument, the lower half (both machines are
#: little-endian), and how far behind it the upper one is.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _ARGUMENT_SIZE, _UPPER = 0, 4, 16, 8, 4
_HALF = 0xFFFF_FFFF

#: Opcodes of classic BPF.
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP, _EQUAL, _GREATER, _AT_LEAST = 0x05, 0x15, 0x25, 0x35
#: How many steps a comparison can skip.
_FARTHEST = 255

_ALLOW = 0x7FFF_0000
_ERROR = 0x0005_0000

#: What the kernel calls an architecture in ``seccomp_data``.
AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
#: System-call numbers from here on belong to another ABI (x32).
_LIMIT = {"x86_64": 0x4000_0000, "aarch64": 0x8000_0000}

#: In a profile, the value of an argument that must be the subject's own pid.
OWN_PID = "own pid"
#: In a profile, the comparison of an address that must be in private memory, outside of libraries:
#: all processes that load a library share its pages.
OWN_MEMORY = "own memory"


class Own(enum.IntEnum):
    """Placeholders that each subject replaces; no other operand has these values."""

    PID = 0x7FFF_FFFF
    #: The lowest address of own memory, and the first one above it, in halves.
    CEILING_UPPER = 0x7FFF_FFFE
    CEILING_LOWER = 0x7FFF_FFFD
    FLOOR_UPPER = 0x7FFF_FFFC
    FLOOR_LOWER = 0x7FFF_FFFB


_IS_EQUAL = (_EQUAL, True)
_COMPARISONS = {  # the opcode, and whether it must hold
    "SCMP_CMP_EQ": _IS_EQUAL,
    "SCMP_CMP_NE": (_EQUAL, False),
    "SCMP_CMP_MASKED_EQ": _IS_EQUAL,
    "SCMP_CMP_GT": (_GREATER, True),
    "SCMP_CMP_LE": (_GREATER, False),
    "SCMP_CMP_GE": (_AT_LEAST, True),
    "SCMP_CMP_LT": (_AT_LEAST, False),
}


class Step(NamedTuple):
    """One instruction: opcode, how many to skip if true and if false, operand."""

    code: int
    if_true: int
    if_false: int
    operand: int


class Filter:
    """A profile compiled for one machine, once for all subjects.

    Args:
        profile: As in ``seccomp/subject.json``: ``defaultErrnoRet``, and ``syscalls`` with
            ``names``, ``action``, ``errnoRet`` and ``args``. For each call, the first entry whose
            arguments all fit decides.
        machine: As ``uname`` calls it.

    Raises:
        OSError: There is no table for this machine.
        ValueError: The profile names an unknown call, action or comparison.
    """

    def __init__(self, profile: Mapping[str, Any], machine: str) -> None:
        if machine not in NUMBERS:
            raise OSError(errno.ENOSYS, f"no system-call filter for {machine}")
        self.steps = _compile(profile, machine)
        self._code = b"".join(struct.pack("<HBBI", *step) for step in self.steps)
        self._own = [
            (at * 8 + 4, step.operand)
            for at, step in enumerate(self.steps)
            if isinstance(step.operand, Own)
        ]
        self._memory = range(0)
        self._libc = ctypes.CDLL(None, use_errno=True)

    def note_libraries(self) -> None:
        """Note where the libraries are, before the fork; later no library may be loaded."""
        address_space.close_gaps()
        self._memory = address_space.own_memory()

    def confine(self) -> None:
        """Put the filter on this process, for good; ``no_new_privs`` must be set.

        Raises:
            OSError: The kernel refuses it.
        """
        code = ctypes.create_string_buffer(self._code, len(self._code))
        memory = self._memory or address_space.own_memory()
        own = {
            Own.PID: real_pid(),
            Own.FLOOR_UPPER: memory.start >> 32,
            Own.FLOOR_LOWER: memory.start & _HALF,
            Own.CEILING_UPPER: memory.stop >> 32,
            Own.CEILING_LOWER: memory.stop & _HALF,
        }
        for place, what in self._own:
            struct.pack_into("<I", code, place, own[what])
        program = _Program(len(self.steps), ctypes.addressof(code))
        mode = (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER)
        if self._libc.prctl(*mode, ctypes.byref(program), 0, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"seccomp: {os.strerror(number)}")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def for_this_machine(profile: Mapping[str, Any]) -> Filter:
    """Return the profile compiled for the machine that we are on; raises like ``Filter``."""
    return Filter(profile, platform.machine())


def allowed(profile: Mapping[str, Any], machine: str) -> set[str]:
    """Return the calls of a machine that a profile allows, at least with some arguments."""
    return {
        name
        for rule in profile["syscalls"]
        if _action(rule) == _ALLOW
        for name in rule["names"]
        if name in NUMBERS[machine]
    }


def _compile(profile: Mapping[str, Any], machine: str) -> list[Step]:
    default = _ERROR | profile["defaultErrnoRet"]
    missing = Step(_RETURN, 0, 0, _ERROR | errno.ENOSYS)
    leaves: dict[int, list[Step]] = {}
    for number, rules in _rules_by_number(profile, machine).items():
        leaves[number] = [step for rule in rules for step in _block(rule)]
        if leaves[number][-1].code != _RETURN or "args" in rules[-1]:
            leaves[number].append(Step(_RETURN, 0, 0, default))
    return [
        Step(_LOAD, 0, 0, _ARCHITECTURE),
        Step(_EQUAL, 1, 0, AUDIT[machine]),
        missing,
        Step(_LOAD, 0, 0, _NUMBER),
        Step(_AT_LEAST, 0, 1, _LIMIT[machine]),
        missing,
        *_tree(_ranges(leaves, [Step(_RETURN, 0, 0, default)])),
    ]


def _rules_by_number(
    profile: Mapping[str, Any], machine: str
) -> dict[int, list[Mapping[str, Any]]]:
    found: dict[int, list[Mapping[str, Any]]] = {}
    for rule in profile["syscalls"]:
        for name in rule["names"]:
            if not any(name in numbers for numbers in NUMBERS.values()):
                raise ValueError(f"unknown system call {name!r}")
            if name in NUMBERS[machine]:
                found.setdefault(NUMBERS[machine][name], []).append(rule)
    return found


def _action(rule: Mapping[str, Any]) -> int:
    match rule["action"]:
        case "SCMP_ACT_ALLOW":
            return _ALLOW
        case "SCMP_ACT_ERRNO":
            return _ERROR | int(rule.get("errnoRet", errno.EPERM))
        case other:
            raise ValueError(f"unknown action {other!r}")


def _block(rule: Mapping[str, Any]) -> list[Step]:
    """Return the steps that end with the rule's action, or fall through if an argument differs."""
    steps = [Step(_RETURN, 0, 0, _action(rule))]
    for arg in reversed(rule.get("args", [])):
        steps = _test(arg, skip=len(steps)) + steps
    return steps


def _test(arg: Mapping[str, Any], *, skip: int) -> list[Step]:
    """Return steps that continue if an argument fits, and otherwise skip ``skip`` more steps."""
    lower = _FIRST_ARGUMENT + _ARGUMENT_SIZE * arg["index"]
    if arg["op"] == OWN_MEMORY:
        return _is_own_memory(lower, skip)
    if arg["op"] not in _COMPARISONS:
        raise ValueError(f"unknown comparison {arg['op']!r}")
    how = _COMPARISONS[arg["op"]]
    mask, values = None, arg["value"]
    if arg["op"] == "SCMP_CMP_MASKED_EQ":
        mask, values = arg["value"], arg["valueTwo"]
    values = values if isinstance(values, list) else [values]
    if len(values) > 1 and how != _IS_EQUAL:
        raise ValueError(f"a list of values for {arg['op']!r}")
    steps = _compare(how, lower, mask, [_lower_half(value) for value in values], skip)
    if arg.get("bits", 32) == 32:
        return steps
    if len(values) > 1 or how != _IS_EQUAL:
        raise ValueError(f"both halves of an argument for {arg['op']!r} or a list")
    upper_mask = None if mask is None else mask >> 32
    upper = _compare(how, lower + _UPPER, upper_mask, [values[0] >> 32], skip + len(steps))
    return upper + steps


def _lower_half(value: int | str) -> int:
    return Own.PID if value == OWN_PID else int(value) & _HALF


def _compare(
    how: tuple[int, bool], place: int, mask: int | None, values: list[int], skip: int
) -> list[Step]:
    """Compare half an argument with one value, or look whether it is one of several."""
    opcode, wanted = how
    steps = [Step(_LOAD, 0, 0, place)]
    if mask is not None:
        steps.append(Step(_AND, 0, 0, mask & _HALF))
    steps += [Step(opcode, len(values) - at, 0, each) for at, each in enumerate(values[:-1], 1)]
    return [*steps, Step(opcode, *((0, skip) if wanted else (skip, 0)), values[-1])]


def _is_own_memory(lower: int, skip: int) -> list[Step]:
    return [
        # At least the floor: the upper half is compared first.
        Step(_LOAD, 0, 0, lower + _UPPER),
        Step(_GREATER, 3, 0, Own.FLOOR_UPPER),
        Step(_EQUAL, 0, 7 + skip, Own.FLOOR_UPPER),
        Step(_LOAD, 0, 0, lower),
        Step(_AT_LEAST, 0, 5 + skip, Own.FLOOR_LOWER),
        # And below the ceiling.
        Step(_LOAD, 0, 0, lower + _UPPER),
        Step(_GREATER, 3 + skip, 0, Own.CEILING_UPPER),
        Step(_EQUAL, 0, 2, Own.CEILING_UPPER),
        Step(_LOAD, 0, 0, lower),
        Step(_AT_LEAST, skip, 0, Own.CEILING_LOWER),
    ]


def _ranges(leaves: dict[int, list[Step]], other: list[Step]) -> list[tuple[int, list[Step]]]:
    """Return the ranges of call numbers with one decision: first number, and its steps."""
    starts: dict[int, list[Step]] = {0: other}
    for number in sorted(leaves):
        starts[number] = leaves[number]
        starts[number + 1] = other
    ranges: list[tuple[int, list[Step]]] = []
    for number, leaf in starts.items():
        if not ranges or ranges[-1][1] != leaf:
            ranges.append((number, leaf))
    return ranges


def _tree(ranges: list[tuple[int, list[Step]]]) -> list[Step]:
    """Return a binary search for the range of a number: some seven steps instead of a hundred."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _tree(ranges[:middle]), _tree(ranges[middle:])
    start = ranges[middle][0]
    if len(below) <= _FARTHEST:
        return [Step(_AT_LEAST, len(below), 0, start), *below, *above]
    return [Step(_AT_LEAST, 0, 1, start), Step(_JUMP, 0, 0, len(below)), *below, *above]
