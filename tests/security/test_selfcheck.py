"""A worker does not serve in a sandbox that lacks a single protection, and says which."""

import contextlib
import logging
import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import runner
from runner import engine
from runner.backends import docker, lockdown
from runner.backends.engine_facts import EngineFacts
from runner.config import PoolConfig
from runner.sandbox.greeting import Protection

pytestmark = pytest.mark.engine

_MIB = 1024 * 1024

#: What is changed, and the check that must notice.
_WEAKENED: dict[str, tuple[dict[str, Any], str]] = {
    "no filter": ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, "Seccomp is 0"),
    "the engine's filter": ({"SecurityOpt": ["no-new-privileges"]}, "profile is allows"),
    "a capability": (
        {"CapAdd": ["SETUID", "SETGID", "KILL", "SYS_CHROOT", "NET_RAW"]},
        "CapEff is",
    ),
    "all capabilities": ({"CapDrop": []}, "CapBnd is"),
    "more memory": ({"Memory": 600 * _MIB, "MemorySwap": 600 * _MIB}, "memory is 629145600"),
    # Control groups of version 1 count memory and swap together, those of version 2 swap alone.
    "swap": ({"MemorySwap": 1024 * _MIB}, "swap is (1073741824|536870912)"),
    "more processes": ({"PidsLimit": 1000}, "pids is 1000"),
    # Systemd has a limit of its own.
    "no limit of processes": ({"PidsLimit": -1}, "pids is (max|[0-9]+)"),
    "other processors": ({"NanoCpus": 500_000_000}, "cpus is 0.5"),
    "all processors": ({"NanoCpus": 0}, "cpus is unlimited"),
    "the host's network": ({"NetworkMode": "host"}, "network is"),
    "a writable root": ({"ReadonlyRootfs": False}, "root is writable"),
    "a scratch directory": ({"Tmpfs": {"/scratch": ""}}, "writable places is /scratch"),
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
            if "MaskedPaths" in changes:  # Podman takes them from elsewhere
                options = [each for each in flags["SecurityOpt"] if not each.startswith("mask=")]
                return {**flags, "SecurityOpt": options, **changes}
            return flags | changes

        monkeypatch.setattr(lockdown, "host_config", host_config)

    return with_changes


def _start(**settings: Any) -> list[Protection]:
    backend = docker.DockerBackend(PoolConfig.build(None, {"backend": "docker", **settings}))
    try:
        sandbox = backend.start(time.monotonic() + 60)
        sandbox.close()
        return sandbox.checks
    finally:
        backend.close()


@pytest.mark.parametrize(("changes", "noticed"), _WEAKENED.values(), ids=_WEAKENED)
def test_a_missing_protection_is_noticed(
    weaken: Weaken, changes: dict[str, Any], noticed: str
) -> None:
    with contextlib.closing(engine.connect()) as client:
        info = client.info()
    if "Init" in changes and not info.get("InitBinary"):
        pytest.skip("the engine has no init to put before the worker")
    if changes.get("NetworkMode") == "host":
        if "name=userns" in info["SecurityOptions"]:
            pytest.skip("an engine that maps user ids refuses the host's network")
        if [name for _, name in socket.if_nameindex()] == ["lo"]:
            pytest.skip("this machine has no interface but lo, so its network looks like none")
    weaken(changes)
    with pytest.raises(runner.WeakIsolationError) as refusal:
        _start()
    assert re.search(noticed, str(refusal.value))
    assert "allow_weak_isolation=True" in str(refusal.value)


def test_no_new_privileges_need_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker sees to it where a runtime is not asked."""
    designed = lockdown.host_config
    options = []

    def host_config(config: PoolConfig, facts: EngineFacts) -> dict[str, Any]:
        flags = designed(config, replace(facts, stacks_profiles=True))
        options.extend(flags["SecurityOpt"])
        return flags

    monkeypatch.setattr(lockdown, "host_config", host_config)
    checks = {check.name: check.value for check in _start()}
    assert "no-new-privileges" not in options
    assert checks["NoNewPrivs"] == "1"


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
