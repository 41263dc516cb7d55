"""What a judge may say to the supervisor is bounded by its request."""

import os
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from runner.worker.protocol.frames import FrameError, FrameType, encode_frame
from runner.worker.supervisor.pair import JudgeHandle
from runner.worker.supervisor.zygote_client import Zygote


class _Zygote:
    """Keeps the judge's end of the control socket, and forks nothing."""

    def spawn(self, _role: int, _uid: int, fds: list[int]) -> "_Zygote":
        self.judge = socket.socket(fileno=os.dup(fds[1]))
        return self

    def kill(self) -> None:
        """Do nothing."""

    def reap(self) -> tuple[int, int]:
        """Say that it has ended."""
        return 0, 0


@pytest.fixture
def zygote() -> Iterator[_Zygote]:
    made = _Zygote()
    yield made
    made.judge.close()


def _run(tests: int, output_bytes: int) -> dict[str, Any]:
    return {"tests": [{}] * tests, "others": [], "limits": {"output_bytes": output_bytes}}


@pytest.mark.parametrize(("output", "fits"), [(1000, True), (8_000_000, False)])
def test_a_message_is_as_long_as_the_request_can_make_it(
    zygote: _Zygote, output: int, *, fits: bool
) -> None:
    """Without the bound, both are accepted."""
    judge = JudgeHandle(cast(Zygote, zygote), -1, [0, 1, 2])
    judge.begin(_run(1, 1000))
    said = {"event": "ended", "output": "x" * output}
    zygote.judge.sendall(encode_frame(FrameType.EVENT, said)[:60_000])
    try:
        if fits:
            assert judge.events() == [said]
        else:
            with pytest.raises(FrameError, match=r"EVENT of \d+ bytes exceeds"):
                judge.events()
    finally:
        judge.destroy()
