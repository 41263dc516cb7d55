"""Samples of probes that others have written, where they are at hand: none gets through."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runner

from .test_samples import _rows

#: Hygiene that a shared kernel does not offer; ``seccomp/README.md`` has the list.
_WAIVED = frozenset({"info_pipe_inode", "info_uptime", "persist_uid_counter"})
#: What a probe may look for on the machine, beside its sandbox.
_SOCKET = Path("/tmp/escape2.sock")


@pytest.fixture(scope="module")
def alone(backend: str) -> Iterator[runner.Pool]:
    """A pool of one sandbox, so that all programs of a probe run on the same."""
    with runner.Pool(name="probed", workers=1, spares=0, backend=backend) as pool:
        yield pool


@pytest.fixture(scope="module")
def bait() -> Iterator[None]:
    """Put a socket where probes look for one; a parallel run of these tests may do so, too."""
    _SOCKET.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        with contextlib.suppress(OSError):
            listener.bind(str(_SOCKET))
            _SOCKET.chmod(0o777)
        yield
    _SOCKET.unlink(missing_ok=True)


def _run(pool: runner.Pool, code: str, timeout: float) -> str:
    tests = [runner.StdioTest(stdin="", stdout="")]
    return pool.execute(code, tests, timeout=timeout, max_retries=1).tests[0].stdout


@pytest.mark.usefixtures("bait")
@pytest.mark.parametrize("row", _rows("escape2_sample.jsonl"))
def test_no_probe_gets_through(alone: runner.Pool, row: dict[str, Any]) -> None:
    if row["id"] in _WAIVED:
        pytest.skip("waived with a reason")
    if "before" in row:
        _run(alone, row["before"], 5.0)
    for _ in range(row.get("runs", 1) - 1):
        _run(alone, row["code"], row.get("timeout_s", 5.0))
    began_s = time.monotonic()
    said = _run(alone, row["code"], row.get("timeout_s", 5.0))
    assert row["bad"] not in said
    assert time.monotonic() - began_s < row.get("expect_max_seconds", 100)
    if wanted := row.get("expect") or " ".join(row.get("expect_any", ())):
        assert said.split()[-1] in wanted
    if "then" in row:
        assert _run(alone, row["then"], 5.0).strip() == row["expect_then"]
