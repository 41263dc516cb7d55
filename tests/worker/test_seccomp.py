"""The subject's filter, decided step by step here, and by the kernel in a child."""

import subprocess
import sys

import pytest

from runner.worker.seccomp import MACHINES, Machine, Step, program

_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
_PID = 4711
_OTHERS = {"read": 0, "write": 1, "mmap": 9, "socketpair": 53, "getpid": 39}


def _decide(machine: Machine, number: int, argument: int = 0, audit: int | None = None) -> int:
    """Run the filter as the kernel would."""
    data = {0: number, 4: machine.audit if audit is None else audit, 16: argument}
    steps, at, value = program(machine, _PID), 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            value = data[operand]
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            at += if_true if holds[code] else if_false


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_refused_calls_are_refused(machine: Machine) -> None:
    """Each of them, whatever the argument."""
    for number in machine.refused.values():
        assert _decide(machine, number) == _EPERM


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_signals_may_go_to_the_subject_itself(machine: Machine) -> None:
    """And to nobody else: not to its group, not to everybody."""
    for number in machine.own_only.values():
        assert _decide(machine, number, _PID) == _ALLOW
        for other in (0, 1, _PID + 1, 0xFFFFFFFF):
            assert _decide(machine, number, other) == _EPERM


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_threads_may_be_made_and_processes_may_not(machine: Machine) -> None:
    """By the flag that makes the difference; the newer call does not exist."""
    assert _decide(machine, machine.clone, 0x3D0F00) == _ALLOW
    assert _decide(machine, machine.clone, 17) == _EPERM
    assert _decide(machine, 435) == _ENOSYS


def test_other_calls_and_other_machines() -> None:
    """Computation is allowed; calls by the rules of another machine end the process."""
    machine = MACHINES["x86_64"]
    for number in _OTHERS.values():
        assert _decide(machine, number) == _ALLOW
    assert _decide(machine, 0, audit=0x40000003) == _KILL
    assert _decide(machine, 0x40000000 + 57) == _ENOSYS


def test_jumps_stay_inside() -> None:
    """No instruction leads behind the last one, which returns."""
    for machine in MACHINES.values():
        steps = program(machine, _PID)
        assert steps[-1].code == 0x06
        for at, (code, if_true, if_false, _) in enumerate(steps):
            if code not in (0x06, 0x20):
                assert at + 1 + max(if_true, if_false) < len(steps)
        assert isinstance(steps[0], Step)


_CHILD = """
import os, socket, sys, threading
from runner.worker import seccomp, system
system.forbid_new_privileges()
if sys.argv[1] == "confined":
    seccomp.confine()
def can(action, *args):
    try:
        action(*args)
    except PermissionError:
        return False
    return True
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
os.kill(os.getpid(), 0)
print([can(os.kill, os.getppid(), 0), can(lambda: os.fork() or os._exit(0)), can(socket.socket)])
"""


@pytest.mark.parametrize(("mode", "possible"), [("confined", False), ("free", True)])
def test_the_kernel_agrees(mode: str, possible: bool) -> None:
    """Threads and signals to itself go on; without the filter the rest is possible too."""
    command = [sys.executable, "-c", _CHILD, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["thread", str([possible] * 3)]
