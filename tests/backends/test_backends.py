"""Containers are locked down as designed, and only those of dead owners are reaped."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from docker.errors import APIError

from runner.backends import base, create_backend, docker, fork_guard, local, lockdown
from runner.backends.attach import attached
from runner.backends.engine_facts import EngineFacts, is_podman
from runner.backends.owner import LABEL_POOL, Owner
from runner.config import PoolConfig
from runner.errors import ConfigurationError, HandshakeError, WeakIsolationError
from runner.models import Limits
from runner.sandbox.greeting import Protection
from runner.sandbox.transport import Transport
from runner.worker.protocol import files

pytestmark = pytest.mark.user

#: A description of itself as an engine with everything gives it.
INFO = {
    "NCPU": 2,
    "MemoryLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
}

PODMAN = {"Components": [{"Name": "Podman Engine"}]}


def config(**settings: Any) -> PoolConfig:
    return PoolConfig.build(None, settings)


def flags(*, podman: bool = False, **settings: Any) -> dict[str, Any]:
    return lockdown.host_config(config(**settings), EngineFacts(cpus=2.0, podman=podman))


_OF_FILES = ("files_bytes", "files_count")


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("NetworkMode", "none"),
        ("ReadonlyRootfs", True),
        ("IpcMode", "none"),
        ("CapDrop", ["ALL"]),
        ("CapAdd", ["SETUID", "SETGID", "KILL", "SYS_CHROOT"]),
        ("Privileged", False),
        ("Init", False),
        ("AutoRemove", False),
        ("LogConfig", {"Type": "none"}),
    ],
)
def test_a_container_is_locked_down(flag: str, value: object) -> None:
    assert flags()[flag] == value


def test_a_container_mounts_nothing_of_the_host() -> None:
    assert not {"Binds", "Mounts", "VolumesFrom", "Devices"} & flags().keys()


def test_files_are_in_memory_where_only_root_can_write_and_nothing_is_executed() -> None:
    for options in flags()["Tmpfs"].values():
        assert {"noexec", "nosuid", "nodev", "mode=0755", "nr_inodes=1006"} < {*options.split(",")}
    assert Limits.model_fields["files_bytes"].default in files.PLACES.values()
    most = {name: Limits.model_json_schema()["properties"][name]["maximum"] for name in _OF_FILES}
    assert most == {"files_bytes": files.MOST_FILES_BYTES, "files_count": files.MOST_FILES}
    assert max(files.PLACES.values()) == files.MOST_FILES_BYTES


def test_limits_reach_the_engine_and_swap_is_not_added() -> None:
    limits = flags(memory_bytes=1 << 27, pids=20, cpus=0.5)
    assert limits["Memory"] == limits["MemorySwap"] == 1 << 27
    assert (limits["PidsLimit"], limits["NanoCpus"]) == (20, 500_000_000)


def test_no_more_processors_are_asked_for_than_there_are() -> None:
    assert flags(cpus=64)["NanoCpus"] == 2_000_000_000


def test_the_supervisors_own_files_are_not_masked() -> None:
    masked = flags()["MaskedPaths"]
    assert {"/dev/mqueue", "/proc/kcore", "/sys/firmware", "/proc/cpuinfo"} <= set(masked)
    assert not [path for path in masked if path == "/sys" or path.startswith("/sys/fs")]


def test_a_runtime_is_passed_on() -> None:
    assert "Runtime" not in flags()
    assert flags(runtime="runsc")["Runtime"] == "runsc"


def test_docker_gets_the_profile_as_text_and_podman_as_a_file() -> None:
    """Each rejects what the other one wants."""
    assert not is_podman({"Components": [{"Name": "Engine"}, {"Name": "runc"}]})
    assert not is_podman({})
    assert is_podman(PODMAN)
    first, of_docker = flags()["SecurityOpt"]
    assert first == "no-new-privileges"
    assert json.loads(of_docker.removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"
    first, of_podman, _ = flags(podman=True)["SecurityOpt"]
    assert first == "no-new-privileges"
    assert Path(of_podman.removeprefix("seccomp=")).read_text().startswith("{")


def test_podman_gets_the_paths_to_hide_as_an_option_with_its_scratch_directories() -> None:
    """It passes over ``MaskedPaths``, and puts writable directories on a read-only root."""
    _, _, option = flags(podman=True)["SecurityOpt"]
    hidden = option.removeprefix("mask=").split(":")
    assert set(hidden) == {*flags()["MaskedPaths"], "/run", "/tmp", "/var/tmp"}


def test_a_runtime_that_podman_would_pass_over_is_refused() -> None:
    for wanted in (None, "crun", "runsc"):
        EngineFacts.read({**INFO, "DefaultRuntime": "runc"}, {}, wanted)
    EngineFacts.read({**INFO, "DefaultRuntime": "runsc"}, PODMAN, "runsc")
    with pytest.raises(ConfigurationError, match=r"containers\.conf"):
        EngineFacts.read({**INFO, "DefaultRuntime": "crun"}, PODMAN, "runsc")


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("MemoryLimit", "memory"),
        ("PidsLimit", "pids"),
        ("CpuCfsQuota", "cpus"),
        ("SecurityOptions", "Seccomp"),
    ],
)
def test_an_engine_is_believed_only_where_the_worker_cannot_see(claim: str, name: str) -> None:
    """Podman denies limits that it applies."""
    seen, unseen = (Protection(name=name, ok=ok, value="", fix="") for ok in (True, None))
    weak = docker.DockerBackend(config())
    weak._facts = EngineFacts.read({**INFO, claim: None}, {}, None)
    weak._check_unseen([seen])
    with pytest.raises(WeakIsolationError, match="does not apply"):
        weak._check_unseen([unseen])
    accepting = docker.DockerBackend(config(allow_weak_isolation=True))
    accepting._facts = weak._facts
    accepting._check_unseen([unseen])
    strong = docker.DockerBackend(config())
    strong._facts = EngineFacts.read(INFO, {}, None)
    strong._check_unseen([unseen])


@pytest.mark.parametrize(
    ("apparmor", "default", "chosen", "asked"),
    [
        (True, "runc", None, True),
        (True, "crun", None, False),
        (True, "runc", "crun", False),
        (True, "io.containerd.runc.v2", None, True),
        (False, "crun", None, True),
    ],
)
def test_no_new_privileges_are_asked_for_unless_a_profile_would_be_stacked(
    *, apparmor: bool, default: str, chosen: str | None, asked: bool
) -> None:
    options = ["name=seccomp", "name=apparmor"] if apparmor else ["name=seccomp"]
    info = {**INFO, "SecurityOptions": options, "DefaultRuntime": default}
    flags = lockdown.host_config(config(), EngineFacts.read(info, {}, chosen))
    assert ("no-new-privileges" in flags["SecurityOpt"]) is asked


@pytest.mark.parametrize(
    ("default", "chosen", "counted"),
    [
        ("runc", None, True),
        ("io.containerd.runc.v2", None, True),
        ("runc", "crun", True),
        ("runsc", None, False),
        ("runc", "runsc", False),
        ("runc", "kata", False),
    ],
)
def test_places_for_files_are_asked_for_where_their_number_can_be_limited(
    *, default: str, chosen: str | None, counted: bool
) -> None:
    """Podman and gVisor would start no container with such an option."""
    facts = EngineFacts.read({**INFO, "DefaultRuntime": default}, {}, chosen)
    flags = lockdown.host_config(config(), facts)
    assert bool(flags["Tmpfs"]) is counted


def test_an_engine_that_maps_users_gets_ids_that_it_has() -> None:
    backend = docker.DockerBackend(config())
    info = {**INFO, "SecurityOptions": ["name=seccomp", "name=rootless"]}
    backend._facts = EngineFacts.read(info, {}, None)
    assert all(0 < backend._uid_base() < 65_536 - 1000 for _ in range(1000))


def test_ranges_of_user_ids_do_not_overlap() -> None:
    ranges = [base.uid_range() for _ in range(1000)]
    assert all(first % 1000 == 0 and 2_001_000_000 <= first < 2**31 - 1000 for first in ranges)
    assert len(set(ranges)) > 950


def test_sandboxes_have_names_of_their_own() -> None:
    assert len({base.next_sandbox_id("docker") for _ in range(1000)}) == 1000


def test_settings_choose_the_backend() -> None:
    assert create_backend(config(backend="docker")).name == "docker"
    assert create_backend(config(backend="local")).name == "local"


def test_an_owner_comes_back_from_its_labels() -> None:
    owner = Owner.current()
    assert owner.pid == os.getpid()
    assert Owner.from_labels(owner.labels()) == owner
    assert owner.is_dead() is False


@pytest.mark.parametrize("labels", [{}, {"sandbox-runner.owner.pid": "x"}])
def test_what_names_no_owner_has_none(labels: dict[str, str]) -> None:
    assert Owner.from_labels(labels) is None


def test_a_process_that_ended_is_a_dead_owner() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        owner = replace(Owner.current(), pid=process.pid)
    assert owner.is_dead() is True


def test_a_process_id_that_is_used_again_is_another_owner() -> None:
    assert replace(Owner.current(), start="1").is_dead() is True


def test_an_owner_elsewhere_cannot_be_judged() -> None:
    assert replace(Owner.current(), place="another machine").is_dead() is None


def container(owner: Owner | None, state: str) -> dict[str, Any]:
    return {"Labels": {LABEL_POOL: "x", **(owner.labels() if owner else {})}, "State": state}


@pytest.mark.parametrize(
    ("owner", "state", "expected"),
    [
        (Owner.current(), "running", False),
        (Owner.current(), "exited", False),
        (replace(Owner.current(), start="1"), "running", True),
        (replace(Owner.current(), start="1"), "created", True),
        (replace(Owner.current(), place="elsewhere"), "running", False),
        (replace(Owner.current(), place="elsewhere"), "created", False),
        (replace(Owner.current(), place="elsewhere"), "exited", True),
        (None, "running", False),
        (None, "dead", True),
    ],
)
def test_only_the_dead_leave_leftovers(owner: Owner | None, state: str, *, expected: bool) -> None:
    assert docker._is_leftover(container(owner, state)) is expected


def test_the_local_backend_needs_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(ConfigurationError, match="darwin"):
        local.LocalBackend(config()).check()


def test_a_local_worker_that_breaks_at_once_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [sys.executable, "-c", "raise SystemExit('broken on purpose')"]
    monkeypatch.setattr(local, "_command", lambda: broken)
    backend = local.LocalBackend(config())
    with pytest.raises(HandshakeError, match="exit code 1; stderr: broken on purpose"):
        backend.start(time.monotonic() + 10)


class _Removing:
    """A client whose removals fail."""

    def __init__(self, status: int) -> None:
        response = requests.Response()
        response.status_code = status
        self._error = APIError("no", response=response)

    def remove_container(self, *_: object, **__: object) -> None:
        raise self._error


@pytest.mark.fault("container removed by another program")
def test_a_container_that_another_program_is_removing_counts_as_gone() -> None:
    conflict: Any = _Removing(409)
    docker._remove_now(conflict, "box")
    refusal: Any = _Removing(500)
    with pytest.raises(APIError):
        docker._remove_now(refusal, "box")


class _Attaching:
    """What ``attached`` needs of a client, and of the response it gets."""

    timeout = 1.0

    def __init__(self, raw: socket.socket | None) -> None:
        self.raw = raw
        self.closed = 0

    def _url(self, path: str, container: str) -> str:
        return path.format(container)

    def post(self, _url: str, **_: object) -> "_Attaching":
        return self

    def _get_raw_response_socket(self, response: object) -> object:
        if self.raw is None:
            raise APIError("no")
        return response.raw  # type: ignore[attr-defined]

    def close(self) -> None:
        self.closed += 1


def _attached(client: _Attaching, watch: fork_guard.ForkDetector) -> Transport:
    return attached(client, "c1", watch)  # type: ignore[arg-type]


def test_a_refused_attachment_is_closed() -> None:
    client = _Attaching(raw=None)
    with pytest.raises(APIError):
        _attached(client, fork_guard.ForkDetector())
    assert client.closed == 1


def test_streams_that_a_forked_child_may_hold_are_closed() -> None:
    """Control: without a fork they are open, and closed by their owner."""
    ours, theirs = socket.socketpair()
    with theirs:
        client, watch = _Attaching(raw=ours), fork_guard.ForkDetector()
        transport = _attached(client, watch)
        assert (client.closed, transport.hung_up()) == (0, False)
        transport.close()
    ours, theirs = socket.socketpair()
    with theirs:
        client = _Attaching(raw=ours)
        watch._forks -= 1
        with pytest.raises(fork_guard.ForkedMeanwhileError):
            _attached(client, watch)
        assert (client.closed, ours.fileno()) == (1, -1)
