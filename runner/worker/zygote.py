"""The zygote: a warm interpreter that forks a judge and a subject when told to.

It has imported what solutions import and never holds a request, so that no code, test or expected
value of anybody can be found in a child's memory. Children are forked through a short-lived
intermediate process: they become orphans, and with that children of the supervisor, which then
knows their exit status and resource usage first-hand.
"""

import gc
import json
import mmap
import os
import signal
import socket
import struct
import sys
from typing import NoReturn

from . import policy, seccomp, system

#: The supervisor's end of everything is closed-on-exec but this one.
CONTROL_FD = 3

#: What comes with a spawn message: subject's uid and judge's uid, -1 for "stay who you are".
SPAWN = struct.Struct("<ii")
#: The answer: pids of subject and judge.
SPAWNED = struct.Struct("<ii")

#: Descriptors that come along: subject's stdin, stdout, stderr; channel ends of subject and judge;
#: the judge's control socket.
_DESCRIPTORS = 6

#: What a solution may import, and which calls it may make of the kernel.
Rules = tuple[policy.Policy, seccomp.Filter]

#: Orders after which nothing changes any more; the longest free list in question holds 80 objects.
_STEADY_AFTER = 120
_SPAWNS = 4


def main() -> NoReturn:
    """Warm up, say so, and fork on demand until the supervisor is gone."""
    system.die_with_parent()
    system.hide_from_ptrace()
    settings = json.loads(sys.argv[2])
    control = socket.socket(fileno=CONTROL_FD)
    # imported here and not above: the supervisor shares this module's constants, and stays small
    from . import arrays, determinism, judge, subject, warm  # noqa: F401

    rules = policy.policy_of(settings["policy"])
    calls = seccomp.for_this_machine(settings["calls"])
    determinism.settle(settings["entropy"], settings["clock"])
    warm.load(rules)
    arrays.install()
    system.drop_environment()
    gc.collect()
    gc.freeze()
    pids = mmap.mmap(-1, SPAWNED.size)
    _reach_steady_state((rules, calls), pids)
    control.send(b"ready fixed" if system.addresses_are_fixed() else b"ready random")
    while True:
        uids, descriptors = _next(control)
        _spawn((rules, calls), uids, descriptors, pids)
        control.send(pids[:])
        for fd in descriptors:
            os.close(fd)


def _next(control: socket.socket) -> tuple[tuple[int, int], list[int]]:
    """Wait for an order; ends the process when there will be none."""
    try:
        message, descriptors, _, _ = socket.recv_fds(control, 64, _DESCRIPTORS)
    except ConnectionResetError:
        os._exit(0)
    if not message:
        os._exit(0)
    return SPAWN.unpack(message), descriptors


def _reach_steady_state(rules: Rules, pids: mmap.mmap) -> None:
    """Fill the interpreter's free lists with what an order leaves behind.

    Until they are full, each order moves the place of the next objects, and with that the ``id``
    that a program sees, by a few bytes.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        for turn in range(_STEADY_AFTER):
            socket.send_fds(ours, [SPAWN.pack(-1, -1)], [CONTROL_FD] * _DESCRIPTORS)
            for fd in _next(theirs)[1]:
                os.close(fd)
            if turn < _SPAWNS:
                _spawn(rules, (-1, -1), [], pids)
                pids[:]


def _spawn(rules: Rules, uids: tuple[int, int], fds: list[int], pids: mmap.mmap) -> None:
    """Fork a pair through an intermediate process; leaves the pair's pids in ``pids``."""
    pids[:] = SPAWNED.pack(0, 0)  # what is told when a fork fails
    middle = os.fork()
    if middle:
        # Only when it is gone are the children the supervisor's: until then they must not ask to
        # die with their parent, so nobody hears of them before.
        os.waitpid(middle, 0)
        return
    try:
        if not fds:
            return
        subject_pid = os.fork()
        if not subject_pid:
            _become_subject(rules, uids[0], fds[:4])
        judge_pid = os.fork()
        if not judge_pid:
            _become_judge(uids[1], fds[4:])
        pids[:] = SPAWNED.pack(subject_pid, judge_pid)
    finally:
        os._exit(0)


def _become_subject(rules: Rules, uid: int, fds: list[int]) -> NoReturn:
    from . import subject

    try:
        system.prefer_as_oom_victim(1000)
        system.place_descriptors(fds)
        system.become(None if uid < 0 else uid)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        subject.main(socket.socket(fileno=3), *rules)
    finally:
        os._exit(70)


def _become_judge(uid: int, fds: list[int]) -> NoReturn:
    from . import judge

    try:
        null = os.open(os.devnull, os.O_RDWR)
        system.place_descriptors([null, null, null, *fds])
        system.become(None if uid < 0 else uid)
        system.hide_from_ptrace()
        judge.main(socket.socket(fileno=3), socket.socket(fileno=4))
    finally:
        os._exit(70)
