"""Other engines and runtimes than the one of this machine, each of which belongs to one test."""

import os
import shutil
from pathlib import Path

from tests.faults.harm import PrivateEngine

#: crun gives up where control groups of version 1 stand beside those of version 2, so it gets a
#: view of the machine without the latter.
_WITHOUT_VERSION_2 = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified; exec "$@"',
    "sh",
)
#: Podman asks for more than root may have where it lacks CAP_SYS_RESOURCE.
_PODMANS_LIMITS = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
"""


class DockerWithCrun(PrivateEngine):
    """A ``dockerd`` that knows a second runtime."""

    runtime: str | None = "crun"
    needs = ("dockerd", "crun")

    def __init__(self, root: Path) -> None:
        super().__init__(root, "--add-runtime", f"crun={shutil.which('crun')}")

    def _command(self) -> list[str]:
        return [*_WITHOUT_VERSION_2, *super()._command()]


class Podman(PrivateEngine):
    """Podman's imitation of Docker's engine, with crun, which is its default."""

    runtime: str | None = None
    needs: tuple[str, ...] = ("podman", "crun")
    _uses = "crun"

    def _command(self) -> list[str]:
        settings = self._root / "containers.conf"
        settings.write_text(_PODMANS_LIMITS, "ascii")
        return [
            *(*_WITHOUT_VERSION_2, "env", f"CONTAINERS_CONF={settings}"),
            *("podman", "--root", str(self._data), "--runroot", str(self._root / "exec")),
            *("--runtime", self._uses, "--cgroup-manager", "cgroupfs", "--events-backend", "none"),
            *("system", "service", "--time", "0", self.url),
        ]


class PodmanWithRunc(Podman):
    """Podman with Docker's runtime, which the pool names."""

    runtime = "runc"
    needs = ("podman", "runc")
    _uses = "runc"


def missing(needs: tuple[str, ...]) -> str:
    """Return why an engine cannot be had here; empty if it can."""
    if os.geteuid() != 0:
        return "only root can start an engine"
    absent = [name for name in needs if not shutil.which(name)]
    return f"not installed: {', '.join(absent)}" if absent else ""
