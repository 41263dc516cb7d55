"""A layer that engines understand in another way than the digest does is refused."""

import io
import tarfile
from typing import Any

import pytest

from runner.errors import ConfigurationError
from runner.images import archive, content
from tests.images.fake_engine import image_file

_BLOCK = 512


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: Any) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % _BLOCK)


def changed(block: bytes, at: int, data: bytes) -> bytes:
    """Return a header with other bytes in it, and the checksum that belongs to them."""
    raw = bytearray(block)
    raw[at : at + len(data)] = data
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:_BLOCK])
    return bytes(raw)


def pax(field: bytes, value: bytes, kind: bytes = b"x") -> bytes:
    length = len(field) + len(value) + 3
    length += len(str(length + len(str(length))))
    return member("pax", b"%d %s=%s\n" % (length, field, value), kind)


DIRECTORY = member("d", kind=tarfile.DIRTYPE)
INNER, OUTER, EVIL = member("d/e", b"1"), member("e", b"2"), member("evil", b"3")
HONEST = [DIRECTORY + INNER + OUTER]


def link(name: str) -> bytes:
    return member(name, kind=tarfile.SYMTYPE, linkname=".")


#: What ``tarfile`` alone takes for the honest layer, and an engine for something else.
DISGUISES: dict[str, list[bytes]] = {
    "written through a link": [OUTER + link("d") + INNER + DIRECTORY + INNER],
    "hidden by a link below": [*HONEST, link("d"), DIRECTORY],
    "no name by pax": [HONEST[0] + pax(b"path", b"") + EVIL],
    "a global name": [DIRECTORY + INNER + pax(b"path", b"e", b"g") + member("evil", b"2")],
    "two extensions": [
        DIRECTORY + INNER + pax(b"path", b"e") + pax(b"path", b"evil") + member("x", b"2")
    ],
    "a name of a sparse file": [
        DIRECTORY + INNER + pax(b"GNU.sparse.name", b"e") + member("evil", b"2")
    ],
    "a prefix of another format": [DIRECTORY + changed(member("e", b"1"), 345, b"d") + OUTER],
    "a size in another notation": [HONEST[0] + changed(EVIL, 124, b"\x81" + bytes(10) + b"\1")],
}


def digest(layers: list[bytes]) -> str:
    return content.digest_of_layers(io.BytesIO(each + bytes(2 * _BLOCK)) for each in layers)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_layer_in_disguise_is_refused(monkeypatch: pytest.MonkeyPatch, disguise: str) -> None:
    """Without the checks it has the digest of the honest one."""
    with pytest.raises(ConfigurationError, match="a layer of the image"):
        digest(DISGUISES[disguise])

    class Unchecked:
        tarinfo = tarfile.TarInfo

        def check(self, member: tarfile.TarInfo) -> None:
            pass

    monkeypatch.setattr(content, "Headers", Unchecked)
    monkeypatch.setattr(content, "_check_place", lambda *_, **__: None)
    assert digest(DISGUISES[disguise]) == digest(HONEST)


def test_what_builders_write_is_accepted() -> None:
    long = "d/" + 200 * "x"
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=kind) as made:
            made.addfile(tarfile.TarInfo(long if kind != tarfile.USTAR_FORMAT else "d/" + 99 * "y"))
            info = tarfile.TarInfo("d/link")
            info.type, info.linkname = tarfile.SYMTYPE, 99 * "z"
            made.addfile(info)
        assert len(digest([buffer.getvalue(), DIRECTORY])) == 64
    root = member("./", kind=tarfile.DIRTYPE)
    assert digest([root + HONEST[0]]) == digest(HONEST)


@pytest.mark.parametrize(
    "bad",
    [
        pax(b"size", b"9" * 30) + EVIL,
        member("pax", b"9" * 30 + b" a=b\n", b"x") + EVIL,
        pax(b"a", b"b") * 3000 + EVIL,
        member("././@LongLink", b"x", b"L") * 3000 + EVIL,
        pax(b"GNU.sparse.map", b"a,b") + EVIL,
        changed(EVIL, 124, b"\x80" + b"\xff" * 11),
    ],
    ids=["size", "length of a field", "nested fields", "nested names", "holes", "binary size"],
)
def test_a_file_that_confuses_the_reader_is_an_error(tmp_path: Any, bad: bytes) -> None:
    path = image_file(tmp_path / "image.tar")
    path.write_bytes(bad + path.read_bytes())
    with pytest.raises(ConfigurationError):
        archive.read(path)
    with pytest.raises(ConfigurationError):
        digest([bad])
