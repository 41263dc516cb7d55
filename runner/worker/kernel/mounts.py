"""Private file systems in memory, which only this process and its children see."""

import ctypes
import os
from collections.abc import Mapping

_CLONE_NEWNS = 0x20000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 1 << 14, 1 << 18
_INERT = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC

_libc = ctypes.CDLL(None, use_errno=True)


def mount_privately(above: str, options: Mapping[str, str]) -> None:
    """Mount a file system in memory over a directory, and further ones in directories below it.

    Other processes do not see them; they end with the last process that sees them.

    Args:
        above: The directory.
        options: Mount options of each further one, by its path below ``above``.

    Raises:
        OSError: This process has no right to mount.
    """
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _mount(None, "/", _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", above, _INERT, "size=64k,mode=0755")
    for path, wanted in options.items():
        os.makedirs(path)
        _mount("tmpfs", path, _INERT, wanted)


def _mount(kind: str | None, path: str, flags: int, options: str = "") -> None:
    name = None if kind is None else kind.encode()
    done = _libc.mount(name, path.encode(), name, ctypes.c_ulong(flags), options.encode())
    _check(done, f"mount {path}")


def _check(done: int, what: str) -> None:
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
