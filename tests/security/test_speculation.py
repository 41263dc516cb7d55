"""Subjects do without speculation that the kernel lets a process turn off."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import runner

pytestmark = pytest.mark.user

_LINES = ("Speculation_Store_Bypass", "SpeculationIndirectBranch")
_ASK = "from runner.worker.kernel import process; process.forbid_speculation()"


def _speculation(status: str) -> list[str]:
    """Return what the kernel says of a process, of its ``/proc/PID/status``."""
    return [line for line in status.splitlines() if line.startswith(_LINES)]


def _of_a_process(program: str) -> list[str]:
    show = "print(open('/proc/self/status').read())"
    command = [sys.executable, "-c", f"{program}\n{show}"]
    return _speculation(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_subject_has_what_a_process_can_ask_for() -> None:
    asked = _of_a_process(_ASK)
    if asked == _of_a_process("pass"):
        pytest.skip(f"processor or kernel leave no choice here: {asked}")
    with runner.Pool(name="speculation", workers=1, spares=0, backend="local") as pool:
        pool.execute("x = 1", ["assert x == 1"])
        children = psutil.Process().children(recursive=True)
        found = [_speculation(Path(f"/proc/{each.pid}/status").read_text()) for each in children]
    # Supervisor, zygotes and judge keep the default.
    assert asked in found
