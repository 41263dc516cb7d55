"""The images that an engine has: whether one is there, and its way to other machines."""

import contextlib
import logging
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
from docker.errors import ImageNotFound

from runner import engine
from runner.errors import BackendError, ConfigurationError, ImageNotFoundError, with_remedy
from runner.images import recipe

BUILD_TIMEOUT_S = 1800.0
_LOG = logging.getLogger(__name__)


def exists(client: docker.APIClient | None = None, *, variant: str | None = None) -> bool:
    """Tell whether the engine has an image of ours.

    Raises:
        BackendError: The engine refused or does not answer.
    """
    with connected(client) as api:
        return labels(api, recipe.image_reference(variant)) is not None


def not_found(reference: str) -> ImageNotFoundError:
    """Return the error for a missing image, which names the way to get it."""
    names = recipe.variants()
    ours = {recipe.image_reference(): "", **{recipe.image_reference(n): f" {n}" for n in names}}
    if reference in ours:
        remedy = (
            f"run `runner image build{ours[reference]}`, or `runner image load FILE` with a file"
            " that `runner image save` wrote from this version"
        )
    else:
        remedy = (
            "leave out the setting `image` for the plain one, or name one of"
            f" {', '.join(names)}, or have the engine pull or build this one"
        )
    return ImageNotFoundError(f"the image {reference} does not exist on this engine: {remedy}")


def save(
    path: str | os.PathLike[str],
    client: docker.APIClient | None = None,
    *,
    variant: str | None = None,
) -> None:
    """Write an image to a tar file that ``load`` reads on other machines.

    Raises:
        ImageNotFoundError: There is no image yet.
        BackendError: The engine failed.
        ConfigurationError: The file cannot be written.
    """
    reference, target = recipe.image_reference(variant), Path(path)
    if target.exists() and not target.is_file():
        raise ConfigurationError(f"cannot write {target}: it is no file; give the path of one")
    partial = target.with_name(target.name + ".part")
    with connected(client) as api:
        if labels(api, reference) is None:
            raise not_found(reference)
        try:
            with engine.translated(f"save {reference}"), partial.open("wb") as file:
                for chunk in api.get_image(reference):
                    file.write(chunk)
            partial.replace(target)
        except OSError as error:
            raise ConfigurationError(f"cannot write {target}: {with_remedy(error)}") from error
        finally:
            partial.unlink(missing_ok=True)


def load(
    path: str | os.PathLike[str],
    client: docker.APIClient | None = None,
    *,
    variant: str | None = None,
) -> str:
    """Read a file that ``save`` wrote and return the image's name.

    Raises:
        ImageNotFoundError: The file holds another image than this source needs.
        BackendError: The engine refused the file.
        ConfigurationError: The file cannot be read, or holds no image.
    """
    reference = recipe.image_reference(variant)
    _check_archive(Path(path))
    with connected(client) as api:
        try:
            with Path(path).open("rb") as file, engine.translated(f"load {path}"):
                drain(api.load_image(file, quiet=True), f"load {path}")
        except OSError as error:
            raise _unreadable(path, error) from error
        if labels(api, reference) is None:
            raise ImageNotFoundError(
                f"{path} holds another image than {reference}, which this version of"
                " sandbox-runner needs: save it again with the same version, or build it here"
                " with `runner image build`"
            )
    return reference


def _check_archive(path: Path) -> None:
    try:
        is_archive = tarfile.is_tarfile(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not is_archive:
        raise ConfigurationError(
            f"{path} holds no image: give a file that `runner image save` wrote, or build the image"
            " here with `runner image build`"
        )


def _unreadable(path: str | os.PathLike[str], error: OSError) -> ConfigurationError:
    return ConfigurationError(f"cannot read {path}: {with_remedy(error)}")


@contextlib.contextmanager
def connected(client: docker.APIClient | None) -> Iterator[docker.APIClient]:
    """Use the caller's connection, or open one for the length of the block."""
    if client is not None:
        yield client
        return
    with contextlib.closing(engine.connect(timeout_s=BUILD_TIMEOUT_S)) as own:
        yield own


def labels(api: docker.APIClient, reference: str) -> dict[str, str] | None:
    """Return the labels of an image, or None if there is no such image."""
    with engine.translated(f"inspect {reference}"):
        try:
            return dict(api.inspect_image(reference)["Config"].get("Labels") or {})
        except ImageNotFound:
            return None


def drain(messages: Any, doing: str) -> str:
    """Read an engine's progress to its end and return the id of the image that it made, if any.

    Raises:
        BackendError: The progress contains an error: the request itself had succeeded by then.
    """
    image = ""
    for message in messages or ():
        if "error" in message:
            said = with_remedy(str(message["error"]).strip())
            raise BackendError(f"cannot {doing}: {said}")
        if text := str(message.get("stream", "")).strip():
            _LOG.debug("%s", text)
        image = (message.get("aux") or {}).get("ID", image)
    return image
