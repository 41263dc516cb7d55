"""The images of an engine: look-up, saving, loading and comparison."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker
from docker.errors import ImageNotFound

from runner import engine
from runner.errors import BackendError, ConfigurationError, ImageNotFoundError, with_remedy
from runner.images import archive, configuration, recipe

BUILD_TIMEOUT_S = 1800.0
#: Not the default: /tmp may be small, or mounted with noexec.
SCRATCH = "/var/tmp"  # noqa: S108 - files and directories of one's own are made in it
_LOG = logging.getLogger(__name__)


def exists(client: docker.APIClient | None = None, *, variant: str | None = None) -> bool:
    """Return True if the engine has an image of ours.

    Raises:
        BackendError: The engine refused or does not answer.
    """
    with connected(client) as api:
        return inspected(api, recipe.image_reference(variant)) is not None


def not_found(reference: str) -> ImageNotFoundError:
    """Return the error for a missing image, with the command that provides it."""
    names = recipe.variants()
    ours = {recipe.image_reference(): "", **{recipe.image_reference(n): f" {n}" for n in names}}
    own = recipe.name_in(reference)
    if reference in ours or own:
        more = ours.get(reference, f" --requirements FILE --name {own}")
        remedy = (
            f"run `runner image build{more}`, or `runner image load FILE` with a file"
            " that `runner image save` wrote from this version"
        )
    else:
        remedy = (
            "leave out the setting `image` for the plain one, or name one of"
            f" {', '.join(names)}, or have the engine pull or build this one"
        )
    if own and own not in names:
        remedy += f". Another image needs its tag: `{own}:latest`"
    return ImageNotFoundError(f"the image {reference} does not exist on this engine: {remedy}")


def save(
    path: str | os.PathLike[str],
    client: docker.APIClient | None = None,
    *,
    variant: str | None = None,
) -> None:
    """Write an image to a tar file that ``load`` reads on other machines.

    Raises:
        ImageNotFoundError: The image has not been built.
        BackendError: The engine failed.
        ConfigurationError: The file cannot be written.
    """
    reference, target = recipe.image_reference(variant), Path(path)
    if target.exists() and not target.is_file():
        raise ConfigurationError(
            f"cannot write {target}: it is not a regular file; give the path of a file"
        )
    partial = target.with_name(target.name + ".part")
    with connected(client) as api:
        if inspected(api, reference) is None:
            raise not_found(reference)
        try:
            _write(api, reference, partial)
            partial.replace(target)
        except OSError as error:
            raise ConfigurationError(f"cannot write {target}: {with_remedy(error)}") from error
        finally:
            partial.unlink(missing_ok=True)


def _write(api: docker.APIClient, reference: str, target: Path) -> None:
    with engine.translated(f"save {reference}"), target.open("wb") as file:
        for chunk in api.get_image(reference):
            file.write(chunk)


def load(
    path: str | os.PathLike[str],
    client: docker.APIClient | None = None,
    *,
    variant: str | None = None,
    content: str | None = None,
) -> str:
    """Read a file that ``save`` wrote and return the image's name.

    If the file holds anything but one image of this source, nothing is left in the engine.

    Args:
        path: The file.
        client: A connection to use; a new one if omitted.
        variant: Which of the images; the plain one if None.
        content: The only acceptable digest of the image's content, as ``show`` prints it; None for
            any.

    Raises:
        ImageNotFoundError: The file holds another image than that of this source.
        BackendError: The engine refused the file.
        ConfigurationError: The file cannot be read, or its image is not as this source makes it.
    """
    reference = recipe.image_reference(variant)
    found = archive.read(Path(path))
    found.check(reference)
    if content is not None and (digest := found.content()) != content:
        raise ConfigurationError(f"{path} was not loaded: its content is {digest}, not {content}")
    with (
        connected(client) as api,
        _rewritten(found, reference) as file,
        _undone_on_error(api, reference),
    ):
        with engine.translated(f"load {path}"):
            drain(api.load_image(file, quiet=True), f"load {path}")
        _check_loaded(api, reference, found)
    return reference


@contextlib.contextmanager
def _rewritten(found: archive.Archive, reference: str) -> Iterator[IO[bytes]]:
    try:
        with found.rewritten(reference, SCRATCH) as file:
            yield file
    except OSError as error:
        doing = f"cannot copy {found.path} to {SCRATCH}"
        raise BackendError(f"{doing}: {with_remedy(error)}") from error


def _check_loaded(api: docker.APIClient, reference: str, found: archive.Archive) -> None:
    """Raise if the loaded image differs from the one in the file."""
    image = inspected(api, reference)
    if image is None or image["RootFS"]["Layers"] != found.diff_ids:
        raise BackendError(f"the engine did not load what {found.path} holds")
    check_configuration(reference, image)


@contextlib.contextmanager
def _undone_on_error(api: docker.APIClient, reference: str) -> Iterator[None]:
    """Restore the engine's images if the block raises."""
    before, all_before = inspected(api, reference), _ids(api)
    try:
        yield
    except BaseException:
        with contextlib.suppress(BackendError):  # the first error is more specific
            _restore(api, reference, before, all_before)
        raise


def _restore(
    api: docker.APIClient,
    reference: str,
    before: Mapping[str, Any] | None,
    all_before: Collection[str],
) -> None:
    now = inspected(api, reference)
    if now is None or (before is not None and now["Id"] == before["Id"]):
        return
    is_new = now["Id"] not in all_before
    with engine.translated(f"remove what was loaded as {reference}"):
        if before is not None:
            repository, _, tag = reference.partition(":")
            api.tag(before["Id"], repository, tag, force=True)
        elif is_new or len(now["RepoTags"]) > 1:  # an engine removes an image with its last name
            api.remove_image(reference)
        if is_new:
            with contextlib.suppress(ImageNotFound):  # its only name was the one just removed
                api.remove_image(now["Id"])


def _ids(api: docker.APIClient) -> frozenset[str]:
    with engine.translated("list images"):
        return frozenset(api.images(quiet=True, all=True))


@dataclass(frozen=True)
class Shown:
    """Properties of an image that an engine holds.

    Attributes:
        reference: Its name.
        image_id: Its id on this engine; the same content may have another id elsewhere.
        content: Digest of its root file system; equal builds have the same one.
        labels: Digests of its parts, by label.
    """

    reference: str
    image_id: str
    content: str
    labels: Mapping[str, str]


def show(client: docker.APIClient | None = None, *, variant: str | None = None) -> Shown:
    """Return the properties of an image that parties can compare. Reads all of it, in seconds.

    Raises:
        ImageNotFoundError: The image does not exist.
        BackendError: The engine failed.
        ConfigurationError: The image is not as this source makes it.
    """
    reference = recipe.image_reference(variant)
    with connected(client) as api, tempfile.TemporaryDirectory(dir=SCRATCH) as directory:
        image = inspected(api, reference)
        if image is None:
            raise not_found(reference)
        check_configuration(reference, image)
        copy = Path(directory) / "image.tar"
        _write(api, reference, copy)
        digest = archive.read(copy).content()
    return Shown(reference, image["Id"], digest, dict(image["Config"].get("Labels") or {}))


def check_configuration(reference: str, image: Mapping[str, Any], *, is_ours: bool = True) -> None:
    """Check that an image has the expected configuration.

    Args:
        reference: Its name.
        image: The engine's description of it.
        is_ours: Whether it must be an image of this source.

    Raises:
        ConfigurationError: It differs; the message names the differences.
    """
    found = configuration.differences(image["Config"] or {}, is_ours=is_ours)
    if found:
        raise ConfigurationError(
            f"the image {reference} is not as this version makes it: {'; '.join(found)}; remove it"
            " from the engine, then run `runner image build`"
        )


@contextlib.contextmanager
def connected(client: docker.APIClient | None) -> Iterator[docker.APIClient]:
    """Yield the caller's connection, or one that is closed after the block."""
    if client is not None:
        yield client
        return
    with contextlib.closing(engine.connect(timeout_s=BUILD_TIMEOUT_S)) as own:
        yield own


def inspected(api: docker.APIClient, reference: str) -> dict[str, Any] | None:
    """Return the engine's description of an image, or None if it has no such image."""
    with engine.translated(f"inspect {reference}"):
        try:
            return dict(api.inspect_image(reference))
        except ImageNotFound:
            return None


def drain(messages: Any, doing: str) -> str:
    """Read an engine's progress to its end; return the id of the image that was made, if any.

    Raises:
        BackendError: The progress reports an error, although the request itself succeeded.
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
