"""Writes leaves, the values without parts: a tag and the content of each."""

from typing import Any

from .format import C128, F64, I64, U32

LEAST_INT, LARGEST_INT = -(1 << 63), (1 << 63) - 1


def _write_int(out: bytearray, obj: int) -> None:
    if LEAST_INT <= obj <= LARGEST_INT:
        out += b"i" + I64.pack(obj)
        return
    raw = obj.to_bytes(obj.bit_length() // 8 + 1, "little", signed=True)
    out += b"I" + U32.pack(len(raw)) + raw


def write_text(out: bytearray, obj: str) -> None:
    """Write a text, which may hold lone surrogates."""
    raw = obj.encode("utf-8", "surrogatepass")
    out += b"s" + U32.pack(len(raw)) + raw


def _write_bytes(out: bytearray, obj: bytes) -> None:
    out += b"b" + U32.pack(len(obj)) + obj


def _write_complex(out: bytearray, obj: complex) -> None:
    out += b"c" + C128.pack(obj.real, obj.imag)


def _write_float(out: bytearray, obj: float) -> None:
    out += b"f" + F64.pack(obj)


#: By exact type.
WRITERS: dict[type, Any] = {
    type(None): lambda out, _: out.append(0x6E),
    bool: lambda out, obj: out.append(0x54 if obj else 0x46),
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: write_text,
    bytes: _write_bytes,
}
