"""Exceptions of libraries: a test catches them by its own class of that name."""

import sqlite3
import unittest  # noqa: F401 - looked up by name
import zipfile

import pytest

from runner.worker.boundary.library_classes import exception_of_library


@pytest.mark.parametrize("cls", [sqlite3.IntegrityError, zipfile.BadZipFile])
def test_an_exception_of_the_standard_library_is_the_one_of_this_side(cls: type) -> None:
    assert exception_of_library(cls.__module__, cls.__qualname__) is cls


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "AssertionError"),
        ("unittest.case", "SkipTest"),
        ("unittest.case", "_ShouldStop"),
        ("json.decoder", "JSONDecodeError"),  # crosses by name
        ("asyncio.exceptions", "CancelledError"),  # not an Exception
        ("sqlite3", "Connection"),
        ("sqlite3", "nope"),
        (__name__, "test_what_a_class_may_claim_to_be_is_bounded"),
    ],
)
def test_what_a_class_may_claim_to_be_is_bounded(module: str, name: str) -> None:
    assert exception_of_library(module, name) is None
