"""A worker does not serve in a sandbox that lacks a single protection, and says which."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

import runner
from runner.backends import docker, lockdown
from runner.config import PoolConfig

pytestmark = pytest.mark.engine

_MIB = 1024 * 1024

#: What is changed, and the check that must notice.
_WEAKENED: dict[str, tuple[dict[str, Any], str]] = {
    "no filter": ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, "Seccomp is 0"),
    "the engine's filter": ({"SecurityOpt": ["no-new-privileges"]}, "profile is allows"),
    "new privileges": ({"SecurityOpt": None}, "NoNewPrivs is 0"),
    "a capability": ({"CapAdd": ["SETUID", "SETGID", "KILL", "NET_RAW"]}, "CapEff is"),
    "all capabilities": ({"CapDrop": []}, "CapBnd is"),
    "more memory": ({"Memory": 600 * _MIB, "MemorySwap": 600 * _MIB}, "memory is 629145600"),
    "swap": ({"MemorySwap": 1024 * _MIB}, "memory and swap is 1073741824"),
    "more processes": ({"PidsLimit": 1000}, "pids is 1000"),
    "no limit of processes": ({"PidsLimit": -1}, "pids is max"),
    "more processors": ({"NanoCpus": 1_500_000_000}, "cpus is 1.5"),
    "all processors": ({"NanoCpus": 0}, "cpus is unlimited"),
    "the host's network": ({"NetworkMode": "host"}, "network is"),
    "a writable root": ({"ReadonlyRootfs": False}, "root is writable"),
    "a scratch directory": ({"Tmpfs": {"/tmp": ""}}, "writable places is /tmp"),
    "shared memory": ({"IpcMode": "private"}, "writable places is /dev/shm"),
    "unmasked files": ({"MaskedPaths": []}, "unmasked is /proc/cpuinfo"),
    "an init": ({"Init": True}, "pid is"),
}

Weaken = Callable[[dict[str, Any]], None]


@pytest.fixture
def weaken(monkeypatch: pytest.MonkeyPatch) -> Weaken:
    """Start containers with other flags than designed."""
    designed = lockdown.host_config

    def with_changes(changes: dict[str, Any]) -> None:
        def host_config(*args: Any, **kwargs: Any) -> dict[str, Any]:
            flags = designed(*args, **kwargs)
            if changes.get("SecurityOpt", ()) is None:
                return {**flags, "SecurityOpt": flags["SecurityOpt"][1:]}
            return flags | changes

        monkeypatch.setattr(lockdown, "host_config", host_config)

    return with_changes


def _start(**settings: Any) -> None:
    backend = docker.DockerBackend(PoolConfig.build(None, {"backend": "docker", **settings}))
    try:
        backend.start(time.monotonic() + 60).close()
    finally:
        backend.close()


@pytest.mark.parametrize(("changes", "noticed"), _WEAKENED.values(), ids=_WEAKENED)
def test_a_missing_protection_is_noticed(
    weaken: Weaken, changes: dict[str, Any], noticed: str
) -> None:
    weaken(changes)
    with pytest.raises(runner.WeakIsolationError) as refusal:
        _start()
    assert noticed in str(refusal.value)
    assert "allow_weak_isolation=True" in str(refusal.value)


def test_nothing_is_missing_as_designed(weaken: Weaken) -> None:
    weaken({})
    _start()


def test_who_accepts_weak_isolation_is_warned(
    weaken: Weaken, caplog: pytest.LogCaptureFixture
) -> None:
    """It serves, and every gap is in the log."""
    weaken({"PidsLimit": 1000, "ReadonlyRootfs": False})
    with caplog.at_level(logging.WARNING, logger="runner"):
        _start(allow_weak_isolation=True)
    assert "pids is 1000" in caplog.text
    assert "root is writable" in caplog.text
