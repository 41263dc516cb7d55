"""The zygote: a warm interpreter that forks a judge and a subject when told to.

It has imported what solutions import and never holds a request, so that no code, test or expected
value of anybody can be found in a child's memory. The supervisor kills the children and asks here
how they ended: until it asks they stay zombies, so that no pid means somebody else meanwhile.
"""

import gc
import json
import os
import signal
import socket
import struct
import sys
from typing import NoReturn

from . import policy, seccomp, system

#: The supervisor's end of everything is closed-on-exec but this one.
CONTROL_FD = 3

#: A message with descriptors: subject's uid and judge's uid, -1 for "stay who you are".
SPAWN = struct.Struct("<ii")
#: The answer: pids of subject and judge, zeros when there could be no fork.
SPAWNED = struct.Struct("<ii")
#: A message without descriptors: pids of a subject and a judge to wait for.
REAP = struct.Struct("<ii")
#: The answer: the subject's wait status and peak memory in KiB.
REAPED = struct.Struct("<iq")

#: Descriptors that come along: subject's stdin, stdout, stderr; channel ends of subject and judge;
#: the judge's control socket. The judge also gets stdout and stderr, to see whether they are empty.
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
    system.note_footprint()
    _reach_steady_state()
    control.send(b"ready fixed" if system.addresses_are_fixed() else b"ready random")
    while True:
        message, descriptors = _next(control)
        control.send(_obey((rules, calls), message, descriptors))


def _next(control: socket.socket) -> tuple[bytes, list[int]]:
    """Wait for an order; ends the process when there will be none."""
    try:
        message, descriptors, _, _ = socket.recv_fds(control, 64, _DESCRIPTORS)
    except ConnectionResetError:
        os._exit(0)
    if not message:
        os._exit(0)
    return message, descriptors


def _obey(rules: Rules | None, message: bytes, fds: list[int]) -> bytes:
    """Do what an order says; return the answer."""
    if not fds:
        subject_pid, judge_pid = REAP.unpack(message)
        return _reap(subject_pid, judge_pid)
    answer = _spawn(rules, SPAWN.unpack(message), fds)
    for fd in fds:
        os.close(fd)
    return answer


def _reach_steady_state() -> None:
    """Fill the interpreter's free lists with what an order leaves behind.

    Until they are full, each order moves the place of the next objects, and with that the ``id``
    that a program sees, by a few bytes.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        for turn in range(_STEADY_AFTER):
            socket.send_fds(ours, [SPAWN.pack(-1, -1)], [CONTROL_FD] * _DESCRIPTORS)
            message, fds = _next(theirs)
            if turn >= _SPAWNS:
                for fd in fds:
                    os.close(fd)
                continue
            ours.send(_obey(None, message, fds))
            _obey(None, *_next(theirs))


def _spawn(rules: Rules | None, uids: tuple[int, int], fds: list[int]) -> bytes:
    """Fork a pair; without rules, one that ends at once."""
    try:
        subject_pid = os.fork()
    except OSError:
        return SPAWNED.pack(0, 0)
    if not subject_pid:
        if rules is None:
            os._exit(0)
        _become_subject(rules, uids[0], fds[:4])
    try:
        judge_pid = os.fork()
    except OSError:
        os.kill(subject_pid, signal.SIGKILL)
        os.waitpid(subject_pid, 0)
        return SPAWNED.pack(0, 0)
    if not judge_pid:
        if rules is None:
            os._exit(0)
        _become_judge(uids[1], [*fds[4:], *fds[1:3]])
    return SPAWNED.pack(subject_pid, judge_pid)


def _reap(subject_pid: int, judge_pid: int) -> bytes:
    """Wait for a killed pair. No loop, no list: nothing may be left for the next order's ids."""
    _, status, usage = os.wait4(subject_pid, 0)
    os.waitpid(judge_pid, 0)
    return REAPED.pack(status, usage.ru_maxrss)


def _become_subject(rules: Rules, uid: int, fds: list[int]) -> NoReturn:
    from . import subject

    try:
        system.prefer_as_oom_victim(1000)
        system.place_descriptors(fds)
        system.become(None if uid < 0 else uid)
        system.die_with_parent()
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
        system.die_with_parent()
        judge.main(socket.socket(fileno=3), socket.socket(fileno=4), outputs=(5, 6))
    finally:
        os._exit(70)
