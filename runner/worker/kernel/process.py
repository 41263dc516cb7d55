"""System calls that Python's ``os`` lacks, and the steps that lock a process down."""

import contextlib
import ctypes
import errno
import fcntl
import io
import math
import os
import resource
import select
import struct
import sys
import threading
from collections.abc import Iterator

from . import stack
from .cpu_accounting import cpu_seconds

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SPECULATION_CTRL = 53
#: Speculation past stores (Spectre 4), and on targets of indirect jumps (Spectre 2).
_STORE_BYPASS, _INDIRECT_BRANCH = 0, 1
_FORCE_DISABLE = 1 << 3  # PR_SPEC_FORCE_DISABLE: it cannot be enabled again
_ADDR_NO_RANDOMIZE = 0x0040000
_COLLAPSE = 25  # MADV_COLLAPSE
_ASK = 0xFFFFFFFF
_SIGKILL = 9
_OURSELVES = 0
#: CAP_SYS_CHROOT.
_SYS_CHROOT = 18
#: With this, ``setfsuid`` only returns the current value.
_UNCHANGED = -1

#: The number of ``clone``: the C library's fork cannot pass CLONE_PARENT.
_CLONE = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine, -1)
#: CLONE_PARENT, CLONE_PARENT_SETTID, and SIGCHLD when it ends.
_SIBLING = 0x8000 | 0x100000 | 17
#: Bytes of the C library's thread descriptor that are searched for the thread's id.
_NOTE_BYTES = 2048

_libc = ctypes.CDLL(None, use_errno=True)
#: Calls through this keep the GIL, which a child would otherwise have to take again.
_python = ctypes.PyDLL(None)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def hide_from_ptrace() -> None:
    """Make memory and descriptors of this process unreadable for its own user; dump no core."""
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, as PID 1 is anyway."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


#: In the parent, the pid of the last fork; in the child, -1.
forked = ctypes.c_int(-1)
_where_forked = ctypes.byref(forked)


def fork_sibling() -> bool:
    """Fork a child of our own parent; return True in the old process, False in the new one.

    The process must have one thread. Unlike ``os.fork``, this runs no hooks on either side: all
    locks of the interpreter are free, and its hooks take longer than the fork. The child must call
    ``mend_after_fork``.

    Afterwards ``forked`` holds the pid, or -1 if the fork failed. The pid is not made an ``int``
    object, since its size would decide whether that takes memory.
    """
    forked.value = -1
    return bool(_python.syscall(_CLONE, _SIBLING, 0, _where_forked, 0, 0) != 0)


def mend_after_fork() -> None:
    """Correct the thread id that the C library has stored: signals between threads use it."""
    if _thread_number is not None:
        _thread_number.value = _libc.getpid()


def _find_thread_number() -> ctypes.c_int | None:
    """Return where the C library stores the main thread's id; None if it is not found."""
    start, number = threading.get_ident(), _libc.getpid()
    note = ctypes.string_at(start, _NOTE_BYTES)
    numbers = struct.unpack(f"{_NOTE_BYTES // 4}i", note)
    if numbers.count(number) != 1:
        return None
    return ctypes.c_int.from_address(start + 4 * numbers.index(number))


_thread_number = _find_thread_number()


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent ends; a change of uid forgets this, so call it after."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def forbid_new_privileges() -> None:
    """Make setuid files powerless from here on."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def forbid_speculation() -> None:
    """Forbid speculative execution by which processes read or steer each other; best effort.

    Children inherit this. The call fails where the mode is fixed for the whole machine;
    ``/proc/PID/status`` shows the mode (``Speculation``).
    """
    for which in (_STORE_BYPASS, _INDIRECT_BRANCH):
        _libc.prctl(_PR_SET_SPECULATION_CTRL, which, _FORCE_DISABLE, 0, 0)


def keep_addresses_fixed() -> bool:
    """Switch address randomisation off from the next exec on; False where a profile forbids it."""
    return bool(_libc.personality(_ADDR_NO_RANDOMIZE) != -1)


def addresses_are_fixed() -> bool:
    """Return True if this program was started with address randomisation off."""
    persona = _libc.personality(ctypes.c_ulong(_ASK))  # filters compare 64 bits
    return bool(persona != -1 and persona & _ADDR_NO_RANDOMIZE)


def become(uid: int | None) -> None:
    """Drop to ``uid`` (user and group) for good; with None, keep user and group.

    A change of user sets the dumpable flag to ``fs.suid_dumpable``, so it is cleared again: a crash
    could start the machine's helper for core dumps, which ignores the size limit.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    forbid_new_privileges()
    hide_from_ptrace()


@contextlib.contextmanager
def file_access_as(uid: int) -> Iterator[None]:
    """Access files as another user; every other check of the kernel still sees our own user.

    Root without the file capabilities cannot read that user's files; as that user it cannot write
    root's files. The change makes the process dumpable, as in ``become``.
    """
    ours = os.geteuid()
    _set_file_user(uid)
    try:
        yield
    finally:
        _set_file_user(ours)
        hide_from_ptrace()


def _set_file_user(uid: int) -> None:
    _libc.setfsuid(uid)
    if _libc.setfsuid(_UNCHANGED) != uid:
        raise OSError(errno.EPERM, f"setfsuid({uid}): {os.strerror(errno.EPERM)}")


def may_change_root() -> bool:
    """Return whether this process has the capability SYS_CHROOT."""
    with io.FileIO("/proc/self/status") as file:
        _, _, rest = file.readall().partition(b"\nCapEff:")
    return bool(int(rest.split(maxsplit=1)[0], 16) >> _SYS_CHROOT & 1) if rest else False


def change_root(directory: int) -> None:
    """Make an open directory the root of this process, and close it."""
    os.fchdir(directory)
    os.chroot(".")
    os.close(directory)


def join_pages(start: int, size_bytes: int) -> bool:
    """Ask the kernel to move this memory to one huge page; return False if it refuses.

    This needs Linux 6.1 or later, and a free huge page.
    """
    return bool(_libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size_bytes), _COLLAPSE) == 0)


def note_footprint() -> None:
    """Note the memory of this process before it forks: the base of ``limit_memory``."""
    global _footprint
    with io.FileIO("/proc/self/statm") as file:  # in a subject, ``open`` is the solution's
        pages = [int(number) for number in file.read().split()]
    _footprint = pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


#: Address space and writable memory of the zygote, in bytes. All its children use the same base, so
#: that the ceiling does not depend on what else a child has done.
_footprint = 0, 0


#: Most descriptors of a judge or a subject.
_MOST_DESCRIPTORS = 64

#: Hard limits of the supervisor, which its children cannot exceed.
_SUPERVISORS = {
    # The host would write a core dump, outside of the container.
    resource.RLIMIT_CORE: 0,
    # It uses about twenty. Children have limits of their own.
    resource.RLIMIT_NOFILE: 1024,
    # Queued signals and timers take kernel memory.
    resource.RLIMIT_SIGPENDING: 1024,
}


def limit_supervisor() -> None:
    """Lower the hard limits of this process; an engine may apply none (rootless Podman 5.4)."""
    for limit, most in _SUPERVISORS.items():
        ceiling = _most(limit)
        lowest = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(limit, (lowest, lowest))


def limit_memory(extra_bytes: int, *, hard: bool = True) -> None:
    """Limit memory to ``extra_bytes`` more than the zygote's; above that comes MemoryError.

    Unless ``hard``, the process may change the limit again.

    The limit counts writable private memory. The limit of the address space is far higher: the C
    library reserves 64 MiB of it for each thread, and uses little of it. A large stack of a thread
    is reserved too, but the kernel counts it as data: see ``make_room_for_stack``.
    """
    size, data = _footprint
    for limit, ceiling, reserve in (
        (resource.RLIMIT_DATA, data + extra_bytes, stack.DEEP_BYTES),
        (resource.RLIMIT_AS, size + 16 * extra_bytes, 0),
    ):
        most = ceiling + reserve if hard else _most(limit)
        resource.setrlimit(limit, (ceiling, most))


def make_room_for_stack() -> None:
    """Raise the memory limit by one large stack of a thread, which the kernel counts as data."""
    most = _most(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _most(limit: int) -> int:
    return resource.getrlimit(limit)[1]


def limit_cpu(extra_s: float, *, hard: bool = True) -> None:
    """Limit CPU time to ``extra_s`` seconds from now on; above that comes SIGXCPU.

    A fallback for a supervisor that cannot watch. The kernel counts whole seconds, so the budget is
    usually spent before. A process that ignores the signal is killed a little later.
    """
    ceiling = math.ceil(cpu_seconds(_OURSELVES) + extra_s) + 1
    most = ceiling + 2 if hard else _most(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling, most))


def lift_limits() -> None:
    """Undo the limits that were set with ``hard=False``."""
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_AS, resource.RLIMIT_CPU):
        resource.setrlimit(limit, (_most(limit), _most(limit)))


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_files(*, most_bytes: int = 0) -> None:
    """Forbid core dumps and locked memory; limit descriptors, and files to ``most_bytes``."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_DESCRIPTORS, _MOST_DESCRIPTORS))


def limit_threads(count: int) -> None:
    """Limit the threads of this process's user id, which no other process may have."""
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))


def wait_for_end(pid: int, timeout_s: float) -> bool:
    """Return True if a process ends within a time; a child that has ended is still to be reaped."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    finally:
        os.close(watch)


def keep_code_in_memory() -> None:
    """Lock the mapped files of this process in memory, code first, up to RLIMIT_MEMLOCK.

    When the memory of a container is full, the kernel evicts pages of files first, and reads them
    again on demand. Without the lock, the process that enforces limits would wait for its code.
    """
    with io.FileIO("/proc/self/maps") as file:
        maps = [line.split() for line in file.read().splitlines()]
    of_files = [line for line in maps if line[1] in (b"r-xp", b"r--p") and line[4] != b"0"]
    for place, *_ in sorted(of_files, key=lambda line: line[1] != b"r-xp"):
        start, end = (int(each, 16) for each in place.split(b"-"))
        _libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(end - start))


def prefer_as_oom_victim() -> None:
    """Make this process the first choice of the OOM killer; best effort."""
    with contextlib.suppress(OSError), io.FileIO("/proc/self/oom_score_adj", "w") as file:
        file.write(b"1000")


def place_descriptors(wanted: list[int]) -> None:
    """Make the given descriptors 0, 1, 2, ... and close everything else.

    Sources among the target numbers are moved away first, before ``dup2`` overwrites them.
    """
    count = len(wanted)
    moved = [fd if fd >= count else fcntl.fcntl(fd, fcntl.F_DUPFD, count) for fd in wanted]
    for target, fd in enumerate(moved):
        os.dup2(fd, target)
    os.closerange(len(wanted), 1024)


def drop_environment() -> None:
    """Forget every variable, also the ones that chose our hash seed and locale."""
    os.environ.clear()
    sys.orig_argv[:] = []
    sys.argv[:] = [""]
