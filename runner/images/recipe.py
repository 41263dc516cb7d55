"""The inputs of an image, and its name, which is derived from them. Needs no engine.

The name is a digest of all inputs, so an image of other sources cannot be mistaken for this one.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner import fingerprint, resources
from runner.errors import ConfigurationError
from runner.images.wheels import Requirements

_REPOSITORY = "sandbox-runner"
LOCK = "lock.json"

#: Files of an image with more packages: those of Debian or of an index; modules to preload.
_PACKAGES = "packages"
_REQUIREMENTS = "requirements.txt"
_PRELOAD = "preload"
#: Where the recipe finds wheels.
WHEELS = "wheels"

_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@dataclass(frozen=True)
class Recipe:
    """The inputs of one image.

    Attributes:
        name: Name of the image; None for the plain one.
        requirements: Packages from an index; None if there are none.
    """

    name: str | None = None
    requirements: Requirements | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this source defines the image, not its user."""
        return self.name is None or self.name in variants()

    @property
    def reference(self) -> str:
        """The name of the image on an engine.

        For a predefined image, it determines the packages. For one that a user defines, the last
        build has the name.
        """
        repository = f"{_REPOSITORY}-{self.name}" if self.name else _REPOSITORY
        parts = [fingerprint.worker_digest(), fingerprint.digest_of_json(versions(self._lock()))]
        total = hashlib.sha256("".join([*parts, self._digest()]).encode("ascii"))
        return f"{repository}:{total.hexdigest()[:12]}"

    def _lock(self) -> dict[str, Any]:
        return self.lock() if self.is_ours else Recipe().lock()

    def lock(self) -> dict[str, Any]:
        """Return the package versions to which the image is pinned.

        Raises:
            ConfigurationError: A lock is missing or damaged.
        """
        content = self._debian_lock()
        if self.requirements is None:
            return content
        preload = list(self.requirements.preload)
        return {**content, "wheels": self.requirements.versions(), "preload": preload}

    @property
    def lock_name(self) -> str:
        """Name of the lock of Debian's packages, below ``images``."""
        return LOCK if self.name is None or self.requirements is not None else f"{self.name}/{LOCK}"

    def _debian_lock(self) -> dict[str, Any]:
        text = resources.read_text("images", self.lock_name)
        try:
            content = json.loads(text)
            dict(content["packages"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"images/{self.lock_name} is damaged: {error}") from error
        return dict(content)

    def _digest(self) -> str:
        files = ["rootfs.sh"]
        if self.name is not None:
            files.append("packages.py")
        if self.is_ours and self.requirements is None and self.name is not None:
            files += [f"{self.name}/{_PACKAGES}", f"{self.name}/{_PRELOAD}"]
        parts = [*(resources.read_text("images", each) for each in files), *configuration()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def lay_out(self, place: Path, find_links: Path | None = None) -> Path | None:
        """Return the recipe's directory of additional packages; None for the plain image.

        Args:
            place: Directory for downloads, which does not exist yet.
            find_links: A directory of wheels to use instead of an index.

        Raises:
            ConfigurationError: There are no such wheels.
            BackendError: They cannot be fetched.
        """
        if self.requirements is None:
            return directory() / self.name if self.name else None
        wheels = place / WHEELS
        wheels.mkdir(parents=True)
        self.requirements.download(wheels, find_links=find_links)
        (place / _PRELOAD).write_text("\n".join(self.requirements.preload), encoding="utf-8")
        return place


def variants() -> tuple[str, ...]:
    """Return the names of the predefined images, without the plain one."""
    return tuple(sorted(path.parent.name for path in directory().glob(f"*/{_PRELOAD}")))


def recipe_of(name: str | None = None) -> Recipe:
    """Return the inputs of an image, as far as this source defines them.

    Args:
        name: Name of a predefined image, or of one that a user defines; the plain one if None.

    Raises:
        ConfigurationError: It can be no name of an image.
    """
    if name is None:
        return Recipe()
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r:.60} is not a valid name of an image: use a to z, 0 to 9, - . and _"
        )
    path = directory() / name / _REQUIREMENTS
    if name not in variants() or not path.exists():
        return Recipe(name)
    return Recipe(
        name, Requirements(path, tuple(resources.read_text("images", f"{name}/{_PRELOAD}").split()))
    )


def image_reference(variant: str | None = None) -> str:
    """Return the reference of the image of this source; needs no engine.

    Args:
        variant: Which of the images; the plain one if None.

    Raises:
        ConfigurationError: The installation is incomplete, or the name is not valid.
    """
    return recipe_of(variant).reference


def resolve(image: str | None) -> str:
    """Return the reference for the setting ``image`` of a pool: a name, or any reference."""
    return image_reference(image) if image is None or _NAME.fullmatch(image) else image


def name_in(reference: str) -> str | None:
    """Return the name of the predefined image with this reference; None if there is none."""
    repository, _, _ = reference.partition(":")
    name = repository.removeprefix(f"{_REPOSITORY}-")
    is_name = name != repository and _NAME.fullmatch(name)
    return name if is_name and image_reference(name) == reference else None


def versions(lock_file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a lock that is the same on all architectures."""
    wheels = ("preload", "wheels") if "wheels" in lock_file else ()
    return {name: lock_file.get(name) for name in ("packages", "suite", *wheels)}


def directory() -> Path:
    """Return the directory of the recipe and the locks."""
    return resources.directory("images")


def configuration() -> list[str]:
    """Return user, directory and entry point, which are defined only in the Dockerfile."""
    _, _, last_stage = resources.read_text("images", "Dockerfile").partition("FROM scratch\n")
    wanted = ("USER ", "WORKDIR ", "ENTRYPOINT ")
    return [line for line in last_stage.splitlines() if line.startswith(wanted)]


def context(more: Path | None, name: str) -> io.BytesIO:
    """Return the build context of the Dockerfile, laid out like the repository.

    Args:
        more: A directory of additional packages.
        name: Below ``images``, where the Dockerfile looks for that.
    """
    images = directory()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(images, "images", recursive=False)
        for each in ("Dockerfile", "packages.py", "rootfs.sh"):
            archive.add(images / each, f"images/{each}")
        if more is not None:
            archive.add(more, f"images/{name}")
        archive.add(fingerprint.WORKER_DIRECTORY, "runner/worker")
    buffer.seek(0)
    return buffer
