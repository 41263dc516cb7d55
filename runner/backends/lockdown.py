"""How a container is locked down: every flag that the engine is given, with its reason."""

from collections.abc import Sequence
from typing import Any

from runner.backends import seccomp_profiles
from runner.config import PoolConfig
from runner.worker.protocol import files

#: Docker's own list, which ours replaces and therefore repeats.
_DOCKERS_MASKED_PATHS = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
#: A place to leave files for the next execution, and what tells one machine from another. Never
#: /sys/fs/cgroup: the supervisor reads its own limits and counters there.
_OUR_MASKED_PATHS = (
    "/dev/mqueue",
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/kallsyms",
    "/proc/meminfo",
    "/proc/modules",
    "/proc/partitions",
    "/proc/swaps",
    "/proc/version",
    "/proc/vmstat",
    "/proc/zoneinfo",
    "/sys/block",
    "/sys/class",
    "/sys/devices",
    "/sys/kernel",
    "/sys/module",
)
#: What Podman makes writable in spite of a read-only root, unless something lies on it.
_PODMANS_SCRATCH = ("/run", "/tmp", "/var/tmp")  # noqa: S108

#: What Docker passes over with a warning where the kernel has no such thing, and Podman refuses. A
#: private namespace of control groups is Podman's default where it can have one.
_DOCKERS_OWN = {
    # The path of the control group holds the id of the container, and tells of its neighbours.
    "CgroupnsMode": "private",
}
#: The least weight of a sandbox's reads. With version 2, Docker believes every kernel to have it,
#: and no container starts where it is missing.
_VERSION_1_ONLY = {"BlkioWeight": 10}


def host_config(
    config: PoolConfig,
    *,
    engine_cpus: float,
    podman: bool = False,
    cgroup_version: int = 1,
    stacks_profiles: bool = False,
    counts_files: bool = True,
) -> dict[str, Any]:
    """Return how a sandbox is locked down, in the engine's own words.

    Args:
        config: Settings of the pool.
        engine_cpus: Processors of the engine, which refuses to promise more.
        podman: Whether it is Podman, which has other words for some of it.
        cgroup_version: Version of the control groups that the engine uses.
        stacks_profiles: Whether the runtime, asked for no new privileges, puts AppArmor's profile
            beside its own instead of in its place, as crun does. Processes with two profiles may
            not send signals to each other, so the worker could end no solution.
        counts_files: Whether engine and runtime take a limit of files for a tmpfs. Podman and
            gVisor start no container with one. Without it there are no places for files, and the
            worker refuses requests that have some.
    """
    masked = (*_DOCKERS_MASKED_PATHS, *_OUR_MASKED_PATHS)
    return {
        # No network: nothing can be reached.
        "NetworkMode": "none",
        # Nothing survives an execution in a file.
        "ReadonlyRootfs": True,
        # Where the files of requests are: in memory, which counts as the sandbox's, in sizes that
        # the kernel enforces. Only the supervisor can write there; a program sees one directory of
        # it, as its root.
        "Tmpfs": _places() if counts_files else {},
        # No shared memory, which would be a place to leave things for the next execution.
        "IpcMode": "none",
        # The supervisor becomes other users (SETUID, SETGID) and ends their processes (KILL). A
        # program with files gets another root before it becomes another user (SYS_CHROOT).
        "CapDrop": ["ALL"],
        "CapAdd": ["SETUID", "SETGID", "KILL", "SYS_CHROOT"],
        # The first: or else setuid files, were there any, would give back what CapDrop takes. The
        # worker's first act is to see to it, too. The second: the engine's own list is long, and
        # differs between versions.
        "SecurityOpt": [
            *(() if stacks_profiles else ("no-new-privileges",)),
            *(_podmans_options(masked) if podman else (f"seccomp={seccomp_profiles.container()}",)),
        ],
        "Privileged": False,
        # What a subject's own limit lets pass, the kernel ends here.
        "Memory": config.memory_bytes,
        # Counts memory and swap together; without it the engine adds as much swap again.
        "MemorySwap": config.memory_bytes,
        # Threads count too; a bomb of them stays in its own sandbox.
        "PidsLimit": config.pids,
        # A neighbour's share of the processors is not to be had.
        "NanoCpus": int(min(config.cpus, engine_cpus) * 1e9),
        # Standard output is the protocol: the default driver would write all of it to disk.
        "LogConfig": {"Type": "none"},
        # The supervisor is process 1, which no signal from inside can kill.
        "Init": False,
        # A dead sandbox is replaced, never revived; and its last words are read before removal.
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        # What is readable in spite of all that, and need not be.
        "MaskedPaths": list(masked),
        **({} if podman else _DOCKERS_OWN),
        **({} if podman or cgroup_version != 1 else _VERSION_1_ONLY),
        # A kernel of its own, for those who do not trust this one (runsc, Kata).
        **({"Runtime": config.runtime} if config.runtime else {}),
    }


def _places() -> dict[str, str]:
    return {
        path: f"rw,noexec,nosuid,nodev,{files.options(size)}" for path, size in files.PLACES.items()
    }


def _podmans_options(masked: Sequence[str]) -> tuple[str, ...]:
    """Return what Podman does not take from where Docker takes it.

    The filter as the path of a file on its own machine: it rejects text (podman issue 27710). And
    the paths to hide, since it passes over ``MaskedPaths`` without a word.
    """
    hidden = ":".join((*masked, *_PODMANS_SCRATCH))
    return f"seccomp={seccomp_profiles.container_path()}", f"mask={hidden}"
