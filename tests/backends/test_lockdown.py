"""The flags of a container take effect in the kernel."""

import contextlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from runner import engine, images
from runner.backends import lockdown
from runner.backends.docker import DockerBackend
from runner.backends.engine_facts import EngineFacts, is_podman
from runner.config import PoolConfig

_PROGRAM = """
import json
print(json.dumps({name: open("/proc/self/" + name).read() for name in ("cgroup", "limits")}))
"""


def _seen(flags: dict[str, Any]) -> dict[str, Any]:
    with contextlib.closing(engine.connect(timeout_s=60)) as client:
        images.build(client=client)
        made = client.create_container(
            images.image_reference(),
            entrypoint=["/usr/bin/python3.13", "-I", "-S", "-c", _PROGRAM],
            host_config={**flags, "LogConfig": {"Type": "json-file"}},
        )["Id"]
        try:
            client.start(made)
            client.wait(made, timeout=60)
            return dict(json.loads(client.logs(made)))
        finally:
            client.remove_container(made, force=True)


@pytest.mark.engine
def test_the_private_namespace_takes_effect() -> None:
    """Control: without this flag the same program sees more."""
    with contextlib.closing(engine.connect(timeout_s=60)) as client:
        podman = is_podman(client.version())
    facts = EngineFacts(podman=podman, cgroup_version=2, counts_files=not podman)
    flags = lockdown.host_config(PoolConfig(), facts)
    plain = {name: flags[name] for name in flags if name != "CgroupnsMode"}
    seen, control = _seen(flags), _seen({**plain, "CgroupnsMode": "host"})
    assert {line.partition("::")[2] or line.split(":")[2] for line in seen["cgroup"].split()} == {
        "/"
    }
    # Podman is not asked for the namespace: it gives one by itself.
    assert podman or any(len(line) > 40 for line in control["cgroup"].split())


def _hard_limits(text: str) -> dict[str, str]:
    wanted = ("core file size", "open files", "pending signals")
    lines = (re.split(r"\s{2,}", line) for line in text.splitlines())
    return {line[0][4:]: line[2] for line in lines if line[0][4:] in wanted}


@pytest.mark.engine
def test_process_1_has_limits_of_its_own() -> None:
    """Control: another program in such a container has more."""
    backend = DockerBackend(PoolConfig.build(None, {"backend": "docker"}))
    with contextlib.closing(backend), contextlib.closing(engine.connect()) as client:
        sandbox = backend.start(time.monotonic() + 60)
        with contextlib.closing(sandbox):
            pid = client.inspect_container(f"sandbox-runner-{sandbox.sandbox_id}")["State"]["Pid"]
            limits = Path(f"/proc/{pid}/limits").read_text()
        podman = is_podman(client.version())
    assert set(_hard_limits(limits).items()) == {
        ("core file size", "0"),
        ("open files", "1024"),
        ("pending signals", "1024"),
    }
    facts = EngineFacts(podman=podman, cgroup_version=2, counts_files=False)
    flags = lockdown.host_config(PoolConfig(), facts)
    assert _hard_limits(_seen(flags)["limits"])["open files"] != "1024"


def test_podman_is_not_asked_for_what_it_refuses() -> None:
    """It fails where Docker warns."""
    ours = lockdown.host_config(PoolConfig(), EngineFacts())
    podmans = lockdown.host_config(PoolConfig(), EngineFacts(podman=True))
    assert ours.keys() - podmans.keys() == {"CgroupnsMode", "BlkioWeight"}


def test_reads_have_the_least_weight_only_where_that_may_be_missing() -> None:
    """With version 2 the engine does not look whether the kernel has it, and starts nothing."""
    first, second = (
        lockdown.host_config(PoolConfig(), EngineFacts(cgroup_version=version))
        for version in (1, 2)
    )
    assert first == {**second, "BlkioWeight": 10}
