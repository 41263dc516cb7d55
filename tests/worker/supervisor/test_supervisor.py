"""A worker that cannot work on a kernel says which call is at fault, and what to do."""

import errno
import os
from types import SimpleNamespace
from typing import Any

import pytest

from runner.worker.supervisor.supervisor import Refusal, Supervisor


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSYS, "leave out the setting `runtime`"),
        (errno.EPERM, "a security module"),
        (errno.EIO, "dmesg"),
    ],
)
def test_a_kernel_that_refuses_a_call_is_told(
    monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def wait_for_end(_: Any) -> None:
        raise OSError(number, os.strerror(number))

    supervisor = Supervisor()
    fake = SimpleNamespace(run=wait_for_end)
    monkeypatch.setattr(supervisor, "_execution", lambda *_: fake)
    monkeypatch.setattr(supervisor, "_pairs", None, raising=False)
    with pytest.raises(Refusal) as refusal:
        supervisor._prove()
    assert f"{os.strerror(number)} in wait_for_end; " in str(refusal.value)
    assert remedy in str(refusal.value)
