"""``os.fstat`` by its own system call.

C libraries before glibc 2.39 ask by way of an empty path (``newfstatat``). The subject's filter
refuses that: it cannot tell an empty path from another one.
"""

import ctypes
import os
import posix

from ..kernel.syscall_numbers import NUMBERS

_libc = ctypes.CDLL(None, use_errno=True)
_NANO = 1_000_000_000
_u32, _u64, _i32, _i64 = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int32, ctypes.c_int64
_TIMES = [
    (f"{kind}{part}", _i64) for kind in ("atime", "mtime", "ctime") for part in ("", "_part_ns")
]


class _StatOfX86(ctypes.Structure):
    _fields_ = (
        *[(name, _u64) for name in ("dev", "ino", "nlink")],
        *[(name, _u32) for name in ("mode", "uid", "gid", "unused")],
        ("rdev", _u64),
        *[(name, _i64) for name in ("size", "blksize", "blocks")],
        *_TIMES,
        ("reserved", _i64 * 3),
    )


class _StatOfArm(ctypes.Structure):
    _fields_ = (
        *[(name, _u64) for name in ("dev", "ino")],
        *[(name, _u32) for name in ("mode", "nlink", "uid", "gid")],
        *[(name, _u64) for name in ("rdev", "unused")],
        *[("size", _i64), ("blksize", _i32), ("unused2", _i32), ("blocks", _i64)],
        *_TIMES,
        ("reserved", _u32 * 2),
    )


_machine = posix.uname().machine
_number = NUMBERS.get(_machine, {}).get("fstat", -1)
_Stat = {"x86_64": _StatOfX86}.get(_machine, _StatOfArm)


def _fstat(fd: int) -> os.stat_result:
    found = _Stat()
    if _libc.syscall(_number, ctypes.c_int(fd), ctypes.byref(found)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    fields = {name: getattr(found, name) for name, *_ in found._fields_}
    times = [(fields[kind], fields[f"{kind}_part_ns"]) for kind in ("atime", "mtime", "ctime")]
    return os.stat_result(
        (
            *[fields[name] for name in ("mode", "ino", "dev", "nlink", "uid", "gid", "size")],
            *[seconds for seconds, _ in times],
            *[seconds + part_ns / _NANO for seconds, part_ns in times],
            *[seconds * _NANO + part_ns for seconds, part_ns in times],
            *[fields[name] for name in ("blksize", "blocks", "rdev")],
        )
    )


def install() -> None:
    """Put it in place of the standard library's, where the C library needs it."""
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    if name == "glibc" and [int(part) for part in version.split(".")[:2]] < [2, 39]:
        os.fstat = posix.fstat = _fstat
