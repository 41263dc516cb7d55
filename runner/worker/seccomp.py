"""The subject's own system-call filter: what it may not do to other processes, and to the kernel.

Refused calls fail with an error instead of killing the process, so that an honest program that only
tries something can go on. Signals may go to the subject itself, threads may be created, processes
may not. The filter is inherited and cannot be taken off again.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping
from typing import NamedTuple

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_CLONE_THREAD = 0x0001_0000

# Offsets in ``struct seccomp_data``; of an argument, the lower half (both machines are
# little-endian).
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16

# Opcodes of classic BPF.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_ALLOW = 0x7FFF_0000
_KILL_PROCESS = 0x8000_0000
_REFUSE = 0x0005_0000 | errno.EPERM
_MISSING = 0x0005_0000 | errno.ENOSYS


class Machine(NamedTuple):
    """Numbers of one architecture.

    Attributes:
        audit: What the kernel calls it in ``seccomp_data``.
        refused: Calls that are refused whatever their arguments.
        own_only: Calls that are refused unless the first argument is our own process.
        clone: The call that makes threads, and without a flag processes.
        limit: First number that belongs to a foreign way of calling; 0 for none.
    """

    audit: int
    refused: Mapping[str, int]
    own_only: Mapping[str, int]
    clone: int
    limit: int = 0


#: Everywhere the same number, and newer than any filter: libraries fall back when it is missing.
_CLONE3 = 435

_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
}

MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        audit=0xC000_003E,
        refused=_EVERYWHERE
        | {
            # processes and programs
            "fork": 57,
            "vfork": 58,
            "execve": 59,
            "execveat": 322,
            "setsid": 112,
            "setpgid": 109,
            "setpriority": 141,
            "unshare": 272,
            "setns": 308,
            # other processes' memory and signals
            "tkill": 200,
            "rt_sigqueueinfo": 129,
            "rt_tgsigqueueinfo": 297,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "kcmp": 312,
            # network, and what outlives a process
            "socket": 41,
            "connect": 42,
            "bind": 49,
            "listen": 50,
            "mq_open": 240,
            "shmget": 29,
            "msgget": 68,
            "semget": 64,
            "memfd_create": 319,
            # parts of the kernel that no computation needs
            "bpf": 321,
            "perf_event_open": 298,
            "userfaultfd": 323,
            "mount": 165,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "modify_ldt": 154,
        },
        own_only={"kill": 62, "tgkill": 234},
        clone=56,
        limit=0x4000_0000,
    ),
    "aarch64": Machine(
        audit=0xC000_00B7,
        refused=_EVERYWHERE
        | {
            "execve": 221,
            "execveat": 281,
            "setsid": 157,
            "setpgid": 154,
            "setpriority": 140,
            "unshare": 97,
            "setns": 268,
            "tkill": 130,
            "rt_sigqueueinfo": 138,
            "rt_tgsigqueueinfo": 240,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "kcmp": 272,
            "socket": 198,
            "connect": 203,
            "bind": 200,
            "listen": 201,
            "mq_open": 180,
            "shmget": 194,
            "msgget": 186,
            "semget": 190,
            "memfd_create": 279,
            "bpf": 280,
            "perf_event_open": 241,
            "userfaultfd": 282,
            "mount": 40,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
        },
        own_only={"kill": 129, "tgkill": 131},
        clone=220,
    ),
}


class Step(NamedTuple):
    """One instruction: opcode, how many to skip if true and if false, operand."""

    code: int
    if_true: int
    if_false: int
    operand: int


def program(machine: Machine, pid: int) -> list[Step]:
    """Return the filter for a process: blocks that each return or fall through."""
    steps = [
        Step(_LOAD, 0, 0, _ARCHITECTURE),
        Step(_JUMP_EQUAL, 1, 0, machine.audit),
        Step(_RETURN, 0, 0, _KILL_PROCESS),
        Step(_LOAD, 0, 0, _NUMBER),
    ]
    if machine.limit:
        steps += [Step(_JUMP_AT_LEAST, 0, 1, machine.limit), Step(_RETURN, 0, 0, _MISSING)]
    steps += [Step(_JUMP_EQUAL, 0, 1, _CLONE3), Step(_RETURN, 0, 0, _MISSING)]
    for number in machine.refused.values():
        steps += [Step(_JUMP_EQUAL, 0, 1, number), Step(_RETURN, 0, 0, _REFUSE)]
    for number in machine.own_only.values():
        steps += _unless(number, Step(_JUMP_EQUAL, 0, 1, pid))
    steps += _unless(machine.clone, Step(_JUMP_BITS, 0, 1, _CLONE_THREAD))
    return [*steps, Step(_RETURN, 0, 0, _ALLOW)]


def _unless(number: int, condition: Step) -> list[Step]:
    """Return the block that refuses a call unless its first argument fits."""
    return [
        Step(_JUMP_EQUAL, 0, 4, number),
        Step(_LOAD, 0, 0, _FIRST_ARGUMENT),
        condition,
        Step(_RETURN, 0, 0, _ALLOW),
        Step(_RETURN, 0, 0, _REFUSE),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def confine() -> None:
    """Put the filter on this process, for good; ``no_new_privs`` must be set.

    Raises:
        OSError: The kernel refuses it, or the machine is of a kind that has no table here.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no system-call filter for {platform.machine()}")
    code = b"".join(struct.pack("<HBBI", *step) for step in program(machine, os.getpid()))
    filter_ = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
