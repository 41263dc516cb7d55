"""How a container is locked down: every flag that the engine is given, with its reason."""

from collections.abc import Sequence
from typing import Any

from runner.backends import seccomp_profiles
from runner.backends.engine_facts import EngineFacts
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
#: Places for files that would outlive an execution, and paths that identify the machine. Never
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
#: What Podman makes writable in spite of a read-only root, unless it is masked.
_PODMANS_SCRATCH = ("/run", "/tmp", "/var/tmp")  # noqa: S108

#: Options that Docker ignores with a warning if the kernel lacks them, and that Podman then
#: refuses. Podman's default is a private cgroup namespace where it is possible.
_DOCKERS_OWN = {
    # The path of the cgroup holds the container's id and reveals its neighbours.
    "CgroupnsMode": "private",
}
#: The lowest I/O weight. With cgroup version 2, Docker assumes that every kernel has it, and no
#: container starts on one that lacks it.
_VERSION_1_ONLY = {"BlkioWeight": 10}


def host_config(config: PoolConfig, engine: EngineFacts) -> dict[str, Any]:
    """Return the ``HostConfig`` of a locked-down container, as the engine's API takes it."""
    masked = (*_DOCKERS_MASKED_PATHS, *_OUR_MASKED_PATHS)
    return {
        # No network: nothing can be reached.
        "NetworkMode": "none",
        # Nothing survives an execution in a file.
        "ReadonlyRootfs": True,
        # Work directories: in the sandbox's memory, with sizes that the kernel enforces. Only the
        # supervisor can write there; a program sees one directory of it, as its root.
        "Tmpfs": _places() if engine.counts_files else {},
        # No shared memory, which would outlive an execution.
        "IpcMode": "none",
        # The supervisor becomes other users (SETUID, SETGID) and ends their processes (KILL). A
        # program with files gets another root before it becomes another user (SYS_CHROOT).
        "CapDrop": ["ALL"],
        "CapAdd": ["SETUID", "SETGID", "KILL", "SYS_CHROOT"],
        # The first keeps setuid files from restoring what CapDrop takes; the worker sets it as
        # well. The second replaces the engine's own filter, which is long and differs between
        # versions.
        "SecurityOpt": [
            *(() if engine.stacks_profiles else ("no-new-privileges",)),
            *(
                _podmans_options(masked)
                if engine.podman
                else (f"seccomp={seccomp_profiles.container()}",)
            ),
        ],
        "Privileged": False,
        # The kernel's limit, beside the subject's own.
        "Memory": config.memory_bytes,
        # Counts memory and swap together; without it the engine adds as much swap again.
        "MemorySwap": config.memory_bytes,
        # Threads count too; a fork bomb stays in its own sandbox.
        "PidsLimit": config.pids,
        # A sandbox cannot take the CPU time of its neighbours.
        "NanoCpus": int(min(config.cpus, engine.cpus) * 1e9),
        # Standard output is the protocol: the default driver would write all of it to disk.
        "LogConfig": {"Type": "none"},
        # The supervisor is process 1, which no signal from inside can kill.
        "Init": False,
        # A dead sandbox is replaced, never restarted; its exit state is read before removal.
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        # Paths that would still be readable, and that no solution needs.
        "MaskedPaths": list(masked),
        **({} if engine.podman else _DOCKERS_OWN),
        **({} if engine.podman or engine.cgroup_version != 1 else _VERSION_1_ONLY),
        # Another runtime of the engine, such as one with a kernel of its own.
        **({"Runtime": config.runtime} if config.runtime else {}),
    }


def _places() -> dict[str, str]:
    return {
        path: f"rw,noexec,nosuid,nodev,{files.mount_options(size)}"
        for path, size in files.PLACES.items()
    }


def _podmans_options(masked: Sequence[str]) -> tuple[str, ...]:
    """Return the options that Podman takes in another form than Docker.

    The filter is the path of a file on Podman's machine: it rejects text (podman issue 27710). The
    paths to hide are here, since it silently ignores ``MaskedPaths``.
    """
    hidden = ":".join((*masked, *_PODMANS_SCRATCH))
    return f"seccomp={seccomp_profiles.container_path()}", f"mask={hidden}"
