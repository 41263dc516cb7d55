"""Finds the workers of this process from outside, to measure and to kill them."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any, NamedTuple

import docker
import psutil
import requests

from runner import engine
from runner.backends.owner import LABEL_POOL, Owner

#: A worker has two: one forks subjects, the other one judges.
_ZYGOTES = 2


class Size(NamedTuple):
    """Memory and descriptors of a worker's permanent processes: supervisor and zygotes."""

    rss_bytes: int
    descriptors: int
    zombies: int


class LiveContainers:
    """Workers that are containers. Not to be shared between threads."""

    _PREFIX = "/sandbox-runner-"

    def __init__(self) -> None:
        self._client = engine.connect()
        self._pids: dict[str, int] = {}

    def all(self) -> list[str]:
        """Return those that run."""
        found = self._client.containers(filters={"label": LABEL_POOL})
        mine = [each for each in found if Owner.from_labels(each["Labels"]) == Owner.current()]
        return [each["Names"][0].removeprefix(self._PREFIX) for each in mine]

    def kill(self, sandbox_id: str) -> None:
        """End one with SIGKILL, if it still runs."""
        with contextlib.suppress(docker.errors.APIError):  # it has ended meanwhile
            self._client.kill(f"sandbox-runner-{sandbox_id}", signal="SIGKILL")

    def pid(self, sandbox_id: str) -> int | None:
        """Return the id of its first process on this host, if it can be seen from here."""
        if sandbox_id not in self._pids:
            try:
                state = self._client.inspect_container(f"sandbox-runner-{sandbox_id}")["State"]
            except docker.errors.APIError:
                return None  # it is gone; Podman calls that an error of the server for a moment
            self._pids[sandbox_id] = state["Pid"]
        return self._pids[sandbox_id] or None

    def group_bytes(self, sandbox_id: str) -> int | None:
        """Return its cgroup's memory without reclaimable caches, in bytes; None if it is gone."""
        memory = self._stats(sandbox_id).get("memory_stats") or {}
        if "usage" not in memory:
            return None  # it has ended
        details = memory.get("stats", {})
        cache = details.get("total_inactive_file", details.get("inactive_file", 0))
        return int(memory["usage"]) - int(cache)

    def throttled(self, sandbox_id: str) -> float:
        """Return the share of scheduling periods in which its CPU limit throttled it."""
        data = self._stats(sandbox_id).get("cpu_stats", {}).get("throttling_data", {})
        return float(data.get("throttled_periods", 0) / max(1, data.get("periods", 0)))

    def _stats(self, sandbox_id: str) -> dict[str, Any]:
        client: Any = self._client  # the SDK's types do not know one_shot
        try:
            found: dict[str, Any] = client.stats(
                f"sandbox-runner-{sandbox_id}", stream=False, one_shot=True
            )
        except (docker.errors.APIError, requests.JSONDecodeError):
            return {}  # of a container that is just ending, the engine sends nothing at all
        return found

    def close(self) -> None:
        """Close the connection to the engine."""
        self._client.close()


class Processes:
    """Workers that are children of this process."""

    def all(self) -> list[str]:
        """Return those that run; their ids lack the random suffix."""
        return [f"local-{child.pid}" for child in psutil.Process().children()]

    def kill(self, sandbox_id: str) -> None:
        """End one with SIGKILL, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(sandbox_id), signal.SIGKILL)

    def pid(self, sandbox_id: str) -> int:
        """Return the id of its first process."""
        return int(sandbox_id.split("-")[1])

    def group_bytes(self, _: str) -> None:
        """Return None: there is no control group."""

    def close(self) -> None:
        """Do nothing: no resources are held."""


#: The workers of this process, by the ids of their sandboxes.
Victims = LiveContainers | Processes


@contextlib.contextmanager
def victims(backend: str) -> Iterator[Victims]:
    """Yield a view of this process's workers, for one thread."""
    found = LiveContainers() if backend == "docker" else Processes()
    with contextlib.closing(found):
        yield found


def zygotes(children: list[psutil.Process]) -> list[psutil.Process]:
    """Return the zygotes among a supervisor's children: the oldest ones."""
    by_age = sorted(children, key=lambda child: (child.create_time(), child.pid))
    return by_age[:_ZYGOTES]


def kill_zygotes(pid: int | None) -> bool:
    """Kill the zygotes of a supervisor; return False if it cannot be seen from here."""
    try:
        for each in zygotes(psutil.Process(pid or -1).children()):
            each.kill()
    except (psutil.Error, ValueError):
        return False
    return True


def size(pid: int | None) -> Size | None:
    """Measure a worker; None if it is gone, or on a machine behind the engine."""
    try:
        supervisor = psutil.Process(pid or -1)
        children = supervisor.children()
        lasting = [supervisor, *zygotes(children)]
        zombies = sum(child.status() == psutil.STATUS_ZOMBIE for child in children)
        return Size(
            sum(process.memory_info().rss for process in lasting),
            sum(process.num_fds() for process in lasting),
            zombies,
        )
    except (psutil.Error, ValueError):
        return None
