"""Values of libraries cross by what makes them, and nothing else is made of a message."""

import http
import ipaddress
import re
import signal
import socket
import statistics
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.codec import library_values, sympy_values
from runner.worker.protocol.plain_values import decode_plain, encode_plain

_VALUES = st.one_of(
    st.ip_addresses(),
    st.ip_addresses().map(ipaddress.ip_network),
    st.ip_addresses().map(ipaddress.ip_interface),
    st.sampled_from([*http.HTTPStatus, *http.HTTPMethod, *signal.Signals]),
    st.sampled_from([*socket.AddressFamily, *socket.SocketKind]),
    st.sets(st.sampled_from([*re.RegexFlag])).map(lambda flags: re.RegexFlag(sum(flags))),
    st.builds(statistics.NormalDist, st.integers(-9, 9), st.floats(0, 9)),
)


@given(_VALUES)
def test_they_survive(value: Any) -> None:
    arrived = decode_plain(encode_plain([value]))[0]
    assert (type(arrived), arrived) == (type(value), value)


@pytest.mark.parametrize(
    "message",
    [
        ("os", "system", "true"),
        ("http", "client", "x"),
        ("http", "HTTPStatus", 7),
        ("http", "HTTPStatus", [200]),
        ("http.HTTPStatus", "HTTPStatus", 200),
        ("ipaddress", "IPv4Address", "1.2.3.4.5"),
        ("ipaddress", "IPv4Address", "1" * 100),
        ("ipaddress", "IPv4Address", b"\1\2\3\4"),
        ("ipaddress", "IPv4Address"),
        ("re", "compile", "a"),
        ("statistics", "NormalDist", 0.0, -1.0),
        ([], "x"),
    ],
    ids=repr,
)
def test_no_other_message_makes_a_value(message: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        library_values.made_of(*message)


class _Address:
    """An object whose class claims to be the library's; it says what is asked of it."""

    __module__, __qualname__ = "ipaddress", "IPv4Address"

    def __str__(self) -> str:
        raise AssertionError("asked")


def test_a_class_of_that_name_is_not_asked() -> None:
    claims = type("IPv4Address", (_Address,), {"__module__": "ipaddress"})
    assert library_values.spec_of(claims()) is None
    derived = type("Mine", (ipaddress.IPv4Address,), {"__module__": "ipaddress"})
    assert library_values.spec_of(derived("1.2.3.4")) is None
    assert library_values.spec_of(ipaddress.IPv4Address("1.2.3.4")) is not None


_NUMBER = st.integers(-(2**70), 2**70)


def _made_float(*parts: Any) -> tuple[Any, ...]:
    """Return the parts of which a number of sympy would be made; raises ValueError."""
    kind = types.SimpleNamespace(_new=lambda number, precision, zero: (*number, precision))
    sympy = types.SimpleNamespace(Float=kind)
    made: tuple[Any, ...] = sympy_values.MAKERS["sympy", "Float"](sympy, *parts)
    return made


@given(st.integers(0, 1), st.integers(0, 2**70), _NUMBER, st.integers(1, 99))
def test_a_number_of_sympy_in_its_normal_form_arrives(
    sign: int, half: int, exponent: int, precision: int
) -> None:
    odd = 2 * half + 1
    parts = sign, odd, exponent, odd.bit_length(), precision
    assert _made_float(*parts) == parts
    assert _made_float(0, 0, 0, 0, precision) == (0, 0, 0, 0, precision)


@given(st.integers(-1, 2), _NUMBER, st.integers(-9, 9), st.integers(-1, 80), st.integers(-9, 9))
def test_any_other_number_of_sympy_is_refused(
    sign: int, mantissa: int, exponent: int, bits: int, precision: int
) -> None:
    """Arithmetic with it could give any result."""
    is_zero = (sign, mantissa, exponent, bits) == (0, 0, 0, 0)
    is_odd = mantissa > 0 and mantissa % 2 == 1
    if precision > 0 and (is_zero or (sign in (0, 1) and is_odd and bits == mantissa.bit_length())):
        return
    with pytest.raises(ValueError, match="normal form"):
        _made_float(sign, mantissa, exponent, bits, precision)
