"""The supervisor's code stays in memory when a container's memory is full."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

import runner
from runner import engine

_CHILD = """
import sys
from runner.worker.kernel import process
if sys.argv[1] == "kept":
    process.keep_code_in_memory()
print(open("/proc/self/status").read())
"""


def locked_kib(status: str) -> int:
    return int(status.partition("\nVmLck:")[2].split(maxsplit=1)[0])


@pytest.mark.user
def test_code_is_locked() -> None:
    """Control: without the call nothing is."""
    for mode, is_locked in (("kept", True), ("not kept", False)):
        command = [sys.executable, "-c", _CHILD, mode]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert (locked_kib(done.stdout) > 0) is is_locked


@pytest.mark.engine
def test_the_code_of_a_containers_first_process_is_locked() -> None:
    with (
        runner.Pool(name="locked", workers=1, spares=0, backend="docker") as pool,
        contextlib.closing(engine.connect(timeout_s=60)) as client,
    ):
        code = "import resource\nlimit = resource.getrlimit(resource.RLIMIT_MEMLOCK)"
        result = pool.execute(code, ["assert limit == (0, 0)"])
        assert result.status == "all_passed", result.error
        state = client.inspect_container(f"sandbox-runner-{result.sandbox_id}")["State"]
        assert locked_kib(Path(f"/proc/{state['Pid']}/status").read_text()) > 0
