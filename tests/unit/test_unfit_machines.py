"""Machines, engines and disks that cannot do what is asked: one clear sentence with the remedy."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import docker.errors
import pytest

import runner
from runner import engine, images
from runner.images import builder, store
from tests.fakes import FakeBackend

pytestmark = pytest.mark.user


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is to be a URL"),
        ("tcp://host:port", "is to be a URL"),
        ("ssh://host", "forwarded to a socket"),
        ("fd://", "fd:// is not supported: use unix"),
        ("npipe:////./pipe/docker_engine", "npipe:// is not supported: use unix"),
        ("unix:///no/such.sock", "No such file or directory"),
    ],
)
def test_a_wrong_address_of_an_engine_is_told(
    url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    with pytest.raises(runner.EngineUnavailableError, match=words):
        engine.connect()


@pytest.mark.parametrize("name", ["nosuch", "../..", os.fsdecode(b"\xff")])
def test_a_context_that_does_not_exist_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", name)
    with pytest.raises(runner.ConfigurationError, match=r"does not exist .* `docker context ls`"):
        engine.connect()


def test_the_group_of_the_socket_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(engine, "_knock", refuse)
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    with pytest.raises(runner.EngineUnavailableError, match=r"usermod -aG docker"):
        engine.connect()


@pytest.mark.parametrize(("version", "words"), [("1.24", "too old"), ("1.39", "upgrade")])
def test_an_old_engine_is_told(version: str, words: str) -> None:
    with pytest.raises(Exception, match=words):
        engine._check_version(version)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("write /x: no space left on device", "free some space"),
        ("Unknown runtime specified runsk", "make it known to the engine"),
        ("unknown or invalid runtime name: runsk", "leave out the setting `runtime`"),
    ],
)
def test_what_an_engine_cannot_do_comes_with_the_remedy(said: str, words: str) -> None:
    with (
        pytest.raises(runner.BackendError, match=f"cannot try: {said}: .*{words}"),
        engine.translated("try"),
    ):
        raise docker.errors.DockerException(said)


def test_too_few_descriptors_are_told() -> None:
    class Crowded(FakeBackend):
        def start(self, deadline: float) -> Any:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    crowded = runner.Pool(backend=Crowded(), workers=1, spares=0)
    with pytest.raises(runner.BackendError, match=r"Too many open files.*`ulimit -n`.* fewer work"):
        crowded.start()
    crowded.shutdown()


def test_a_machine_that_has_no_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the pool is as new: it works as soon as there are some."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = runner.Pool(backend=FakeBackend(), workers=1, spares=0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(runner.PoolError, match=r"start new thread: .*`ulimit -u`.* fewer work"):
            pool.start()
    with pool:
        assert pool.execute("x = 1", ["assert x"]).conclusive


@pytest.mark.engine
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"runtime": "nosuch"}, "runtime.*leave out the setting `runtime`"),
        ({"image": "nosuch"}, "does not exist .* --name nosuch.* its tag: `nosuch:latest`"),
        ({"image": "nosuch:1"}, "image nosuch:1 does not exist .* leave out .* name one of"),
        ({"image": "No Such!"}, "invalid reference format"),
    ],
)
def test_what_an_engine_does_not_have_is_told(settings: dict[str, Any], words: str) -> None:
    unusable = runner.Pool(backend="docker", workers=1, spares=0, **settings)
    with pytest.raises(runner.RunnerError, match=words):
        unusable.start()
    unusable.shutdown()


_FULL = Path("/dev/full")  # a file of a disk without any space


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("eval ROWS --html FULL", "cannot write FULL"),
        ("eval ROWS --junit FULL", "cannot write FULL"),
        ("eval ROWS --resume FULL", "cannot write FULL"),
        ("eval ROWS --json > FULL", "cannot write the output"),
        ("eval ROWS > FULL", "cannot write the output"),
        ("run ROWS --tests ROWS > FULL", "cannot write the output"),
    ],
)
def test_a_full_disk_is_told(command: str, words: str, tmp_path: Path) -> None:
    """Also where the output goes: a command that loses its report must not end with success."""
    rows = tmp_path / "rows.py"
    rows.write_text('{"code": "x = 1", "tests": ["assert x == 1"]}\n')
    command = command.replace("ROWS", str(rows)).replace("FULL", str(_FULL))
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m runner {command}"],
        env={**os.environ, "RUNNER_BACKEND": "local"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = f"runner: {words.replace('FULL', str(_FULL))}: No space left on device: free some space"
    assert done.stderr.splitlines()[-1].startswith(said)
    assert done.returncode == 2


def test_an_image_on_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="tar: No space left on device\n")

    monkeypatch.setattr(subprocess, "run", fill)
    with pytest.raises(runner.BackendError, match=r"cannot try: tar: No space .* free some space"):
        builder._run(["true"], "try")


def test_no_room_for_an_image_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SCRATCH", "/proc/nosuch")
    with (
        pytest.raises(runner.BackendError, match="cannot make the image in /proc/nosuch: No such"),
        builder._scratch(),
    ):
        pass


def test_a_saved_image_replaces_no_device() -> None:
    with pytest.raises(runner.ConfigurationError, match="/dev/full: it is not a regular file"):
        images.save(_FULL)
    assert _FULL.is_char_device()


def test_windows_is_told_where_it_can_go_on() -> None:
    program = "import importlib.metadata, sys; sys.platform = 'win32'; import runner"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr.splitlines()[-1].startswith("ImportError: sandbox-runner needs Linux or mac")
    assert "WSL 2" in done.stderr


def test_the_local_backend_is_told_to_need_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(runner.ConfigurationError, match=r"needs Linux, .* use backend='docker'"):
        runner.Pool(backend="local").start()
