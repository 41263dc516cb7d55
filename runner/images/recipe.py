"""What an image is made of, and the name that follows from it; nothing here needs an engine.

The name is a digest of everything that goes in, so an image made from other sources can never be
taken for this one.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner import fingerprint, resources
from runner.errors import ConfigurationError

_REPOSITORY = "sandbox-runner"
LOCK = "lock.json"

_PACKAGES = "packages"
_MODULES = "modules"


def variants() -> tuple[str, ...]:
    """Return the names of the images that have more packages than the plain one."""
    return tuple(sorted(path.parent.name for path in directory().glob(f"*/{_PACKAGES}")))


def modules(variant: str | None) -> tuple[str, ...]:
    """Return the modules that solutions may import in an image in addition.

    Args:
        variant: Name of the image; None, or one that is not ours, has none.
    """
    return tuple(_lines(variant, _MODULES)) if variant in variants() else ()


def image_reference(variant: str | None = None) -> str:
    """Return the name of the image that belongs to this source; needs no engine.

    Args:
        variant: Which of the images; the plain one if None.

    Raises:
        ConfigurationError: The installation is incomplete, or there is no such image.
    """
    total = hashlib.sha256()
    parts = [fingerprint.worker_digest(), fingerprint.digest_of_json(versions(lock(variant)))]
    for part in (*parts, _recipe_digest(variant)):
        total.update(part.encode("ascii"))
    repository = f"{_REPOSITORY}-{variant}" if variant else _REPOSITORY
    return f"{repository}:{total.hexdigest()[:12]}"


def resolve(image: str | None) -> str:
    """Return the reference that the setting ``image`` of a pool means: ours by name, or any."""
    return image_reference(image) if image is None or image in variants() else image


def lock(variant: str | None = None) -> dict[str, Any]:
    """Return the package versions that an image is pinned to.

    Raises:
        ConfigurationError: Its ``lock.json`` is missing or damaged, or there is no such image.
    """
    name = file_name(variant, LOCK)
    text = resources.read_text("images", name)
    try:
        content = json.loads(text)
        dict(content["packages"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"images/{name} is damaged: {error}") from error
    return dict(content)


def versions(lock_file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a lock that is the same on all architectures."""
    return {name: lock_file.get(name) for name in ("packages", "suite")}


def directory() -> Path:
    """Return where the recipe and the locks lie."""
    return resources.directory("images")


def file_name(variant: str | None, name: str) -> str:
    """Return a file of an image by its path below that directory.

    Raises:
        ConfigurationError: There is no such image.
    """
    if variant is not None and variant not in variants():
        known = ", ".join(variants())
        raise ConfigurationError(
            f"there is no image {variant!r:.60}; known beside the plain: {known}"
        )
    return f"{variant}/{name}" if variant else name


def _lines(variant: str | None, name: str) -> list[str]:
    return resources.read_text("images", file_name(variant, name)).split()


def _recipe_digest(variant: str | None) -> str:
    settings = "\n".join(configuration())
    recipe = resources.read_text("images", "rootfs.sh")
    more = [f"\0{name}" for name in _lines(variant, _PACKAGES)] if variant else []
    return hashlib.sha256(f"{recipe}\0{settings}{''.join(more)}".encode()).hexdigest()


def configuration() -> list[str]:
    """Return user, directory and entry point, which only the Dockerfile spells out."""
    _, _, last_stage = resources.read_text("images", "Dockerfile").partition("FROM scratch\n")
    wanted = ("USER ", "WORKDIR ", "ENTRYPOINT ")
    return [line for line in last_stage.splitlines() if line.startswith(wanted)]


def context(variant: str | None = None) -> io.BytesIO:
    """Return what the Dockerfile copies, laid out like the repository."""
    images = directory()
    more = [f"{variant}/{_PACKAGES}"] if variant else []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(images, "images", recursive=False)
        for name in ("Dockerfile", "rootfs.sh", *more):
            archive.add(images / name, f"images/{name}")
        archive.add(fingerprint.WORKER_DIRECTORY, "runner/worker")
    buffer.seek(0)
    return buffer
