"""The flags of a container take effect in the kernel."""

import contextlib
import json
from typing import Any

import pytest

from runner import engine, images
from runner.backends import lockdown
from runner.backends.docker import is_podman
from runner.config import PoolConfig

_PROGRAM = """
import json, os, resource
print(json.dumps({
    "group": open("/proc/self/cgroup").read(),
    **{name: resource.getrlimit(getattr(resource, "RLIMIT_" + name.upper()))
       for name in ("core", "nofile", "sigpending")
       if hasattr(resource, "RLIMIT_" + name.upper())},
    "limits": open("/proc/self/limits").read(),
}))
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
def test_limits_and_the_private_namespace_take_effect() -> None:
    """Control: without these flags the same program sees more."""
    with contextlib.closing(engine.connect(timeout_s=60)) as client:
        podman = is_podman(client.version())
        rootless = any("rootless" in option for option in client.info()["SecurityOptions"])
    flags = lockdown.host_config(
        PoolConfig(), engine_cpus=1.0, podman=podman, cgroup_version=2, counts_files=not podman
    )
    plain = {name: flags[name] for name in flags if name not in ("CgroupnsMode", "Ulimits")}
    seen, control = _seen(flags), _seen({**plain, "CgroupnsMode": "host"})
    assert {line.partition("::")[2] or line.split(":")[2] for line in seen["group"].split()} == {
        "/"
    }
    # Podman is not asked for the namespace: it gives one by itself.
    assert podman or any(len(line) > 40 for line in control["group"].split())
    if podman and rootless and seen["limits"] == control["limits"]:
        pytest.xfail("rootless Podman applied no ulimits: children of the worker have their own")
    assert (seen["core"], seen["nofile"]) == ([0, 0], [1024, 1024])
    assert control["nofile"] != [1024, 1024]
    (pending,) = (line for line in seen["limits"].split("\n") if "pending signals" in line)
    assert pending.split()[3:5] == ["1024", "1024"]


def test_podman_is_not_asked_for_what_it_refuses() -> None:
    """It fails where Docker warns."""
    ours = lockdown.host_config(PoolConfig(), engine_cpus=1.0)
    podmans = lockdown.host_config(PoolConfig(), engine_cpus=1.0, podman=True)
    assert ours.keys() - podmans.keys() == {"CgroupnsMode", "BlkioWeight"}
    assert podmans["Ulimits"] == ours["Ulimits"]


def test_reads_have_the_least_weight_only_where_that_may_be_missing() -> None:
    """With version 2 the engine does not look whether the kernel has it, and starts nothing."""
    first, second = (
        lockdown.host_config(PoolConfig(), engine_cpus=1.0, cgroup_version=version)
        for version in (1, 2)
    )
    assert first == {**second, "BlkioWeight": 10}
