"""A digest of what is in an image's root file system.

Two builds of the same package versions and the same worker have the same digest, whichever engine
holds them. Ids of images do not: they also depend on the time and the way of a build.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterable
from typing import IO, Any

from runner.errors import ConfigurationError

_CHUNK_BYTES = 1024 * 1024
_DELETION = ".wh."
_EXTENDED = "SCHILY.xattr."


def digest_of_layers(layers: Iterable[IO[bytes]]) -> str:
    """Return the sha256, in hex, over names, kinds, rights, owners and bytes of all files.

    Times do not count.

    Args:
        layers: The layers as tar files, the lowest first.

    Raises:
        ConfigurationError: A layer cannot be read, or deletes files of the one below.
    """
    entries: dict[str, list[Any]] = {}
    for layer in layers:
        try:
            with tarfile.open(fileobj=layer, mode="r:*") as archive:
                for member in archive:
                    _add(entries, archive, member)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ConfigurationError(f"a layer of the image is damaged: {error}") from error
    total = hashlib.sha256()
    for name in sorted(entries):
        total.update(json.dumps([name, *entries[name]]).encode("ascii") + b"\n")
    return total.hexdigest()


def _add(entries: dict[str, list[Any]], archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    name = member.name.removeprefix("./").strip("/")
    if name in ("", "."):
        return  # not every builder gives the root itself
    if name.rpartition("/")[2].startswith(_DELETION):
        raise ConfigurationError(f"a layer of the image deletes files: {name!r:.100}")
    if member.islnk():
        target = member.linkname.removeprefix("./").strip("/")
        # A second name of a file is a file: builders differ in whether they keep such names.
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


def _bytes_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = archive.extractfile(member)
    assert file is not None, "it is a regular file"
    total = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        total.update(chunk)
    return total.hexdigest()
