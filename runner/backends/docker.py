"""Sandboxes as containers of an engine that speaks Docker's protocol.

A container is a process with a pipe: it is created, attached, started, greeted, and from then on
only the attach stream is used, never ``exec``. Its standard input closes with our end of the
stream, and the worker ends with its input. So its containers end even if this process is killed.

Every engine call has a deadline of its own, on a client that no other thread uses meanwhile.
"""

import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import docker
import requests
from docker.errors import APIError, ImageNotFound, NotFound

from runner import engine, images
from runner.backends import base, fork_guard, lockdown
from runner.backends.attach import attached
from runner.backends.engine_facts import EngineFacts
from runner.backends.owner import LABEL_POOL, Owner
from runner.config import PoolConfig
from runner.errors import BackendError, WeakIsolationError
from runner.sandbox.greeting import Protection
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import Transport

_LOG = logging.getLogger(__name__)


class DockerBackend:
    """Sandboxes as containers."""

    name = "docker"

    def __init__(self, config: PoolConfig) -> None:
        self._config = config
        self._pool_id = f"{config.name}-{uuid.uuid4().hex[:12]}"
        #: Containers whose creation or removal got no answer: they may exist, or appear later.
        self._strays: set[str] = set()
        self._clients: deque[docker.APIClient] = deque()
        self._closed = False
        self._facts = EngineFacts()
        #: Id of the image when it was checked: its name may be moved to another image later.
        self._image_id = ""

    def check(self) -> None:
        """Check that the engine answers and has the image; see ``Backend.check``."""
        reference = self._image()
        with self._client(time.monotonic() + self._config.engine_timeout_s) as client:
            with engine.translated("ask the engine about itself"):
                info, version = client.info(), client.version()
            self._facts = EngineFacts.read(info, version, self._config.runtime)
            with engine.translated(f"look for the image {reference}"):
                try:
                    image = client.inspect_image(reference)
                except ImageNotFound as error:
                    raise images.not_found(reference) from error
        images.check_configuration(reference, image, is_ours=reference != self._config.image)
        self._image_id = str(image["Id"])

    def start(self, deadline: float) -> Sandbox:
        """Return a sandbox that has greeted, or leave nothing behind."""
        if not self._image_id:
            self.check()
        return fork_guard.undisturbed(lambda: self._start(deadline))

    def _start(self, deadline: float) -> Sandbox:
        name = base.next_sandbox_id(self.name)
        container = self._create(name, deadline)
        sandbox = None
        try:
            sandbox = Sandbox(
                name,
                self._attach(container, deadline),
                describe=lambda: self._describe(container),
                destroy=lambda: self._remove(container),
            )
            with self._client(deadline) as client, engine.translated(f"start {name}"):
                client.start(container)
            hello = base.hello(
                self._config,
                uid_base=self._uid_base(),
                container=self._expected_limits(),
                own_uids=not self._facts.remapped,
            )
            sandbox.greet(hello, deadline, expect=self._config.expect_fingerprint)
            self._check_unseen(sandbox.checks)
            self._remove_strays()  # the engine has just answered
            return sandbox
        except BaseException:
            with contextlib.suppress(BackendError):  # the first error is more specific
                sandbox.close() if sandbox else self._remove(container)
            raise

    def reap(self) -> int:
        """Remove the containers of dead owners."""
        deadline = time.monotonic() + self._config.engine_timeout_s
        with self._client(deadline) as client, engine.translated("list containers"):
            found = client.containers(all=True, filters={"label": LABEL_POOL})
        left = [container["Id"] for container in found if _is_leftover(container)]
        for container in left:
            self._remove(container)
        return len(left)

    def close(self) -> None:
        """Remove containers that may be left, and close the connections to the engine."""
        with contextlib.suppress(BackendError):  # then the next pool's reaper finds them
            self._remove_strays()
        _closed_pools.add(self._pool_id)
        self._closed = True
        self._clients.clear()

    def _remove_strays(self) -> None:
        for container in list(self._strays):
            self._remove(container)

    def _image(self) -> str:
        return images.resolve(self._config.image)

    def _uid_base(self) -> int:
        first = base.uid_range()
        # An engine that maps user ids gives a container 65,536 of them.
        return 1000 + first % 64_000 if self._facts.remapped else first

    def _expected_limits(self) -> dict[str, Any]:
        return {
            "memory_bytes": self._config.memory_bytes,
            "pids": self._config.pids,
            "cpus": min(self._config.cpus, self._facts.cpus),
            # A runtime with its own kernel shows less of the lock-down; the worker compares
            # kernels.
            "engine_kernel": self._facts.kernel if self._config.runtime else "",
        }

    def _check_unseen(self, checks: Iterable[Protection]) -> None:
        """Raise if the engine does not apply a protection that the worker cannot check."""
        missing = self._facts.missing(checks)
        if not missing:
            return
        message = f"the engine does not apply {', '.join(missing)}"
        if not self._config.allow_weak_isolation:
            raise WeakIsolationError(
                f"{message}: fix the engine (see `runner doctor`), or accept that with"
                " allow_weak_isolation=True"
            )
        _LOG.warning("%s, and allow_weak_isolation is set", message)

    def _create(self, name: str, deadline: float) -> str:
        reference = self._image()
        settings = lockdown.host_config(self._config, self._facts)
        with self._client(deadline) as client, engine.translated(f"create {name}"):
            try:
                # stdin_open without detach is what makes the SDK set StdinOnce: the container's
                # input ends with our connection, even if this process is killed.
                created = client.create_container(
                    self._image_id,
                    **images.container_settings(podman=self._facts.podman),
                    name=f"sandbox-runner-{name}",
                    hostname="sandbox",
                    # SIGTERM would delay the engine's shutdown by ten seconds: process 1 does not
                    # get signals that it does not handle.
                    stop_signal="SIGKILL",
                    stdin_open=True,
                    tty=False,
                    labels={LABEL_POOL: self._pool_id, **Owner.current().labels()},
                    host_config=settings,
                )
            except ImageNotFound as error:
                self._image_id = ""  # the name may mean another image by now
                raise images.not_found(reference) from error
            except requests.Timeout:
                self._strays.add(f"sandbox-runner-{name}")
                raise
        return str(created["Id"])

    def _attach(self, container: str, deadline: float) -> Transport:
        """Attach; called before the start, so that no output is lost."""
        watch = fork_guard.ForkDetector()
        with self._client(deadline) as client, engine.translated(f"attach to {container[:12]}"):
            return attached(client, container, watch)

    def _describe(self, container: str) -> str:
        """Return how a container ended, for messages; best effort."""
        try:
            # A caller waits for this, so an engine that hangs must not delay it.
            with self._client(time.monotonic() + 1) as client:
                state = client.inspect_container(container)["State"]
        except (BackendError, OSError, docker.errors.DockerException, KeyError) as error:
            return f"its container cannot be inspected ({type(error).__name__})"
        words = f"container {state.get('Status')}, exit code {state.get('ExitCode')}"
        # The flag may be old: it is also set if only a child of the worker was ever killed.
        if not state.get("OOMKilled"):
            return words
        return (
            f"{words}, the kernel's OOM killer was there (memory_bytes={self._config.memory_bytes})"
        )

    def _remove(self, container: str) -> None:
        deadline = time.monotonic() + self._config.engine_timeout_s
        self._strays.add(container)
        with self._client(deadline) as client, engine.translated(f"remove {container[:12]}"):
            try:
                _remove_now(client, container)
            except APIError as error:
                if not self._facts.podman or not error.is_server_error():
                    raise
                # Race in Podman: it fails to stop a container that is just ending, as ours do when
                # the stream closes. By now it has ended.
                _remove_now(client, container)
        self._strays.discard(container)

    @contextlib.contextmanager
    def _client(self, deadline: float) -> Iterator[docker.APIClient]:
        """Yield a connection for one thread; each call has the remaining time as its timeout."""
        timeout_s = min(self._config.engine_timeout_s, max(0.1, deadline - time.monotonic()))
        try:
            client = self._clients.pop()
        except IndexError:
            client = engine.connect(timeout_s)
        client.timeout = timeout_s  # type: ignore[assignment]  # fractions count
        try:
            yield client
        finally:
            # This closes only connections: the SDK keeps one for each address it has called, and
            # each container has its own address. The next call opens a new one.
            client.close()
        if not self._closed:
            self._clients.append(client)


def _remove_now(client: docker.APIClient, container: str) -> None:
    try:
        client.remove_container(container, force=True, v=True)
    except NotFound:
        pass  # it is gone, as wanted
    except APIError as error:
        if error.status_code != 409:  # it is being removed already
            raise


#: Closed pools of this process: they may have left containers if the engine was unavailable.
_closed_pools: set[str] = set()


def _is_leftover(container: dict[str, Any]) -> bool:
    labels = container.get("Labels") or {}
    owner = Owner.from_labels(labels)
    if owner == Owner.current():
        return labels.get(LABEL_POOL) in _closed_pools
    dead = owner.is_dead() if owner else None
    if dead is None:
        # Of another machine or an earlier boot: only a container that has ended is left over.
        return container.get("State") in ("exited", "dead")
    return dead
