"""Checks that every reader of tar files understands a layer's headers in the same way.

A digest of a layer is valid only if the engine extracts the same files as were read here. Readers
differ in a header that another one finds damaged (the end, or an error), in several extensions of
one member and in global ones (the first counts, or the last, or none), in empty values (a name of
nothing, or the one before), and in fields behind the name. Builders of images write none of these.
"""

import tarfile
from typing import Any

_MAGIC, _USTAR = slice(257, 263), b"ustar\0"
#: The beginning of a long name in the format ustar; other formats use it differently.
_PREFIX = slice(345, 500)
_TRAILER, _STAR = slice(508, 512), b"tar\0"

#: Files, links, devices and directories.
_TYPES = frozenset(b"0123456")
#: Extension headers before that of a member: none, or longer fields in the format of pax or GNU.
_EXTENSIONS = (b"", b"x", b"K", b"L", b"KL")
_FIELDS = frozenset("path linkpath size uid gid uname gname mtime atime ctime comment".split())
_VENDORS = ("SCHILY.", "LIBARCHIVE.")

#: Parses a header: late releases of Python 3.13 and newer do not call the public method.
_FROM_BLOCK = "_frombuf" if hasattr(tarfile.TarInfo, "_frombuf") else "frombuf"


class Headers:
    """Checks the headers of one tar file as they are read.

    Attributes:
        tarinfo: The argument for ``tarfile.open``.
    """

    def __init__(self) -> None:
        read = self._read = bytearray()

        class Header(tarfile.TarInfo):
            pass

        def from_block(cls: type[Header], block: Any, *how: Any, **more: Any) -> Any:
            try:
                header = getattr(super(Header, cls), _FROM_BLOCK)(block, *how, **more)
            except (tarfile.EmptyHeaderError, tarfile.EOFHeaderError):  # type: ignore[attr-defined]
                raise
            except tarfile.HeaderError as error:
                raise tarfile.ReadError(str(error)) from error
            _check_format(bytes(block))
            read.extend(header.type)
            return header

        setattr(Header, _FROM_BLOCK, classmethod(from_block))
        self.tarinfo = Header

    def check(self, member: tarfile.TarInfo) -> None:
        """Check the headers of the member that was read last.

        Raises:
            tarfile.ReadError: Readers would interpret them differently.
        """
        *before, kind = self._read
        self._read.clear()
        fields = {each for each in member.pax_headers if not each.startswith(_VENDORS)}
        if (
            kind not in _TYPES
            or bytes(sorted(before)) not in _EXTENSIONS
            or not fields <= _FIELDS
            or "" in member.pax_headers.values()
        ):
            raise tarfile.ReadError(f"the header is ambiguous: {member.name!r:.100}")


def _check_format(block: bytes) -> None:
    is_ustar = block[_MAGIC] == _USTAR and block[_TRAILER] != _STAR
    if not is_ustar and any(block[_PREFIX]):
        raise tarfile.ReadError("a header has an ambiguous format")
