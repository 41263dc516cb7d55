"""A digest of the content of an image's root file system.

Two builds of the same package versions and the same worker have the same digest on every engine.
Ids of images differ: they also depend on the time and the method of a build.
"""

import hashlib
import json
import lzma
import tarfile
import zlib
from collections.abc import Iterable
from typing import IO, Any

from runner.errors import ConfigurationError
from runner.images.headers import Headers

_CHUNK_BYTES = 1024 * 1024
_DELETION = ".wh."
_EXTENDED = "SCHILY.xattr."
_DIRECTORY = tarfile.DIRTYPE.decode()

#: Exceptions of ``tarfile`` for a damaged file.
UNREADABLE = (
    *(tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError),
    *(ValueError, ArithmeticError, RecursionError),
)


def digest_of_layers(layers: Iterable[IO[bytes]]) -> str:
    """Return the sha256, in hex, over names, kinds, rights, owners and bytes of all files.

    Times do not count.

    Args:
        layers: The layers as tar files, the lowest first.

    Raises:
        ConfigurationError: A layer cannot be read, deletes files of the one below, or is ambiguous.
    """
    entries: dict[str, list[Any]] = {}
    for layer in layers:
        headers, names = Headers(), set[str]()
        try:
            with tarfile.open(fileobj=layer, mode="r:*", tarinfo=headers.tarinfo) as archive:
                for member in archive:
                    headers.check(member)
                    _add(entries, names, archive, member)
        except ConfigurationError:
            raise
        except UNREADABLE as error:
            raise ConfigurationError(f"a layer of the image is damaged: {error}") from error
    total = hashlib.sha256()
    for name in sorted(filter(entries.__getitem__, entries)):
        total.update(json.dumps([name, *entries[name]]).encode("ascii") + b"\n")
    return total.hexdigest()


def _add(
    entries: dict[str, list[Any]],
    names: set[str],
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
) -> None:
    name = member.name.removeprefix("./").strip("/")
    if name in ("", "."):
        return  # not every builder gives the root itself
    if name.rpartition("/")[2].startswith(_DELETION):
        raise ConfigurationError(f"a layer of the image deletes files: {name!r:.100}")
    _check_place(entries, names, name, is_directory=member.isdir())
    if member.islnk():
        target = member.linkname.removeprefix("./").strip("/")
        # A hard link counts as a file: builders differ in whether they keep hard links.
        entries[name] = entries.get(target, ["link to a file that is missing", target])
        return
    if member.issparse():
        raise ConfigurationError(f"a layer of the image has a file with holes: {name!r:.100}")
    extended = {k: v for k, v in member.pax_headers.items() if k.startswith(_EXTENDED)}
    what = _bytes_of(archive, member) if member.isfile() else member.linkname
    device = [member.devmajor, member.devminor] if member.isdev() else []
    kind = "file" if member.isfile() else member.type.decode("latin-1")
    rights = 0 if member.issym() else member.mode & 0o7777
    entries[name] = [kind, rights, member.uid, member.gid, what, device, extended]


def _check_place(
    entries: dict[str, list[Any]], names: set[str], name: str, *, is_directory: bool
) -> None:
    """Raise for a member that would change, hide or delete another one.

    This happens by a link in its path, by a repeated name, or in place of a directory.

    Args:
        entries: The entries so far; a name with entries below it is a directory.
        names: Names of this layer so far; this one is added.
        name: Name of the member.
        is_directory: Whether the member is a directory.
    """
    parts = name.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    is_plain = not {"", ".", ".."}.intersection(parts)
    is_below_directories = all(_is_directory(entries, each) is not False for each in above)
    is_of_same_kind = _is_directory(entries, name) in (None, is_directory)
    if name in names or not (is_plain and is_below_directories and is_of_same_kind):
        raise ConfigurationError(
            f"a layer of the image has a file that changes another one: {name!r:.100}"
        )
    names.add(name)
    for each in above:
        entries.setdefault(each, [])


def _is_directory(entries: dict[str, list[Any]], name: str) -> bool | None:
    """Return True if a name is that of a directory; None if the name is unknown."""
    entry = entries.get(name)
    return None if entry is None else entry[:1] in ([], [_DIRECTORY])


def _bytes_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = archive.extractfile(member)
    assert file is not None, "it is a regular file"
    total = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        total.update(chunk)
    return total.hexdigest()
