"""The life of a judge's process: it rehearses, judges a request, and perhaps further ones."""

import gc
import socket
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ..boundary.ambient import replacements
from ..boundary.channel import ChannelClosed
from ..codec.format import Bounds
from ..kernel import process
from .evaluation import evaluated_text, format_texts, unpickling
from .prediction.speculative_channel import RecordingChannel, SpeculativeChannel
from .request import JudgeRequest, Stale
from .suite.pytest_api import pytest
from .supervisor_link import Silence, SupervisorLink
from .test_runner import TestRunner
from .trust import class_checks

#: What a pair does while it waits for its request. Most of the cost of a small execution is memory
#: that both processes touch for the first time since the fork; so they touch it ahead of time.
_REHEARSAL: dict[str, Any] = {
    "code": "def f(x):\n    return x\n",
    "setup": "",
    "judge_setup": "",
    "entry_point": None,
    "classes": [],
    "min_evidence": "none",
    "others": [],
    "suites": [],
    "cpu_s": 0.0,
    "checked": False,
    "has_files": False,
    "limits": {
        "memory_bytes": None,
        "output_bytes": 0,
        "value_bytes": Bounds().size_bytes,
        "value_nodes": Bounds().nodes,
        "value_depth": Bounds().depth,
    },
    "tests": [(0, {"kind": "assert", "code": "assert f([1, 'a']) == [1, 'a']"})],
}

#: Growth of memory, in bytes, up to which a judge may serve another request: the C library gives
#: freed memory back only in part, and the next request would have less.
_GROWTH_BYTES = 8 * 1024 * 1024

#: What a checker may need for each character of what tests hold, in bytes: the lists of short words
#: of two texts, twice.
_ROOM_PER_CHARACTER = 64


def rehearse(channel_socket: socket.socket, times: int = 1) -> list[bytes]:
    """Judge a tiny solution without a report.

    Returns:
        The messages that a subject gets each time; ``_let_rehearse`` replays them.
    """
    sent: list[bytes] = []
    for _ in range(times):
        channel = RecordingChannel(channel_socket, Bounds().size_bytes)
        TestRunner(Silence(), channel, JudgeRequest(_REHEARSAL, fresh=True)).main()
        sent = channel.all_sent
    return sent


def _let_rehearse(channel_socket: socket.socket, sent: Sequence[bytes]) -> SpeculativeChannel:
    """Let another subject rehearse, by a replay of these messages; return its channel."""
    channel = SpeculativeChannel(channel_socket, Bounds().size_bytes)
    for data in sent:
        channel.replay(data)
    return channel


def main(
    channel_socket: socket.socket, control_socket: socket.socket, outputs: Sequence[int]
) -> NoReturn:
    """Judge one request, and further ones as long as all of them are plain."""
    process.limit_files()
    sys.modules["pytest"] = pytest
    class_checks.install()
    replacements.install()
    unpickling.install()
    format_texts.install()
    link = SupervisorLink(control_socket, outputs)
    sent = rehearse(channel_socket)
    channel = SpeculativeChannel(channel_socket, Bounds().size_bytes)
    small_bytes = process.peak_bytes() + _GROWTH_BYTES
    fresh = True
    while True:
        # Garbage must not depend on whether this process has judged before.
        gc.collect()
        plain_so_far = _serve(link, channel, fresh=fresh)
        link.done(plain=plain_so_far and process.peak_bytes() <= small_bytes)
        process.lift_limits()
        channel = _let_rehearse(link.next_channel(), sent)
        fresh = False


def _serve(link: SupervisorLink, channel: SpeculativeChannel, *, fresh: bool) -> bool:
    """Judge one request; return whether all that was done was plain."""
    request = JudgeRequest(link.request(), fresh=fresh)
    evaluated_text.allow(request.texts, lambda: request.loaded)
    unpickling.begin(None)
    process.limit_cpu(request.cpu_s, hard=False)
    if request.memory_bytes is not None:
        room_bytes = _ROOM_PER_CHARACTER * request.size
        process.limit_memory(request.memory_bytes + room_bytes, hard=False)
    try:
        TestRunner(link, channel, request).main()
    except Stale:
        link.stale()
    except ChannelClosed:
        link.subject_gone()
    return request.plain
