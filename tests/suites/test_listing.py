"""The host takes a list of tests as data: whatever it says, and however it arrives."""

import pytest

from runner.sandbox.replies import read_collected, replies_after_list, replies_to
from runner.sandbox.transport import Transport
from runner.worker.protocol.frames import FrameError, FrameType, encode_frame


class _Stream:
    """Gives everything that the worker has sent at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def fileno(self) -> int:
        return 0

    def send(self, data: memoryview) -> int:
        return len(data)

    def stderr_tail(self) -> str:
        return ""

    def abort(self) -> None:
        """Nothing is to be ended."""

    def close(self) -> None:
        """Nothing is to be freed."""

    def recv(self) -> bytes:
        return self._data


def test_a_report_may_come_in_one_piece_with_the_list() -> None:
    """How large a report may be follows from the list before it."""
    run = {"tests": [{}], "limits": {"output_bytes": 0}}
    names = [f"test_{n}" for n in range(50)]
    row = dict.fromkeys(map(str, range(17)), 0)
    report = {"tests": [row] * len(names)}
    listed = encode_frame(FrameType.COLLECTED, {"suites": [[0, names]]})
    data = listed + encode_frame(FrameType.REPORT, report)
    transport = Transport(_Stream(data), replies_to(run))
    transport.exchange()
    assert transport.take() == (FrameType.COLLECTED, {"suites": [[0, names]]})
    transport.expect(replies_after_list(run, len(names)))
    assert transport.take() == (FrameType.REPORT, report)
    assert transport.take() is None


_FORGED: list[object] = [
    None, {}, [], [[0]], [[0, []]], [[0, ["a", "a"]]], [[0, [1]]], [[True, ["a"]]], [[-1, ["a"]]],
    [[1, ["a"]]], [[0, ["a"]], [0, ["b"]]], [[0, "ab"]], [[0, {"a": 1}]], [[0, ["x" * 201]]],
    [[0, [str(n) for n in range(2001)]]], [[0, ["\ud800"]]], [[0, ["\u202e"]]], [["0", ["a"]]],
]  # fmt: skip


@pytest.mark.parametrize("suites", _FORGED, ids=lambda suites: f"{suites!r:.30}")
def test_a_forged_list_is_refused(suites: object) -> None:
    with pytest.raises(FrameError):
        read_collected({"suites": suites}, 1)
    assert read_collected({"suites": [[0, ["a"]]]}, 1) == {0: ["a"]}
