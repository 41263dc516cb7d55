"""What an engine says of itself, as far as sandboxes depend on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.errors import ConfigurationError
from runner.sandbox.greeting import Protection

#: By the worker's check: the engine's field for a limit that a worker may be unable to see.
_CLAIMS = {
    "memory": ("MemoryLimit", "memory limits"),
    "pids": ("PidsLimit", "process limits"),
    "cpus": ("CpuCfsQuota", "CPU limits"),
}


def is_podman(version: Mapping[str, Any]) -> bool:
    """Return True if the engine is Podman, by its own description."""
    components = version.get("Components") or []
    return any("podman" in str(each.get("Name")).lower() for each in components)


@dataclass(frozen=True)
class EngineFacts:
    """Facts about an engine and the runtime that a pool uses.

    Attributes:
        cpus: Number of its CPUs; it refuses a higher limit.
        podman: Whether it is Podman, which takes some options in another form.
        cgroup_version: Version of the control groups that it uses.
        remapped: Whether it maps user ids, so that a container has 65,536 of them.
        kernel: Release of its kernel.
        stacks_profiles: Whether the runtime, asked for no new privileges, puts AppArmor's profile
            beside its own instead of in its place, as crun does. Processes with two profiles may
            not signal each other, so the worker could not kill a solution.
        counts_files: Whether engine and runtime support an inode limit for a tmpfs. Podman and
            gVisor start no container with one. Without it, the worker refuses requests with files.
        claims: By the worker's check, whether it claims to apply a protection, and its name.
    """

    cpus: float = 1.0
    podman: bool = False
    cgroup_version: int = 1
    remapped: bool = False
    kernel: str = ""
    stacks_profiles: bool = False
    counts_files: bool = True
    claims: Mapping[str, tuple[bool, str]] = field(default_factory=dict)

    @classmethod
    def read(
        cls, info: Mapping[str, Any], version: Mapping[str, Any], runtime: str | None
    ) -> "EngineFacts":
        """Read the engine's answers.

        Args:
            info: Its ``/info``.
            version: Its ``/version``.
            runtime: The runtime that the pool asks for; None for the engine's default.

        Raises:
            ConfigurationError: It is Podman, which would silently ignore this runtime.
        """
        options = " ".join(info.get("SecurityOptions") or [])
        default, podman = info.get("DefaultRuntime"), is_podman(version)
        if podman and runtime not in (None, default):
            raise ConfigurationError(
                f"Podman gives every container its own runtime, which is {default}: set runtime ="
                f" {runtime!r:.60} in the section [engine] of its containers.conf, or leave out the"
                " setting `runtime`"
            )
        used = runtime or str(default)
        return cls(
            cpus=float(info.get("NCPU") or 1),
            podman=podman,
            # An engine without this field supports only version 1.
            cgroup_version=int(info.get("CgroupVersion") or 1),
            remapped="name=rootless" in options or "name=userns" in options,
            kernel=str(info.get("KernelVersion") or ""),
            stacks_profiles="name=apparmor" in options and "runc" not in used,
            counts_files=not podman and ("runc" in used or "crun" in used),
            claims={
                **{name: (bool(info.get(key)), what) for name, (key, what) in _CLAIMS.items()},
                "Seccomp": ("name=seccomp" in options, "seccomp filters"),
            },
        )

    def missing(self, checks: Iterable[Protection]) -> list[str]:
        """Return the protections that the engine does not apply and the worker cannot check.

        The engine counts only there: Podman denies limits that it applies, others claim too many.
        """
        unseen = {each.name for each in checks if each.ok is None}
        return [what for name, (ok, what) in self.claims.items() if name in unseen and not ok]
