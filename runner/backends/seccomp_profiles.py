"""The system-call profiles in ``seccomp/``, as engines and workers take them."""

import functools
import json
from typing import Any

from runner import fingerprint, resources
from runner.errors import ConfigurationError

_CONTAINER = "container.json"
_SUBJECT = "subject.json"
_FILES = "files.json"


@functools.cache
def container() -> str:
    """Return the profile of a container as JSON text, for an engine.

    Raises:
        ConfigurationError: ``seccomp/container.json`` is missing or damaged.
    """
    return json.dumps(_read(_CONTAINER))


def container_path() -> str:
    """Return the path of that profile, for engines that take a file."""
    return str(resources.directory("seccomp") / _CONTAINER)


@functools.cache
def subject() -> dict[str, Any]:
    """Return the profile of a subject without its comments, for a worker.

    Raises:
        ConfigurationError: ``seccomp/subject.json`` is missing or damaged.
    """
    return _without_comments(_read(_SUBJECT))


@functools.cache
def subject_with_files() -> dict[str, Any]:
    """Return the profile of a subject that has a work directory: its rules for files come first.

    Raises:
        ConfigurationError: A profile is missing or damaged.
    """
    profile, files = subject(), _without_comments(_read(_FILES))
    return {**profile, "syscalls": [*files["syscalls"], *profile["syscalls"]]}


def _without_comments(profile: dict[str, Any]) -> dict[str, Any]:
    for rule in profile["syscalls"]:
        rule.pop("comment", None)
    return profile


@functools.cache
def digests() -> dict[str, str]:
    """Return the digest of each profile; they are part of the fingerprint."""
    return {
        name.removesuffix(".json"): fingerprint.digest_of_json(_read(name))
        for name in (_CONTAINER, _SUBJECT, _FILES)
    }


def _read(name: str) -> dict[str, Any]:
    text = resources.read_text("seccomp", name)
    try:
        return dict(json.loads(text))
    except ValueError as error:
        raise ConfigurationError(f"seccomp/{name} is damaged: {error}") from error
