"""No crash of a judge or subject starts the machine's helper for core dumps."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.user

_CHILD = """
import ctypes, sys
from runner.worker.kernel import process
libc = ctypes.CDLL(None)
libc.prctl(4, 1, 0, 0, 0)
if sys.argv[1] != "before":
    process.become(None if sys.argv[1] == "None" else int(sys.argv[1]))
print(libc.prctl(3, 0, 0, 0, 0))
"""


def _dumpable(mode: str) -> str:
    command = [sys.executable, "-c", _CHILD, mode]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_process_that_has_its_user_is_not_dumpable() -> None:
    """Whatever the machine makes of a change of user; before it, this one is."""
    assert _dumpable("before") == "1"
    assert _dumpable("None") == "0"
    if os.geteuid() == 0:
        assert _dumpable("65534") == "0"
