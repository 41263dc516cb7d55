"""The expected configuration of an image, and the differences of another one.

A container gets the same values when it is created, as far as the engine's API allows. It also
inherits the image's volumes, environment and the like, so an image that has any is refused.
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

#: Added by builders; the engine sets this path for every container in any case.
_BUILDERS_ENVIRONMENT = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BUILDERS_LABEL = "io.buildah.version"

#: Overridden when a container is created, or unused on Linux.
_WITHOUT_EFFECT = {"Hostname", "Domainname", "Image", "ArgsEscaped"}

_SHOWN_CHARS = 100


def wanted() -> dict[str, Any]:
    """Return the expected configuration, with the engine's field names."""
    lines = dict(line.split(" ", 1) for line in recipe.configuration())
    return {
        "User": lines["USER"],
        "WorkingDir": lines["WORKDIR"],
        "Entrypoint": json.loads(lines["ENTRYPOINT"]),
    }


def container_settings(*, podman: bool = False) -> dict[str, Any]:
    """Return the settings for the creation of a container, as arguments of the SDK.

    Args:
        podman: Whether the engine is Podman: it makes a systemd timer for each container with a
            health check, even a disabled one. Images with one are refused in any case.
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
    """Return one line for each setting of an image that differs from the expected one.

    Args:
        config: The image's configuration, with the engine's field names.
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
    """Return a setting in a form that is the same for all engines."""
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
