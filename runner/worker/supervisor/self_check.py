"""What the kernel really applies to this worker.

An engine may ignore what it was asked for: limits without a cgroup, profiles without seccomp. The
worker looks for itself, and does not serve when something is missing.
"""

import os
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..kernel import cpu_accounting
from ..protocol.files import PLACES


class Check(NamedTuple):
    """One protection as the kernel applies it; ``ok`` is None if that cannot be seen."""

    name: str
    ok: bool | None
    value: str
    fix: str


_ASK = "the engine did not do what it was asked for: update it, or see its log"
_CGROUPS = (
    "the engine did not apply it. A rootless engine needs version 2 of the control groups, and the"
    " controllers cpu, memory and pids: as root, put `[Service]` and `Delegate=cpu memory pids` in"
    " /etc/systemd/system/user@.service.d/delegate.conf, `systemctl daemon-reload`, log in anew."
    " A kernel may need cgroup_enable=memory"
)
_SWAP = "boot the kernel with swapaccount=1, or run without swap"

#: The bits of SETGID, SETUID, KILL and SYS_CHROOT.
_CAPABILITIES = (1 << 6) | (1 << 7) | (1 << 5) | (1 << 18)


def checks(container: dict[str, Any] | None, uids: range | None) -> list[Check]:
    """Return every protection as the kernel has it.

    Args:
        container: The limits that the host asked for (``memory_bytes``, ``pids``, ``cpus``), and
            the release of the ``engine_kernel`` if another one may be expected here; None where
            there is no container, and nothing to check.
        uids: The user ids that will be needed.
    """
    if container is None:
        return []
    found = [*_container_checks(container), _users(uids)]
    if container["engine_kernel"] in ("", os.uname().release):
        return found
    # A kernel between engine and worker enforces limits and filters from outside, and hides them.
    # The kernel's release shows that there is one; the name of a runtime proves nothing.
    return [each._replace(ok=each.ok or None) for each in found]


def _statistics() -> Check:
    """Return whether this kernel tells how long a thread waits for a processor."""
    kept = cpu_accounting.counts_queueing()
    value = "kept" if kept else "missing: blocked time is sampled instead of counted"
    return Check("run-queue statistics", kept or None, value, "use a kernel with CONFIG_SCHED_INFO")


def facts() -> list[Check]:
    """Return facts about the machine that are no reason to refuse."""
    return [_statistics(), _core_dumps()]


def _core_dumps() -> Check:
    """Return where core dumps would go; no process of the worker makes any."""
    pattern = _read("/proc/sys/kernel/core_pattern").strip() or "unknown"
    change = _read("/proc/sys/fs/suid_dumpable").strip() or "unknown"
    return Check("core dumps", None, f"{pattern} (fs.suid_dumpable {change})", "")


def _container_checks(limits: dict[str, Any]) -> Iterator[Check]:
    status = dict(line.split(":", 1) for line in _read("/proc/self/status").splitlines())
    status = {name: value.strip() for name, value in status.items()}
    yield _equal("Seccomp", status.get("Seccomp"), "2", "use a kernel with CONFIG_SECCOMP_FILTER")
    yield _profile()
    yield _equal("NoNewPrivs", status.get("NoNewPrivs"), "1", _ASK)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        held = int(status.get(name, "0"), 16)
        wanted = held & ~_CAPABILITIES == 0
        yield Check(name, wanted, f"{held:016x}", "cap_drop did not take effect: update the engine")
    yield _equal("pid", str(os.getpid()), "1", "the engine must not put an init before the worker")
    yield from _limits(limits)
    interfaces = [line.partition(":")[0].strip() for line in _read("/proc/net/dev").split("\n")[2:]]
    yield _equal("network", " ".join(filter(None, interfaces)) or "none", ("lo", "none"), _ASK)
    read_only = bool(os.statvfs("/").f_flag & os.ST_RDONLY)
    yield Check("root", read_only, "read-only" if read_only else "writable", _ASK)
    writable = " ".join(sorted(_writable_places()))
    yield _equal("writable places", writable or "none", "none", _ASK)
    readable = " ".join(path for path in _MASKED if _read(path))
    yield _equal("unmasked", readable or "none", "none", _ASK)


def _equal(name: str, value: str | None, wanted: str | tuple[str, ...], fix: str) -> Check:
    good = (wanted,) if isinstance(wanted, str) else wanted
    return Check(name, value in good, value or "unknown", fix)


def _profile() -> Check:
    """Try calls that our profile refuses and every engine's own allows; they change nothing."""
    given = [what for what, try_ in _REFUSED_CALLS.items() if _is_possible(try_)]
    value = f"allows {', '.join(given)}" if given else "ours"
    return Check(
        "profile", not given, value, "the engine did not apply seccomp/container.json: update it"
    )


_REFUSED_CALLS = {
    "sockets": lambda: socket.socket().close(),
    "memfd_create": lambda: os.close(os.memfd_create("probe")),
    "mknod": lambda: os.mkfifo("/tmp/probe"),  # noqa: S108 - EROFS would say that it is allowed
}


def _is_possible(attempt: Any) -> bool:
    try:
        attempt()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _limits(limits: dict[str, Any]) -> Iterator[Check]:
    wanted = str(limits["memory_bytes"])
    memory = _first("memory/memory.limit_in_bytes", "memory.max")
    yield _equal("memory", memory, wanted, _CGROUPS)
    yield _swap(wanted)
    # With group kills, a solution that runs out of memory would take the supervisor along.
    group = _first("memory.oom.group") or "0"
    yield _equal("memory.oom.group", group, "0", "remove OOMPolicy=kill, or what else sets it")
    yield _equal("pids", _first("pids/pids.max", "pids.max"), str(limits["pids"]), _CGROUPS)
    cpus = _cpus()
    near = cpus is not None and abs(cpus - limits["cpus"]) <= 0.01 * limits["cpus"] + 0.001
    yield Check("cpus", near, "unlimited" if cpus is None else f"{cpus:g}", _CGROUPS)


def _swap(wanted_bytes: str) -> Check:
    """Look whether swap adds to memory. Version 1 counts both together, version 2 swap alone."""
    if _first("memory.max"):
        # A kernel that can have no swap has no such file.
        return _equal("swap", _first("memory.swap.max") or "0", "0", _ASK)
    both = _first("memory/memory.memsw.limit_in_bytes")
    if both:
        return _equal("memory and swap", both, wanted_bytes, _ASK)
    # No harm on a machine without swap, which cannot be seen from here.
    return Check("memory and swap", None, "not counted", _SWAP)


def _cpus() -> float | None:
    quota, _, period = _first("cpu.max").partition(" ")
    if not quota:
        quota, period = _first("cpu/cpu.cfs_quota_us"), _first("cpu/cpu.cfs_period_us")
    try:
        return int(quota) / int(period) if int(quota) > 0 else None
    except ValueError:
        return None


def _first(*names: str) -> str:
    """Return the first of these files of the control group that says something."""
    texts = (_read(f"/sys/fs/cgroup/{name}").strip() for name in names)
    return next(filter(None, texts), "")


#: File systems of the kernel: their permissions control writes.
_KERNEL_FILES = ("proc", "sysfs", "devpts", "cgroup", "cgroup2")
#: Writable only for root in the container, which is the supervisor. It also checks size and
#: permissions of the places for files, and does not use them if they are wrong.
_ROOT_ONLY = ("/dev", "/sys/fs/cgroup", *PLACES)


def _writable_places() -> Iterator[str]:
    """Yield the mounts where a solution could leave a file."""
    mounts = {}
    for line in _read("/proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        _, _, _, _, place, options = before.split()[:6]
        mounts[place] = options.split(","), after.split()[0]  # the last one covers the others
    for place, (words, kind) in mounts.items():
        hidden = kind in _KERNEL_FILES or place in _ROOT_ONLY
        if "rw" in words and not hidden and os.path.isdir(place):
            yield place


#: Samples of what must be masked.
_MASKED = ("/proc/cpuinfo", "/proc/kallsyms", "/proc/keys", "/proc/meminfo", "/proc/timer_list")


def _users(uids: range | None) -> Check:
    """Look whether the user ids that solutions will get exist in this user namespace."""
    text = " ".join(_read("/proc/self/uid_map").split())
    numbers = [int(word) for word in text.split()]
    maps = [
        range(first, first + count) for first, _, count in zip(*[iter(numbers)] * 3, strict=True)
    ]
    ok = uids is not None and any(uids[0] in each and uids[-1] in each for each in maps)
    return Check("uid map", ok, text, "give the engine at least 65536 user ids (/etc/subuid)")


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
