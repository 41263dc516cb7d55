"""The subject's filter, decided step by step here, and by the kernel in a child."""

import functools
import json
import subprocess
import sys
from typing import Any

import pytest

from runner import resources
from runner.backends import seccomp_profiles
from runner.worker.kernel.seccomp import AUDIT, Filter, Own, Step, allowed
from runner.worker.kernel.syscall_numbers import NUMBERS

pytestmark = pytest.mark.user

ALLOWED, EPERM, ENOENT, EBADF, ENOSYS = 0x7FFF0000, 0x50001, 0x50002, 0x50009, 0x50026
ESRCH, EAGAIN, EINVAL, ENOPROTOOPT = 0x50003, 0x5000B, 0x50016, 0x5005C
OWN_PID = int(Own.PID)
#: Where own memory begins, and what is behind its end, in a filter that no process has filled in.
FLOOR = Own.FLOOR_UPPER << 32 | Own.FLOOR_LOWER
CEILING = Own.CEILING_UPPER << 32 | Own.CEILING_LOWER
OWN = (FLOOR, FLOOR + 8, FLOOR + (1 << 32) - 4096, CEILING - (1 << 32), CEILING - 4)
FOREIGN = (0, 4096, FLOOR - 4, FLOOR - (1 << 32), CEILING, CEILING + 8, CEILING + (9 << 32))
MINUS = 0xFFFFFFFF
THREAD, FORK = 0x3D0F00, 17
PROFILE = seccomp_profiles.subject()
WITH_FILES = seccomp_profiles.subject_with_files()


@functools.cache
def steps_of(machine: str, *, files: bool = False) -> list[Step]:
    return Filter(WITH_FILES if files else PROFILE, machine).steps


def decide(
    machine: str, name: str | int, *args: int, audit: int | None = None, files: bool = False
) -> int:
    """Run the filter as the kernel would."""
    number = NUMBERS[machine][name] if isinstance(name, str) else name
    data = {0: number, 4: AUDIT[machine] if audit is None else audit}
    for index, arg in enumerate((*args, *[0] * 6)):
        data |= {16 + 8 * index: arg & MINUS, 20 + 8 * index: arg >> 32 & MINUS}
    steps, at, value = steps_of(machine, files=files), 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        match code:
            case 0x06:
                return operand
            case 0x20:
                value = data[operand]
            case 0x54:
                value &= operand
            case 0x05:
                at += operand
            case _:
                holds = {0x15: value == operand, 0x25: value > operand, 0x35: value >= operand}
                at += if_true if holds[code] else if_false


#: Call, arguments, decision; a call that one machine does not have is looked at on the other one.
DECISIONS: list[tuple[str, tuple[int, ...], int]] = [
    # computation
    *[
        (name, (), ALLOWED)
        for name in ("read", "write", "brk", "munmap", "poll", "select", "lseek")
    ],
    *[(name, (), ALLOWED) for name in ("exit", "exit_group", "getpid", "rt_sigreturn", "ppoll")],
    *[(name, (), ALLOWED) for name in ("getrandom", "clock_gettime", "nanosleep", "epoll_pwait")],
    *[("mmap", (0, 4096, 3, flags), ALLOWED) for flags in (0x22, 0x4022, 0x20022, 0x32)],
    *[("mmap", (0, 4096, prot, 0x22), EPERM) for prot in (7, 4, 8, 1 << 32 | 3)],
    *[("mmap", (0, 4096, 3, 0x22 | flag), EPERM) for flag in (0x40000, 0x100, 0x2000, 0x8000)],
    *[
        ("mmap", (0, 4096, 3, flags), EPERM)
        for flags in (2, 1, 0x28, 0x20, 0x21, 0x23, 1 << 32 | 0x22)
    ],
    ("mprotect", (0, 4096, 3), ALLOWED),
    *[("mprotect", (0, 4096, prot), EPERM) for prot in (0, 1, 2, 5, 7, 0x1000003, 1 << 63 | 3)],
    *[("mremap", (place, 4096, 8192, 1), ALLOWED) for place in OWN],
    *[("mremap", (place, 4096, 8192, flags), EPERM) for place in OWN for flags in (3, 5, 1 << 32)],
    *[("mremap", (place, 4096, 8192, 1), EPERM) for place in FOREIGN],
    *[("madvise", (0, 4096, advice), ALLOWED) for advice in (0, 3, 4, 8, 15)],
    *[("madvise", (0, 4096, advice), EINVAL) for advice in (9, 12, 14, 20, 23, 25, 100)],
    # locks
    *[("futex", (0, op), ALLOWED) for op in (128, 129, 131, 137, 393)],
    *[("futex", (0, op), ENOSYS) for op in (0, 1, 3, 5, 6, 9, 10, 11, 12, 13, 134, 139, 141)],
    *[("futex", (place, 265), ALLOWED) for place in OWN],
    *[("futex", (place, 265), EAGAIN) for place in FOREIGN],
    ("membarrier", (1,), ENOSYS),
    ("rseq", (0, 32, 0), ALLOWED),
    ("rseq", (0, 32, 2), EPERM),
    # clocks
    *[("clock_gettime", (clock,), ALLOWED) for clock in (0, 1, 2, 3, 7, 11, -6 & MINUS)],
    *[("clock_gettime", ((~tid << 3 | 6) & MINUS,), ALLOWED) for tid in (1, 77)],
    *[("clock_gettime", ((~pid << 3 | 2) & MINUS,), EINVAL) for pid in (1, 77)],
    *[("clock_getres", ((~1 << 3 | kind) & MINUS,), EINVAL) for kind in (0, 1, 2, 3, 4, 5)],
    *[("clock_nanosleep", (clock, flags), ALLOWED) for clock in (0, 1) for flags in (0, 1)],
    *[("clock_nanosleep", (clock, 0), EINVAL) for clock in (2, 3, 7, -6 & MINUS, (~1 << 3) | 2)],
    *[("setitimer", (which,), ALLOWED) for which in (0, 1, 2)],
    ("setitimer", (3,), EINVAL),
    ("getrusage", (MINUS,), ALLOWED),
    ("sched_getaffinity", (0,), ALLOWED),
    ("sched_getaffinity", (1,), ESRCH),
    ("getrandom", (0, 8, 1), ALLOWED),
    ("getrandom", (0, 8, 4), EPERM),
    ("pkey_mprotect", (0, 4096, 1), EPERM),
    # threads, no processes
    ("clone", (THREAD,), ALLOWED),
    ("clone", (THREAD | 0x400000,), ALLOWED),
    ("clone", (FORK,), EPERM),
    ("clone", (THREAD | 0x10000000,), EPERM),  # CLONE_NEWUSER
    ("clone", (THREAD | FORK,), EPERM),
    ("clone3", (), ENOSYS),
    ("fork", (), EPERM),
    ("vfork", (), EPERM),
    ("execve", (), EPERM),
    ("execveat", (), EPERM),
    # signals
    ("kill", (OWN_PID, 9), ALLOWED),
    *[("kill", (other & 0xFFFFFFFF, 0), EPERM) for other in (0, 1, -1, 2, OWN_PID - 1)],
    ("tgkill", (OWN_PID, 5, 0), ALLOWED),
    ("tgkill", (1, 1, 9), EPERM),
    *[(name, (), EPERM) for name in ("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")],
    *[(name, (), EPERM) for name in ("pidfd_open", "pidfd_send_signal", "pidfd_getfd")],
    # files
    *[(name, (), EPERM) for name in ("openat2", "creat", "getdents64")],
    *[("openat", (0, 0, flags), ENOENT) for flags in (0, 0x80000, 0x10000)],  # to read
    *[("openat", (0, 0, flags), EPERM) for flags in (1, 2, 3, 0x41, 0x80001)],
    *[("open", (0, flags), ENOENT) for flags in (0, 0x80000)],
    *[("open", (0, flags), EPERM) for flags in (1, 2, 0x241)],
    *[(name, (), ENOENT) for name in ("stat", "lstat", "statx", "access", "faccessat", "readlink")],
    *[(name, (), EPERM) for name in ("mkdirat", "unlinkat", "linkat", "symlinkat", "renameat2")],
    *[(name, (), EPERM) for name in ("mknodat", "fchmodat", "fchownat", "chdir", "truncate")],
    *[(name, (), EPERM) for name in ("ftruncate", "fallocate", "sendfile", "splice", "flock")],
    *[("newfstatat", (1, 1, 0, flags), ENOENT) for flags in (0, 0x1000)],  # AT_EMPTY_PATH
    # descriptors
    ("close", (0,), ALLOWED),
    ("close", (3,), EBADF),
    ("close_range", (0, 100), 0x50000),
    ("close_range", (4, 100), ALLOWED),
    ("close_range", (4, 100, 2), 0x50000),  # CLOSE_RANGE_UNSHARE
    ("dup3", (1, 5), ALLOWED),
    ("dup3", (1, 5, 1), EPERM),
    ("dup3", (1, 3), EBADF),
    ("dup2", (1, 3), EBADF),
    *[("fcntl", (0, command), ALLOWED) for command in (0, 1, 2, 3, 4, 1030)],
    *[("fcntl", (0, 4, flags), ALLOWED) for flags in (0x800, 0x802)],
    *[("fcntl", (0, 4, flags), EPERM) for flags in (0x4000, 0x10000, 0x2000, 0x400)],
    *[("pipe2", (0, flags), ALLOWED) for flags in (0, 0x80000, 0x80800)],
    *[("pipe2", (0, flags), EPERM) for flags in (0x4000, 0x10000, 0x80)],
    ("eventfd2", (0, 0x80801), ALLOWED),
    ("eventfd2", (0, 2), EPERM),
    *[("fcntl", (0, command), EPERM) for command in (8, 10, 1024, 1026, 1031, 1033)],
    *[("ioctl", (0, request), ALLOWED) for request in (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)],
    *[("ioctl", (0, request), EPERM) for request in (0x5412, 0x541C, 0x5452, 0x894C)],
    # network
    *[("socketpair", (1, kind), ALLOWED) for kind in (1, 2, 5, 0x80801)],
    *[("socketpair", (1, kind), EPERM) for kind in (3, 0x10001)],
    *[("socketpair", (family, 1), EPERM) for family in (2, 16)],
    ("socketpair", (1, 1, 1), EPERM),
    *[("sendto", (3, 0, 1, flags, 0, 9), ALLOWED) for flags in (0, 0x4000, 0x40)],
    *[("sendto", (3, 0, 1, flags), EPERM) for flags in (1, 0x4001, 0x20000000)],
    *[("sendto", (3, 0, 1, 0, place, 0), EPERM) for place in (1, 1 << 32, 0x7FFF00000000)],
    *[("recvfrom", (3, 0, 1, flags), ALLOWED) for flags in (0, 2, 0x40, 0x100)],
    *[("recvfrom", (3, 0, 1, flags), EPERM) for flags in (1, 0x2000, 3)],
    *[("getsockopt", (3, 1, option), ALLOWED) for option in (3, 4, 38, 39)],
    *[("getsockopt", (3, 1, option), ENOPROTOOPT) for option in (17, 26, 56, 57, 59, 77)],
    ("getsockopt", (3, 6, 3), ENOPROTOOPT),
    *[("setsockopt", (3, 1, option), ENOPROTOOPT) for option in (2, 12, 26, 46, 50, 76)],
    ("shutdown", (3, 2), ALLOWED),
    ("shutdown", (3, 3), EPERM),
    *[(name, (), EPERM) for name in ("socket", "connect", "bind", "listen", "accept", "accept4")],
    *[(name, (), EPERM) for name in ("sendmsg", "recvmsg", "sendmmsg", "recvmmsg")],
    # itself and the kernel
    ("prctl", (15,), ALLOWED),
    *[("prctl", (option,), EPERM) for option in (1, 4, 8, 22, 23, 35, 36, 38)],
    ("prlimit64", (0,), ALLOWED),
    ("prlimit64", (1,), EPERM),
    *[(name, (), EPERM) for name in ("setrlimit", "setpriority", "sched_setaffinity")],
    *[(name, (), EPERM) for name in ("sched_setscheduler", "ioprio_set", "personality", "uname")],
    *[(name, (), EPERM) for name in ("setuid", "setgid", "setresuid", "setgroups", "capset")],
    *[(name, (), EPERM) for name in ("setsid", "setpgid", "unshare", "setns", "chroot", "mount")],
    *[(name, (), EPERM) for name in ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp")],
    *[(name, (), EPERM) for name in ("bpf", "perf_event_open", "userfaultfd", "seccomp")],
    *[(name, (), EPERM) for name in ("io_uring_setup", "memfd_create", "inotify_init1")],
    *[(name, (), EPERM) for name in ("shmget", "msgget", "semget", "mq_open", "add_key", "keyctl")],
    *[(name, (), EPERM) for name in ("init_module", "kexec_load", "reboot", "sysinfo", "syslog")],
    *[(name, (), EPERM) for name in ("modify_ldt", "iopl", "arch_prctl", "set_thread_area")],
]


@pytest.mark.parametrize("machine", AUDIT)
def test_the_filter_decides_as_the_table_says(machine: str) -> None:
    """Deny by default, with errors; on both machines."""
    for name, args, wanted in DECISIONS:
        if name in NUMBERS[machine]:
            assert decide(machine, name, *args) == wanted, (name, args)


def test_every_call_of_the_table_exists_somewhere() -> None:
    known = {name for numbers in NUMBERS.values() for name in numbers}
    assert {name for name, _, _ in DECISIONS} <= known


@pytest.mark.parametrize("machine", AUDIT)
def test_what_no_rule_names_is_refused(machine: str) -> None:
    """Numbers that do not exist yet included: a new kernel brings nothing new."""
    named = {name for rule in PROFILE["syscalls"] for name in rule["names"]}
    for name in NUMBERS[machine].keys() - named:
        assert decide(machine, name) == EPERM, name
    for number in (0x3FFFFFFF, 451, 500, 1000):
        assert decide(machine, number) == EPERM
    assert len(allowed(PROFILE, machine)) < 90


@pytest.mark.parametrize("machine", AUDIT)
def test_calls_by_the_rules_of_another_machine_do_not_exist(machine: str) -> None:
    """32-bit calls on a 64-bit machine, and x32."""
    for audit in (0x40000003, 0x40000028, *({*AUDIT.values()} - {AUDIT[machine]})):
        assert decide(machine, "read", audit=audit) == ENOSYS
    assert decide("x86_64", 0x40000000) == ENOSYS


@pytest.mark.parametrize("machine", AUDIT)
def test_jumps_stay_inside(machine: str) -> None:
    """No instruction leads behind the last one, which returns."""
    steps = Filter(PROFILE, machine).steps
    assert steps[-1].code == 0x06
    for at, (code, if_true, if_false, _) in enumerate(steps):
        if code not in (0x06, 0x20, 0x54):
            assert at + 1 + max(if_true, if_false) < len(steps)


@pytest.mark.parametrize(
    "rule",
    [
        {"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["read"], "action": "SCMP_ACT_TRACE"},
        {
            "names": ["read"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "op": "SCMP_CMP_ODD", "value": 1}],
        },
        {
            "names": ["read"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "op": "SCMP_CMP_GE", "value": [1, 2]}],
        },
        *[
            {
                "names": ["read"],
                "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "op": op, "value": value, "bits": 64}],
            }
            for op, value in (("SCMP_CMP_GE", 1), ("SCMP_CMP_NE", 1), ("SCMP_CMP_EQ", [1, 2]))
        ],
    ],
)
def test_a_profile_with_a_mistake_is_refused(rule: dict[str, Any]) -> None:
    """A misspelt name must not mean that a rule silently does nothing."""
    with pytest.raises(ValueError, match=r"unknown|a list of values|both halves"):
        Filter({"defaultErrnoRet": 1, "syscalls": [rule]}, "x86_64")


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        Filter(PROFILE, "riscv64")


@pytest.mark.parametrize("name", ["container.json", "subject.json", "files.json"])
def test_profiles_give_reasons_and_know_their_calls(name: str) -> None:
    """Engines ignore unknown names silently; the few that our table lacks are listed here."""
    profile = json.loads(resources.read_text("seccomp", name))
    assert profile.get("defaultAction") == (None if name == "files.json" else "SCMP_ACT_ERRNO")
    known = {call for numbers in NUMBERS.values() for call in numbers} | {"futex_time64", "waitpid"}
    explained: set[str] = set()
    for rule in profile["syscalls"]:
        assert set(rule["names"]) <= known
        assert rule["names"] == sorted(rule["names"])
        assert rule.get("comment") or explained & set(rule["names"])
        explained |= set(rule["names"])


#: What is decided otherwise with a work directory. Everything else is as without.
_OPEN = 0o101 | 0o2000 | 0o1000000 | 0x10000
WITH_FILES_DECISIONS: list[tuple[str, tuple[int, ...], int]] = [
    *[("openat", (0, 0, flags), ALLOWED) for flags in (0, 1, 2, 0x241, _OPEN, 0x410002)],
    *[("openat", (0, 0, flags), ENOENT) for flags in (0x200000, 0x2000, 0x2000000)],  # O_PATH
    *[("openat", (0, 0, flags), EPERM) for flags in (0x2002, 0x200001, 1 << 31 | 1)],
    *[("open", (0, flags), ALLOWED) for flags in (0, 0x241)],
    ("open", (0, 0x2001), EPERM),
    *[("newfstatat", (1, 1, 0, flags), ALLOWED) for flags in (0, 0x100, 0x1000)],
    ("newfstatat", (1, 1, 0, 0x10000), ENOENT),
    *[(name, (), ALLOWED) for name in ("stat", "lstat", "access", "faccessat", "readlink")],
    *[(name, (), ALLOWED) for name in ("mkdirat", "symlinkat", "chdir", "truncate", "getdents64")],
    *[("unlinkat", (0, 0, flags), ALLOWED) for flags in (0, 0x200)],
    ("unlinkat", (0, 0, 1), EPERM),
    *[("renameat2", (0, 0, 0, 0, flags), ALLOWED) for flags in (0, 1, 2)],
    *[("renameat2", (0, 0, 0, 0, flags), EPERM) for flags in (3, 4, 8)],
    ("linkat", (0, 0, 0, 0, 0x400), ALLOWED),
    ("linkat", (0, 0, 0, 0, 0x1000), EPERM),
    *[("fchmodat", (0, 0, mode), ALLOWED) for mode in (0o644, 0o777, 0o1755)],
    *[("fchmodat", (0, 0, mode), EPERM) for mode in (0o4755, 0o2755)],
    *[("flock", (0, how), ALLOWED) for how in (1, 2, 5, 6, 8)],
    *[("flock", (0, how), EPERM) for how in (0, 32, 64)],
    *[("fcntl", (0, command), ALLOWED) for command in (5, 6, 7)],
    *[("fcntl", (0, command), EPERM) for command in (8, 9, 36, 37, 1024, 1026, 1033)],
    ("fcntl", (0, 4, 0xC00), ALLOWED),
    *[("fcntl", (0, 4, flags), EPERM) for flags in (0x2000, 0x4000)],
    *[("fallocate", (0, mode), ALLOWED) for mode in (0, 1, 3)],
    ("fallocate", (0, 8), EPERM),
    *[(name, (), EPERM) for name in ("mknodat", "mknod", "fchownat", "chown", "chroot", "mount")],
    *[(name, (), EPERM) for name in ("openat2", "creat", "open_by_handle_at", "name_to_handle_at")],
    *[(name, (), EPERM) for name in ("inotify_init1", "fanotify_init", "splice", "setfsuid")],
    *[("mmap", (0, 4096, prot, flags, 4), EPERM) for prot in (1, 3, 5) for flags in (1, 2)],
    ("copy_file_range", (), 0x50012),
    ("setxattr", (), 0x5005F),
    ("close", (3,), EBADF),
    ("execve", (), EPERM),
]


@pytest.mark.parametrize("machine", AUDIT)
def test_decisions_with_files(machine: str) -> None:
    known = [each for each in WITH_FILES_DECISIONS if each[0] in NUMBERS[machine]]
    made = [(name, args, decide(machine, name, *args, files=True)) for name, args, _ in known]
    assert made == known


@pytest.mark.parametrize("machine", AUDIT)
def test_files_change_nothing_but_what_is_about_files(machine: str) -> None:
    """Whatever the profile of files does not name is decided as without it."""
    named = {
        name
        for rule in WITH_FILES["syscalls"][: -len(PROFILE["syscalls"])]
        for name in rule["names"]
    }
    for name, args, decision in DECISIONS:
        if name in NUMBERS[machine] and name not in named:
            assert decide(machine, name, *args, files=True) == decision, (name, args)


def test_the_container_profile_has_no_foreign_architectures() -> None:
    """And never both ways to name them, which engines reject."""
    profile = json.loads(seccomp_profiles.container())
    assert "architectures" not in profile
    assert {each["architecture"] for each in profile["archMap"]} == {
        "SCMP_ARCH_X86_64",
        "SCMP_ARCH_AARCH64",
    }
    assert not any(each["subArchitectures"] for each in profile["archMap"])


def test_a_subject_may_do_nothing_that_its_container_may_not() -> None:
    """Or else honest programs would meet other errors with and without a container."""
    container = json.loads(seccomp_profiles.container())
    for machine in AUDIT:
        assert allowed(WITH_FILES, machine) <= allowed(container, machine)


_CHILD = """
import os, socket, sys, threading
from runner.backends import seccomp_profiles
from runner.worker.kernel import process, seccomp
process.forbid_new_privileges()
if sys.argv[1] == "confined":
    seccomp.for_this_machine(seccomp_profiles.subject()).confine()
def can(action, *args):
    try:
        action(*args)
    except OSError:
        return False
    return True
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
os.kill(os.getpid(), 0)
print([can(os.kill, os.getppid(), 0), can(lambda: os.fork() or os._exit(0)), can(socket.socket),
       can(open, "/dev/null"), can(os.listdir, "/")])
"""


@pytest.mark.parametrize(("mode", "possible"), [("confined", False), ("free", True)])
def test_the_kernel_agrees(mode: str, possible: bool) -> None:
    """Threads and signals to itself go on; without the filter the rest is possible too."""
    command = [sys.executable, "-c", _CHILD, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["thread", str([possible] * 5)]
