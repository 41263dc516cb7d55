"""The configuration of an image: what ours has, and in what another one differs.

A container gets the same values when it is created, as far as an engine lets them be given. It also
gets the image's volumes, environment and the like, so an image that has any is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner import fingerprint
from runner.images import recipe

LABEL_WORKER = "sandbox-runner.worker"
LABEL_LOCK = "sandbox-runner.lock"
LABEL_STDLIB = "sandbox-runner.stdlib"

#: What builders add of their own accord; the engine gives the path to every container anyway.
_BUILDERS_ENVIRONMENT = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BUILDERS_LABEL = "io.buildah.version"

#: Replaced when a container is created, or without meaning on Linux.
_WITHOUT_EFFECT = {"Hostname", "Domainname", "Image", "ArgsEscaped"}

_SHOWN_CHARS = 100


def wanted() -> dict[str, Any]:
    """Return the configuration of our images, by the engine's names."""
    lines = dict(line.split(" ", 1) for line in recipe.configuration())
    return {
        "User": lines["USER"],
        "WorkingDir": lines["WORKDIR"],
        "Entrypoint": json.loads(lines["ENTRYPOINT"]),
    }


def container_settings(*, podman: bool = False) -> dict[str, Any]:
    """Return what is set when a container is created, by the names of the SDK.

    Args:
        podman: Whether it is Podman, which makes a timer of systemd for each container with a
            health check, even for the one that means none. Images with one are refused anyway.
    """
    ours = wanted()
    return {
        "entrypoint": ours["Entrypoint"],
        "command": [],
        "user": ours["User"],
        "working_dir": ours["WorkingDir"],
        **({} if podman else {"healthcheck": {"test": ["NONE"]}}),
    }


def differences(config: Mapping[str, Any], *, is_ours: bool = True) -> tuple[str, ...]:
    """Return one line for each setting of an image that is not as it should be.

    Args:
        config: The image's configuration, by the engine's names.
        is_ours: Whether it should also have the labels of an image of this source.
    """
    ours = wanted()
    lines = [
        f"{name} is {_shown(config.get(name))} instead of {_shown(ours.get(name))}"
        for name in sorted({*ours, *config} - {*_WITHOUT_EFFECT, "Labels"})
        if _value(name, config.get(name)) != _value(name, ours.get(name))
    ]
    return (*lines, *(_labels(config.get("Labels") or {}) if is_ours else ()))


def _value(name: str, value: object) -> object:
    """Return a setting in the spelling that all engines' have in common."""
    if name == "Env" and value == [_BUILDERS_ENVIRONMENT]:
        return None
    return value or None


def _labels(labels: Mapping[str, Any]) -> Iterator[str]:
    known = {LABEL_WORKER, LABEL_LOCK, LABEL_STDLIB}
    for name in sorted(labels.keys() - known - {_BUILDERS_LABEL}):
        yield f"there is a label {_shown(name)}"
    for name in sorted(known):
        if not re.fullmatch("[0-9a-f]{64}", str(labels.get(name))):
            yield f"the label {name} is {_shown(labels.get(name))} instead of a digest"
    worker = fingerprint.worker_digest()
    if labels.get(LABEL_WORKER) != worker:
        yield f"the worker is {_shown(labels.get(LABEL_WORKER))} instead of {worker}"


def _shown(value: object) -> str:
    return f"{value!r:.{_SHOWN_CHARS}}" if value else "nothing"
