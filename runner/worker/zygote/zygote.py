"""The zygote: two warm processes; on request, one of them forks judges and the other subjects.

They have imported what solutions import, and have rehearsed an execution together, so that a forked
process has little left to do for the first time. They never hold a request, so that no code, test
or expected value can be found in a forked process's memory.

Between two forks a zygote does almost nothing: it reads a ring, forks, and writes the pid. The
forked process receives its descriptors itself. Any allocation in between would move the objects of
later processes, and so change the ``id`` that a program sees. Forked processes are siblings of the
zygote, so the supervisor is their parent and reaps them.
"""

import gc
import json
import os
import signal
import socket
import sys
from typing import Any, NamedTuple, NoReturn

from ..boundary import library_classes, shared_globals
from ..codec import numpy_types, pandas_types
from ..determinism import file_status, state
from ..judge.evaluation import evaluated_text
from ..judge.judge import main as judge_main
from ..judge.judge import rehearse
from ..kernel import process, seccomp, stack
from ..packages.installed import installed
from ..protocol.files import WORK
from ..subject import import_policy
from ..subject.program import Program
from ..subject.subject_session import main as subject_main
from ..subject.subject_session import serve
from . import page_sharing, preload
from .orders import JUDGE, MISSING, ORDER, SUBJECT
from .packages import Packages

#: By role: the descriptors where a zygote hears the bell, and where its child gets its order.
_BELLS = (3, 4)
_ORDERS = (5, 6)

#: A subject's standard streams and channel; a judge's channel, control, and the subject's outputs.
_DESCRIPTORS = 4

#: Number of rehearsals. They let the interpreter specialise the code of both zygotes (CPython does
#: so within the first dozen calls), and touch all the memory that an execution touches.
_REHEARSALS = 20


_PROFILES = ("calls", "calls_with_files")


class Filters(NamedTuple):
    """The system-call filters of a subject: without a work directory, and with one."""

    plain: seccomp.Filter
    with_files: seccomp.Filter


class SubjectParts(NamedTuple):
    """What a subject inherits of its zygote; program and limits are still to be set."""

    program: Program
    packages: Packages
    filters: Filters
    threads: int | None


def main() -> NoReturn:
    """Warm up, split in two, report that, and fork on demand until the supervisor ends."""
    process.die_with_parent()
    process.hide_from_ptrace()
    stack.deepen()
    settings = json.loads(sys.argv[2])
    rules = import_policy.policy_of(settings["policy"])
    rules = rules._replace(offered=installed().modules)
    shared_globals.add_packages(installed().modules)
    filters = Filters(*(seccomp.for_this_machine(settings[each]) for each in _PROFILES))
    state.settle(settings["entropy"], settings["clock"])
    with file_status.without_numbers():
        packages = _load(rules, settings["policy"])
    gc.collect()
    page_sharing.keep_for_good()
    page_sharing.join_pages()  # before the split, so that both halves share the pages
    gc.freeze()
    judges_end, subjects_end = socket.socketpair()
    if process.fork_sibling():
        other = process.forked.value
        subjects_end.close()
        evaluated_text.install()
        rehearse(judges_end, _REHEARSALS)
        judges_end.close()
        addresses = "fixed" if process.addresses_are_fixed() else "random"
        os.write(_BELLS[JUDGE], f"{addresses} {other}".encode())
        _become_judge(*_fork_on_demand(JUDGE))
    process.mend_after_fork()
    process.die_with_parent()
    process.forbid_speculation()
    judges_end.close()
    _stand_in_for_standard_streams()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    packages.show()
    library_classes.keep_modules()
    child = SubjectParts(Program(rules), packages, filters, settings["threads"])
    serve(subjects_end, child.program)
    subjects_end.close()
    for each in filters:
        each.note_libraries()
    _become_subject(*_fork_on_demand(SUBJECT), child)


def _load(rules: import_policy.Policy, policy: Any) -> Packages:
    """Load what solutions may need; if something is missing, report it and exit."""
    packages = Packages()
    preload.load(rules)
    if missing := packages.preload() or import_policy.missing(policy):
        os.write(_BELLS[JUDGE], f"{MISSING} {missing}".encode())
        os._exit(1)
    numpy_types.install()
    pandas_types.install()
    with packages.environment_kept():
        process.drop_environment()
    return packages


def _stand_in_for_standard_streams() -> None:
    """Make the standard descriptors pipes, as in each child, for Python's streams."""
    for fd, end in ((0, 0), (1, 1), (2, 1)):
        ends = os.pipe()
        os.dup2(ends[end], fd)
        for each in ends:
            os.close(each)


def _fork_on_demand(role: int) -> tuple[tuple[int, int, bytes], list[int]]:
    """Fork at each ring; return in each child, with its order and descriptors."""
    for fd in (_BELLS[1 - role], _ORDERS[1 - role]):
        os.close(fd)
    gc.collect()
    page_sharing.keep_for_good()
    page_sharing.fill_holes()
    gc.freeze()
    process.note_footprint()
    _answer(_BELLS[role])
    process.mend_after_fork()
    with socket.socket(fileno=_ORDERS[role]) as orders:
        message, fds, _, _ = socket.recv_fds(orders, ORDER.size, _DESCRIPTORS + 1)
    if not message:
        os._exit(0)
    return ORDER.unpack(message), fds


def _answer(bell: int) -> None:
    """Fork at each ring; return in the child.

    Each turn frees its allocations in reverse order, so that every turn begins with the same free
    memory. So a turn must keep nothing for the next one.
    """
    while os.read(bell, 1):
        if not process.fork_sibling():
            return
        os.write(bell, process.forked)
    os._exit(0)


def _become_subject(order: tuple[int, int, bytes], fds: list[int], child: SubjectParts) -> NoReturn:
    uid, most_file_bytes, libraries = order
    program = child.program
    has_directory = len(fds) > _DESCRIPTORS
    calls = child.filters.with_files if has_directory else child.filters.plain
    try:
        process.prefer_as_oom_victim()
        child.packages.load(int.from_bytes(libraries, "little"), calls)
        if has_directory:
            process.change_root(fds.pop())
        process.place_descriptors(fds)
        process.become(None if uid < 0 else uid)
        if child.threads is not None:
            process.limit_threads(child.threads)
        process.die_with_parent()
        if has_directory:
            program.enter(f"/{WORK}")
        subject_main(socket.socket(fileno=3), program, calls, most_file_bytes)
    finally:
        os._exit(70)


def _become_judge(order: tuple[int, int, bytes], fds: list[int]) -> NoReturn:
    uid, *_ = order
    try:
        null = os.open(os.devnull, os.O_RDWR)
        process.place_descriptors([null, null, null, *fds])
        process.become(None if uid < 0 else uid)
        process.die_with_parent()
        judge_main(socket.socket(fileno=3), socket.socket(fileno=4), outputs=(5, 6))
    finally:
        os._exit(70)
