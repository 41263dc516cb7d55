"""What the sandbox refuses, in words for people: the kernel gives a number."""

import errno
import os

_REFUSED = (errno.EPERM, errno.ENOSYS)


def remark(error: BaseException) -> str:
    """Return what to add to the message of an error that a system call has raised; or nothing."""
    if not issubclass(type(error), OSError):
        return ""
    number, *words = BaseException.args.__get__(error) or (None,)  # type: ignore[attr-defined]
    if type(number) is not int or number not in _REFUSED or words[:1] != [os.strerror(number)]:
        return ""
    return " (refused by the sandbox: no files, network or processes)"
