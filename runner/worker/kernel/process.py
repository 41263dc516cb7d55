"""The few calls of the kernel that Python's ``os`` does not have, and the order of locking down."""

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
#: Past stores (Spectre 4), and past targets of indirect jumps (Spectre 2).
_STORE_BYPASS, _INDIRECT_BRANCH = 0, 1
_FORCE_DISABLE = 1 << 3  # PR_SPEC_FORCE_DISABLE: it cannot be enabled again
_ADDR_NO_RANDOMIZE = 0x0040000
_COLLAPSE = 25  # MADV_COLLAPSE
_ASK = 0xFFFFFFFF
_SIGKILL = 9
_OURSELVES = 0
#: CAP_SYS_CHROOT.
_SYS_CHROOT = 18
#: What ``setfsuid`` takes for a question.
_UNCHANGED = -1

#: The system call itself, for a flag that the C library's fork does not have.
_CLONE = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine, -1)
#: CLONE_PARENT, CLONE_PARENT_SETTID, and SIGCHLD when it ends.
_SIBLING = 0x8000 | 0x100000 | 17
#: How far into its note about a thread the C library keeps the thread's number, at most, in bytes.
_NOTE_BYTES = 2048

_libc = ctypes.CDLL(None, use_errno=True)
#: Keeps the interpreter's lock, which a child would otherwise have to take again.
_python = ctypes.PyDLL(None)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def hide_from_ptrace() -> None:
    """Make memory and descriptors of this process unreadable for its own user; dump no core."""
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Become the parent of every orphan below, as PID 1 is anyway."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


#: The number of what was forked last, in the parent; in the child it stays -1.
forked = ctypes.c_int(-1)
_where_forked = ctypes.byref(forked)


def fork_sibling() -> bool:
    """Fork a child of our own parent; return whether we are the old process and not the new one.

    For a process with one thread. Nothing is run before or after it on either side, unlike with
    ``os.fork``: all the interpreter's locks are free, and what else it does there takes longer than
    the fork. In the child ``mend_after_fork`` has to follow.

    ``forked`` has the pid after that, or -1 if there could be no fork. No number is kept as an
    object: it would take memory or not, depending on how large it is.
    """
    forked.value = -1
    return bool(_python.syscall(_CLONE, _SIBLING, 0, _where_forked, 0, 0) != 0)


def mend_after_fork() -> None:
    """Correct the C library's note of this thread's number, by which others send it signals."""
    if _thread_number is not None:
        _thread_number.value = _libc.getpid()


def _find_thread_number() -> ctypes.c_int | None:
    """Return where the C library notes the number of the main thread, None if it is not found."""
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
    """Have the processor not run ahead in ways that other processes can be read or steered by.

    What is forked has this too. It fails where the kernel leaves no choice: the processor does not
    do it, or does it for all. ``/proc/PID/status`` says which (``Speculation``).
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
    """Drop to ``uid`` (user and group) for good; with None, stay who we are.

    A change of user makes a process dumpable, or what ``fs.suid_dumpable`` says: each crash could
    start the machine's helper for core dumps, whatever the limit of their size.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    forbid_new_privileges()
    hide_from_ptrace()


@contextlib.contextmanager
def files_of(uid: int) -> Iterator[None]:
    """Be another user where the kernel checks access to files, and only there.

    Root without the capabilities of files cannot read what is that user's; as that user it cannot
    write what is root's. A change makes a process dumpable, as in ``become``.
    """
    ours = os.geteuid()
    _be_for_files(uid)
    try:
        yield
    finally:
        _be_for_files(ours)
        hide_from_ptrace()


def _be_for_files(uid: int) -> None:
    _libc.setfsuid(uid)
    if _libc.setfsuid(_UNCHANGED) != uid:
        raise OSError(errno.EPERM, f"setfsuid({uid}): {os.strerror(errno.EPERM)}")


def may_change_root() -> bool:
    """Return whether this process has the capability SYS_CHROOT."""
    with io.FileIO("/proc/self/status") as file:
        _, _, rest = file.readall().partition(b"\nCapEff:")
    return bool(int(rest.split(maxsplit=1)[0], 16) >> _SYS_CHROOT & 1) if rest else False


def change_root(directory: int) -> None:
    """Let this process see nothing but what is below an open directory, which is closed."""
    os.fchdir(directory)
    os.chroot(".")
    os.close(directory)


def join_pages(start: int, size_bytes: int) -> bool:
    """Have the kernel put what is there on one large page; False if it cannot, or will not.

    Linux 6.1 and later can, if it has a large page left.
    """
    return bool(_libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size_bytes), _COLLAPSE) == 0)


def note_footprint() -> None:
    """Note what this process has, before it forks: what ``limit_memory`` adds to."""
    global _footprint
    with io.FileIO("/proc/self/statm") as file:  # in a subject, ``open`` is the solution's
        pages = [int(number) for number in file.read().split()]
    _footprint = pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


#: Address space and writable memory of the zygote, in bytes: the same for all that it forks, or the
#: ceiling would depend on what else a child has done.
_footprint = 0, 0


#: Hard limits of the supervisor, which its children cannot exceed.
_SUPERVISORS = {
    # The host would write a dump, outside of the container.
    resource.RLIMIT_CORE: 0,
    # It has some twenty. Children have limits of their own.
    resource.RLIMIT_NOFILE: 1024,
    # Queued signals and timers, which take memory of the kernel.
    resource.RLIMIT_SIGPENDING: 1024,
}


def limit_supervisor() -> None:
    """Lower the hard limits of this process; an engine may apply none (rootless Podman 5.4)."""
    for limit, most in _SUPERVISORS.items():
        ceiling = _most(limit)
        lowest = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(limit, (lowest, lowest))


def limit_memory(extra_bytes: int, *, hard: bool = True) -> None:
    """Let this process have ``extra_bytes`` more than its zygote has; hogs get MemoryError.

    Unless ``hard``, it may set the limit anew.

    What counts is writable private memory. The address space is bounded far above that: the C
    library reserves 64 MiB of it for each thread, and uses little of it. A large stack of a thread
    is reserved in the same way, but the kernel counts it as data: ``make_room_for_stack``.
    """
    size, data = _footprint
    for limit, ceiling, reserve in (
        (resource.RLIMIT_DATA, data + extra_bytes, stack.DEEP_BYTES),
        (resource.RLIMIT_AS, size + 16 * extra_bytes, 0),
    ):
        most = ceiling + reserve if hard else _most(limit)
        resource.setrlimit(limit, (ceiling, most))


def make_room_for_stack() -> None:
    """Leave out one large stack of a thread when the memory of this process is counted."""
    most = _most(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _most(limit: int) -> int:
    return resource.getrlimit(limit)[1]


def limit_cpu(extra_s: float, *, hard: bool = True) -> None:
    """Let this process use ``extra_s`` more CPU seconds than it has used; then it gets SIGXCPU.

    A second net for the case that the supervisor cannot watch: the kernel counts whole seconds, and
    the budget is usually spent before. A program that ignores the signal is killed a little later.
    """
    ceiling = math.ceil(cpu_seconds(_OURSELVES) + extra_s) + 1
    most = ceiling + 2 if hard else _most(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling, most))


def lift_limits() -> None:
    """Let this process have what it had before limits that are not hard were set."""
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_AS, resource.RLIMIT_CPU):
        resource.setrlimit(limit, (_most(limit), _most(limit)))


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_files(descriptors: int = 64, *, most_bytes: int = 0) -> None:
    """No core dumps, nothing locked in memory, few descriptors, and no file beyond a size."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def limit_threads(count: int) -> None:
    """Let the user of this process have that many threads; for users of one process only."""
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
    """Lock what this process has mapped of files, code first, as far as RLIMIT_MEMLOCK goes.

    Where the memory of a container is full, the kernel takes pages of files first, and reads them
    again when they are needed. A process that enforces limits would wait for its own code.
    """
    with io.FileIO("/proc/self/maps") as file:
        maps = [line.split() for line in file.read().splitlines()]
    of_files = [line for line in maps if line[1] in (b"r-xp", b"r--p") and line[4] != b"0"]
    for place, *_ in sorted(of_files, key=lambda line: line[1] != b"r-xp"):
        start, end = (int(each, 16) for each in place.split(b"-"))
        _libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(end - start))


def prefer_as_oom_victim(score: int) -> None:
    """Tell the kernel whom to kill first (1000) when memory runs out; best effort."""
    with contextlib.suppress(OSError), io.FileIO("/proc/self/oom_score_adj", "w") as file:
        file.write(str(score).encode())


def place_descriptors(wanted: list[int]) -> None:
    """Make the given descriptors 0, 1, 2, ... and close everything else.

    Those among the targets are first moved away: a target may be the source of another.
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
