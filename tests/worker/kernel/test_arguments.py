"""Every argument that chooses something is constrained by the profile, or a reason says why not."""

import json
from typing import Any

import pytest

from runner.backends import seccomp_profiles
from runner.worker.kernel.syscall_numbers import NUMBERS

from .signatures import SELECTORS, SIGNATURES

SUBJECT: dict[str, Any] = seccomp_profiles.subject()
WITH_FILES: dict[str, Any] = seccomp_profiles.subject_with_files()
CONTAINER: dict[str, Any] = json.loads(seccomp_profiles.container())

#: Why the subject's filter leaves an argument open: the calls, with the number of the argument.
SUBJECT_REASONS = {
    "FUTEX_PRIVATE_FLAG: the kernel looks in this process alone": "futex:0",
    "woken when a thread ends, and no process can wait there: the filter lets none wait for it": (
        "clone:3 clone:4 set_robust_list:0"
    ),
    "the kernel looks for the thread in the process of the first argument": "tgkill:1",
    "for F_SETFL constrained; for the others a descriptor, FD_CLOEXEC, or nothing": "fcntl:2",
}
#: Why that of a subject with a work directory does, in addition.
FILES_REASONS = {
    **SUBJECT_REASONS,
    "nothing exists below the subject's root but what it has been given and makes itself": (
        "access:0 access:1 chdir:0 chmod:0 faccessat:1 faccessat:2 faccessat2:1 faccessat2:2"
        " fchmodat:1 link:0 link:1 linkat:1 linkat:3 lstat:0 mkdir:0 mkdirat:1 newfstatat:1"
        " open:0 openat:1 readlink:0 readlinkat:1 rename:0 rename:1 renameat:1 renameat:3"
        " renameat2:1 renameat2:3 rmdir:0 stat:0 statfs:0 statx:1 symlink:0 symlink:1"
        " symlinkat:0 symlinkat:2 truncate:0 unlink:0 unlinkat:1 utimensat:1"
    ),
    "which fields are filled in": "statx:3",
}
#: Why the container's profile does, for supervisor, zygotes and judges, and for a runtime.
CONTAINER_REASONS = {
    "the root is read-only and empty but for the interpreter and the worker": (
        "access:0 access:1 chdir:0 execve:0 execveat:1 execveat:4 faccessat:1 faccessat:2"
        " faccessat2:1 faccessat2:2 faccessat2:3 fadvise64:3 flock:1 lstat:0 newfstatat:1"
        " newfstatat:3 open:0 open:1 openat:1 openat:2 openat2:1 openat2:2 readlink:0 readlinkat:1"
        " stat:0 statfs:0 statx:1 statx:2 statx:3"
    ),
    "the supervisor reads the CPU clocks of the processes that it measures": (
        "clock_getres:0 clock_gettime:0"
    ),
    "the supervisor watches, stops and reaps what it has started; users are its own": (
        "getpgid:0 getsid:0 kill:0 pidfd_open:0 pidfd_open:1 pidfd_send_signal:3"
        " sched_getaffinity:0 setpgid:0 setpgid:1 tgkill:0 tgkill:1 tkill:0 wait4:0 wait4:2"
        " waitid:0 waitid:1 waitid:3"
    ),
    "only root can write, in the places for files; there it acts as the user of a program": (
        "chmod:0 chmod:1 chroot:0 fallocate:1 fchmod:1 fchmodat:1 fchmodat:2 link:0 link:1"
        " linkat:1 linkat:3 linkat:4 mkdir:0 mkdirat:1 rename:0 rename:1 renameat:1 renameat:3"
        " renameat2:1 renameat2:3 rmdir:0 symlink:0 symlink:1 symlinkat:0 symlinkat:2 truncate:0"
        " unlink:0 unlinkat:1 unlinkat:2 utimensat:1 utimensat:3"
    ),
    "it has no more rights than SETUID, SETGID, KILL and SYS_CHROOT": (
        "capget:0 capset:0 setfsuid:0 setgid:0 setresgid:0 setresgid:1 setresgid:2 setresuid:0"
        " setresuid:1 setresuid:2 setuid:0"
    ),
    "about the caller itself, with no more than that: timers, limits, masks, positions": (
        "arch_prctl:0 getitimer:0 getrlimit:0 getrusage:0 lseek:2 prlimit64:1 rseq:2"
        " rt_sigprocmask:0 setitimer:0 setrlimit:0 shutdown:1 msync:2"
    ),
    "libraries are mapped here, and memory is arranged": "mmap:2 mprotect:2 mremap:0 mremap:3",
    "a subject cannot wait by such an address; judges are not told of any": (
        "clone:3 clone:4 futex:0 set_robust_list:0"
    ),
    "no socket of a container has a name; descriptors travel between its own processes": (
        "sendmsg:1"
    ),
    "random numbers from one pool or the other": "getrandom:2",
    "descriptors that the caller makes for itself": (
        "dup3:2 epoll_create1:0 epoll_ctl:1 eventfd2:1 fcntl:2"
    ),
    "pairs of AF_UNIX: every type and protocol is the same code": "socketpair:1 socketpair:2",
    "absolute or relative times of a sleep": "clock_nanosleep:1",
}


def _open_arguments(profile: dict[str, Any]) -> set[str]:
    """Return the choosing arguments that some rule allows whatever they are."""
    return {
        f"{name}:{index}"
        for rule in profile["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]
        for index in SELECTORS.get(name, [])
        if index not in {arg["index"] for arg in rule.get("args", [])}
    }


@pytest.mark.parametrize(
    ("profile", "reasons"),
    [(SUBJECT, SUBJECT_REASONS), (WITH_FILES, FILES_REASONS), (CONTAINER, CONTAINER_REASONS)],
    ids=["subject", "files", "container"],
)
def test_what_chooses_is_constrained_or_has_a_reason(
    profile: dict[str, Any], reasons: dict[str, str]
) -> None:
    """On both machines, since a rule names calls of both; no reason outlives its argument."""
    explained = [argument for arguments in reasons.values() for argument in arguments.split()]
    assert _open_arguments(profile) == set(explained)
    assert len(explained) == len(set(explained))


@pytest.mark.parametrize(
    "profile", [WITH_FILES, CONTAINER], ids=["subject with files", "container"]
)
def test_the_signature_of_every_allowed_call_is_known(profile: dict[str, Any]) -> None:
    """But of those that no machine of ours has."""
    known = set().union(*NUMBERS.values())
    for rule in profile["syscalls"]:
        assert {*rule["names"]} & known <= SIGNATURES.keys()
        for arg in rule.get("args", []):
            assert all(arg["index"] < len(SIGNATURES[name]) for name in rule["names"])


def test_the_subject_compares_as_many_bits_as_the_kernel_reads() -> None:
    """Of a 32-bit number the kernel drops the upper half, of a long or an address it does not."""
    for rule in WITH_FILES["syscalls"]:
        for arg in rule.get("args", []):
            bits = 64 if arg["op"] == "own memory" else arg.get("bits", 32)
            for name in rule["names"]:
                assert bits == SIGNATURES[name][arg["index"]][1], name


def test_an_unconstrained_argument_is_found() -> None:
    """The test above bites: without the arguments of its rules the profile is open."""
    bare = {
        "syscalls": [
            {key: value for key, value in rule.items() if key != "args"}
            for rule in SUBJECT["syscalls"]
        ]
    }
    missing = _open_arguments(bare) - _open_arguments(SUBJECT)
    wanted = "sendto:4 sendto:3 clock_gettime:0 prctl:0 madvise:2 mmap:3 kill:0 getsockopt:2"
    assert missing >= set(wanted.split())
