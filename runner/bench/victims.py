"""Finds the workers of this process from outside, to measure and to kill them."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import docker
import psutil

from runner import engine
from runner.backends.owner import LABEL_POOL, Owner


class Size(NamedTuple):
    """What a worker's first process holds."""

    rss_bytes: int
    descriptors: int
    zombies: int


class Victims(Protocol):
    """The workers of this process, by the ids of their sandboxes."""

    def all(self) -> list[str]:
        """Return those that run."""
        ...

    def kill(self, sandbox_id: str) -> None:
        """End one with SIGKILL, if it still runs."""
        ...

    def pid(self, sandbox_id: str) -> int | None:
        """Return the id of its first process on this host, if it can be seen from here."""
        ...


class Containers:
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
            except docker.errors.NotFound:
                return None
            self._pids[sandbox_id] = state["Pid"]
        return self._pids[sandbox_id] or None

    def close(self) -> None:
        """Close the connection to the engine."""
        self._client.close()


class Processes:
    """Workers that are children of this process."""

    def all(self) -> list[str]:
        """Return those that run; their ids lack the random end."""
        return [f"local-{child.pid}" for child in psutil.Process().children()]

    def kill(self, sandbox_id: str) -> None:
        """End one with SIGKILL, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(sandbox_id), signal.SIGKILL)

    def pid(self, sandbox_id: str) -> int:
        """Return the id of its first process."""
        return int(sandbox_id.split("-")[1])

    def close(self) -> None:
        """Nothing is held."""


@contextlib.contextmanager
def victims(backend: str) -> Iterator[Victims]:
    """Lend a view of this process's workers to one thread."""
    found = Containers() if backend == "docker" else Processes()
    with contextlib.closing(found):
        yield found


def size(pid: int | None) -> Size | None:
    """Measure a worker's first process; None if it is gone, or on a machine behind the engine."""
    try:
        process = psutil.Process(pid or -1)
        children = process.children()
        zombies = sum(child.status() == psutil.STATUS_ZOMBIE for child in children)
        return Size(process.memory_info().rss, process.num_fds(), zombies)
    except (psutil.Error, ValueError):
        return None
