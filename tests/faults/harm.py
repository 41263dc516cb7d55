"""Ways to harm sandboxes and engines, as an operator, the kernel or a full disk would."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import docker
import pytest

from runner import engine, images
from runner.backends.owner import LABEL_POOL
from runner.images import image_reference
from runner.models import ExecutionResult, ExecutionStatus, Limits
from runner.pool import Pool
from runner.sandbox.sandbox import Sandbox

Eventually = Callable[..., None]

GOOD = ("def f(x):\n    return x + 1", ["assert f(1) == 2"])
SECOND = ("import time\ndef f():\n    time.sleep(1)", ["f()"])
MINUTE = ("import time\ndef f():\n    time.sleep(60)", ["f()"])


def replace_worker(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Have containers run another program in place of the worker."""
    arguments = ["/usr/bin/python3.13", "-I", "-S", "-c", program]
    settings = {**images.container_settings(), "entrypoint": arguments}
    monkeypatch.setattr(images, "container_settings", lambda **_: settings)


class Shooter:
    """Harms sandboxes from outside."""

    def __init__(self, client: docker.APIClient | None) -> None:
        self._client = client

    def kill(self, sandbox_id: str) -> None:
        """End one sandbox with SIGKILL."""
        if self._client is None:
            os.kill(_pid(sandbox_id), signal.SIGKILL)
        else:
            self._client.kill(container(sandbox_id), signal="SIGKILL")

    def freeze(self, sandbox_id: str) -> None:
        """Stop one sandbox without ending it."""
        if self._client is None:
            os.kill(_pid(sandbox_id), signal.SIGSTOP)
        else:
            self._client.pause(container(sandbox_id))

    def running(self, sandbox_id: str) -> bool:
        """Return True if the sandbox's worker runs."""
        if self._client is None:
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{_pid(sandbox_id)}/stat").read_text("utf-8", "replace")
                return stat.rpartition(")")[2].split()[0] != "Z"
            return False
        with contextlib.suppress(docker.errors.NotFound):
            return bool(self._client.inspect_container(container(sandbox_id))["State"]["Running"])
        return False


def _pid(sandbox_id: str) -> int:
    return int(sandbox_id.split("-")[1])


def container(sandbox_id: str) -> str:
    """Return the name of a sandbox's container."""
    return f"sandbox-runner-{sandbox_id}"


def sandboxes(pool: Pool) -> list[Sandbox]:
    """Return the sandboxes of a pool, idle ones first."""
    assert pool._sandboxes is not None
    leases = pool._sandboxes._leases
    return [*leases.idle, *leases.leased]


def begin(
    pool: Pool, program: tuple[str, list[str]], limits: Limits | None = None
) -> tuple[Future[ExecutionResult], str]:
    """Begin an execution; return its future, and its sandbox when the worker has begun."""
    pool.start()
    assert pool._sandboxes is not None
    future = pool.submit(*program, timeout=90.0, limits=limits or Limits())
    leased = pool._sandboxes._leases.leased
    pause = threading.Event()
    while not leased:
        pause.wait(0.005)
    (sandbox,) = leased
    pause.wait(0.3)  # the code has begun by then, or nearly: both must do
    return future, sandbox.sandbox_id


def check_works(pool: Pool, eventually: Eventually) -> None:
    """See that a pool is as good as new."""
    assert pool.execute(*GOOD).status is ExecutionStatus.ALL_PASSED
    config = pool.config
    eventually(lambda: pool.stats().idle == config.workers + config.spares, timeout_s=60.0)
    health = pool.health_check()
    assert health.healthy, health.error


#: A dockerd that sees the socket of the host's containerd uses that instead of one of its own.
_OWN_CONTAINERD = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    '[ ! -d /run/containerd ] || mount -t tmpfs tmpfs /run/containerd; exec "$@"',
    "sh",
)


class PrivateEngine:
    """A ``dockerd`` that belongs to one test: it shares nothing with the host's but the kernel.

    Args:
        root: An empty directory for all it has.
        options: More options for it.
    """

    #: Room for the image three times over: once as layers, once as an archive on its way in.
    _DISK_MIB = 300

    def __init__(self, root: Path, *options: str) -> None:
        self._root = root
        self._options = options
        self._data = root / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._image = b""
        self.url = f"unix://{root / 's'}"
        self._data.mkdir(parents=True)
        size = f"size={self._DISK_MIB}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", self._data], check=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._process is None
        with (self._root / "log").open("ab") as log:
            # It ends with the test process, however that ends. Without a bridge of its own it would
            # remove the host's docker0, so it gets a network of its own.
            wrapped = ["setpriv", "--pdeathsig", "TERM", "unshare", "--net"]
            command = [*wrapped, *self._command(), *self._options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        pause = threading.Event()
        while not self._answers():
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            pause.wait(0.05)

    def ensure(self) -> None:
        """See that it runs, whatever has been done to it."""
        if self._process is None:
            self.start()
        self.thaw()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it in order, or with SIGKILL out of it; its containers are dead or soon will be."""
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
            process.wait(60)
            # It takes its containerd along, whose process id may live on as a zombie, or as another
            # process; the next containerd would wait for that in vain.
            (self._root / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def network(self) -> str:
        """Return the name of the network that it sees."""
        assert self._process is not None
        return str(Path(f"/proc/{self._process.pid}/ns/net").readlink())

    def freeze(self) -> None:
        """Let it hang."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no byte free on its disk, whatever it may remove there."""
        ballast = self._data / "ballast"
        over = threading.Event()
        filled = threading.Event()

        def fill() -> None:
            with ballast.open("wb", buffering=0) as file:
                while not over.is_set():
                    try:
                        file.write(bytes(1 << 12))
                    except OSError:
                        filled.set()
                        over.wait(0.001)

        filling = threading.Thread(target=fill)
        filling.start()
        try:
            filled.wait()
            yield
        finally:
            over.set()
            filling.join()
            ballast.unlink()

    @contextlib.contextmanager
    def client(self) -> Iterator[docker.APIClient]:
        """Lend a client of this engine."""
        endpoint = engine.Endpoint(self.url, "a test")
        with contextlib.closing(engine._open(endpoint, timeout_s=60)) as client:
            yield client

    def containers(self) -> list[dict[str, Any]]:
        """Return all containers of pools, dead ones too."""
        with self.client() as client:
            return list(client.containers(all=True, filters={"label": LABEL_POOL}))

    def load_image(self) -> None:
        """Give it the image of the worker from the host's engine."""
        if not self._image:
            with contextlib.closing(engine.connect()) as host:
                self._image = b"".join(host.get_image(image_reference()))
        with self.client() as client:
            client.load_image(self._image)
            for each in client.images():
                client.tag(each["Id"], image_reference())
                # Podman puts a host before the name.
                for other in {*each["RepoTags"]} - {image_reference()}:
                    client.remove_image(other)

    def close(self) -> None:
        """End it and everything that it has left."""
        if (self._root / "exec").exists():
            self.ensure()  # an engine that was killed did not tidy up
        self.stop()
        subprocess.run(["umount", "--lazy", self._data], check=True)

    def _command(self) -> list[str]:
        settings = self._root / "daemon.json"
        settings.write_text("{}", "ascii")
        return [
            *_OWN_CONTAINERD,
            *("dockerd", "--host", self.url, "--pidfile", str(self._root / "pid")),
            # The host's settings may contradict these options, which dockerd refuses.
            *("--config-file", str(settings)),
            *("--data-root", str(self._data), "--exec-root", str(self._root / "exec")),
            *("--bridge=none", "--iptables=false", "--ip6tables=false"),
        ]

    def _answers(self) -> bool:
        with contextlib.suppress(docker.errors.DockerException, OSError), self.client() as client:
            return bool(client.ping())
        return False

    def _log(self) -> str:
        return (self._root / "log").read_text("utf-8", "replace")[-3000:]
