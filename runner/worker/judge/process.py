"""The life of a judge's process: it rehearses, judges a request, and perhaps further ones."""

import gc
import socket
from collections.abc import Sequence
from typing import Any, NoReturn

from ..boundary.channel import Channel, ChannelClosed
from ..codec.format import Bounds
from ..kernel import process
from .judge import Judge, Stale
from .supervisor_link import JudgeControl, Silence

#: What a pair does while it waits for its request. Most of the cost of a small execution is memory
#: that both processes touch for the first time since the fork; so they touch it ahead of time.
_REHEARSAL: dict[str, Any] = {
    "code": "def f(x):\n    return x\n",
    "setup": "",
    "judge_setup": "",
    "entry_point": None,
    "cpu_s": 0.0,
    "limits": {
        "memory_bytes": None,
        "output_bytes": 0,
        "value_bytes": Bounds().size_bytes,
        "value_nodes": Bounds().nodes,
        "value_depth": Bounds().depth,
    },
    "tests": [(0, {"kind": "assert", "code": "assert f([1, 'a']) == [1, 'a']"})],
}

#: What a judge that serves another request may have needed for the last ones, in bytes: the C
#: library gives freed memory back only in part, and the next request would have the less.
_GROWTH_BYTES = 8 * 1024 * 1024


def rehearse(channel_socket: socket.socket, times: int = 1) -> Channel:
    """Judge a tiny solution without telling anybody; return the channel."""
    channel = Channel(channel_socket, Bounds().size_bytes)
    for _ in range(times):
        Judge(Silence(), channel, _REHEARSAL).main()
    return channel


def main(
    channel_socket: socket.socket, control_socket: socket.socket, outputs: Sequence[int]
) -> NoReturn:
    """Judge one request, and further ones as long as all of them are plain."""
    process.limit_files()
    control = JudgeControl(control_socket, outputs)
    channel = rehearse(channel_socket)
    small_bytes = process.peak_bytes() + _GROWTH_BYTES
    fresh = True
    while True:
        # What is left to collect must not depend on whether we have judged before.
        gc.collect()
        plain_so_far = _serve(control, channel, fresh=fresh)
        control.done(plain=plain_so_far and process.peak_bytes() <= small_bytes)
        process.lift_limits()
        channel = rehearse(control.next_channel())
        fresh = False


def _serve(control: JudgeControl, channel: Channel, *, fresh: bool) -> bool:
    """Judge one request; return whether all that was done was plain."""
    run = control.request()
    process.limit_cpu(run["cpu_s"], hard=False)
    process.limit_memory(run["limits"]["memory_bytes"], hard=False)
    judge = Judge(control, channel, run, fresh=fresh)
    try:
        judge.main()
    except Stale:
        control.stale()
    except ChannelClosed:
        control.subject_gone()
    return judge.plain
