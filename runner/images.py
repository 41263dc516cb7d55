"""Builds, saves, loads and names the image that sandboxes run.

The name is a digest of everything that goes in, so it can be computed without an engine, and an
image made from other sources can never be taken for this one. There are two ways to the same
content: ``debian`` runs the recipe on this machine (root, Debian's packages, no registry),
``dockerfile`` lets the engine run it (a registry, no Debian). See ``images/README.md``.
"""

import contextlib
import hashlib
import io
import json
import logging
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import docker
from docker.errors import ImageNotFound

from runner import engine, fingerprint, resources
from runner.errors import BackendError, ConfigurationError, ImageNotFoundError

Method = Literal["auto", "debian", "dockerfile"]

REPOSITORY = "sandbox-runner"
LABEL_WORKER = "sandbox-runner.worker"
LABEL_LOCK = "sandbox-runner.lock"
LABEL_STDLIB = "sandbox-runner.stdlib"

_LOCK = "lock.json"
_PACKAGES = "packages"
_MODULES = "modules"
_IN_IMAGE = "/opt/runner"
_BUILD_TIMEOUT_S = 1800.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Built:
    """What a build came to.

    Attributes:
        reference: Name of the image, which now exists.
        created: False if it was there already.
        differences: One line per package whose version is not the one in ``images/lock.json``.
    """

    reference: str
    created: bool
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Content:
    """What the recipe reports of the tree that it made."""

    lock: Mapping[str, Any]
    stdlib: str

    def labels(self) -> dict[str, str]:
        return {
            LABEL_WORKER: fingerprint.worker_digest(),
            LABEL_LOCK: fingerprint.digest_of_json(self.lock),
            LABEL_STDLIB: self.stdlib,
        }


def variants() -> tuple[str, ...]:
    """Return the names of the images that have more packages than the plain one."""
    return tuple(sorted(path.parent.name for path in _directory().glob(f"*/{_PACKAGES}")))


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
    parts = [fingerprint.worker_digest(), fingerprint.digest_of_json(lock(variant))]
    for part in (*parts, _recipe_digest(variant)):
        total.update(part.encode("ascii"))
    repository = f"{REPOSITORY}-{variant}" if variant else REPOSITORY
    return f"{repository}:{total.hexdigest()[:12]}"


def resolve(image: str | None) -> str:
    """Return the reference that the setting ``image`` of a pool means: ours by name, or any."""
    return image_reference(image) if image is None or image in variants() else image


def lock(variant: str | None = None) -> dict[str, Any]:
    """Return the package versions that an image is pinned to.

    Raises:
        ConfigurationError: Its ``lock.json`` is missing or damaged, or there is no such image.
    """
    name = _file_name(variant, _LOCK)
    text = resources.read_text("images", name)
    try:
        content = json.loads(text)
        dict(content["packages"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"images/{name} is damaged: {error}") from error
    return dict(content)


def _directory() -> Path:
    return resources.directory("images")


def _file_name(variant: str | None, name: str) -> str:
    if variant is not None and variant not in variants():
        known = ", ".join(variants())
        raise ConfigurationError(
            f"there is no image {variant!r:.60}; known beside the plain: {known}"
        )
    return f"{variant}/{name}" if variant else name


def _lines(variant: str | None, name: str) -> list[str]:
    return resources.read_text("images", _file_name(variant, name)).split()


def exists(client: docker.APIClient | None = None, *, variant: str | None = None) -> bool:
    """Tell whether the engine has an image of ours.

    Raises:
        BackendError: The engine refused or does not answer.
    """
    with _client(client) as api:
        return _labels(api, image_reference(variant)) is not None


def not_found(reference: str) -> ImageNotFoundError:
    """Return the error for a missing image, which names the way to get it."""
    return ImageNotFoundError(
        f"the image {reference} does not exist on this engine: run `runner image build"
        f"{_variant_of(reference)}`, or `runner image load FILE` with a file that `runner image"
        " save` wrote from this version"
    )


def _variant_of(reference: str) -> str:
    names = [name for name in variants() if reference.startswith(f"{REPOSITORY}-{name}:")]
    return f" {names[0]}" if names else ""


def build(
    *,
    variant: str | None = None,
    locked: bool = False,
    update_lock: bool = False,
    method: Method = "auto",
    client: docker.APIClient | None = None,
) -> Built:
    """Make the image, unless it is there. Blocks for seconds to minutes.

    Args:
        variant: Which of the images; the plain one if None.
        locked: Refuse package versions other than those in its ``lock.json``.
        update_lock: Write the versions that Debian has now to its ``lock.json``.
        method: ``debian``, ``dockerfile``, or ``auto``: Debian's way where it can work.
        client: A connection to use; a new one if omitted.

    Raises:
        ConfigurationError: The method cannot work here, or versions differ and ``locked``.
        BackendError: The recipe or the engine failed.
    """
    if locked and update_lock:
        raise ConfigurationError("locked and update_lock contradict each other")
    with _client(client) as api:
        if not update_lock and _is_current(api, variant, locked=locked):
            return Built(image_reference(variant), created=False)
        make = _build_here if _choose(method) == "debian" else _build_on_engine
        return make(api, variant, locked=locked, update_lock=update_lock)


def save(
    path: str | os.PathLike[str],
    client: docker.APIClient | None = None,
    *,
    variant: str | None = None,
) -> None:
    """Write an image to a tar file that ``load`` reads on other machines.

    Raises:
        ImageNotFoundError: There is no image yet.
        BackendError: The engine failed, or the file cannot be written.
    """
    reference, target = image_reference(variant), Path(path)
    partial = target.with_name(target.name + ".part")
    with _client(client) as api:
        if _labels(api, reference) is None:
            raise not_found(reference)
        try:
            with engine.translated(f"save {reference}"), partial.open("wb") as file:
                for chunk in api.get_image(reference):
                    file.write(chunk)
            partial.replace(target)
        except OSError as error:
            raise BackendError(f"cannot write {target}: {error.strerror}") from error
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
        BackendError: The engine refused the file, or it cannot be read.
    """
    reference = image_reference(variant)
    with _client(client) as api:
        try:
            with Path(path).open("rb") as file, engine.translated(f"load {path}"):
                _drain(api.load_image(file, quiet=True), f"load {path}")
        except OSError as error:
            raise BackendError(f"cannot read {path}: {error.strerror}") from error
        if _labels(api, reference) is None:
            raise ImageNotFoundError(
                f"{path} holds another image than {reference}, which this version of"
                " sandbox-runner needs: save it again with the same version, or build it here"
                " with `runner image build`"
            )
    return reference


def differences(pinned: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line for each package whose version is not the pinned one."""
    ours, theirs = pinned["packages"], found["packages"]
    lines = [
        f"{name}: pinned {ours.get(name, 'nothing')}, found {theirs.get(name, 'nothing')}"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]
    if pinned.get("suite") != found.get("suite"):
        lines.append(f"suite: pinned {pinned.get('suite')}, found {found.get('suite')}")
    return tuple(lines)


@contextlib.contextmanager
def _client(client: docker.APIClient | None) -> Iterator[docker.APIClient]:
    """Use the caller's connection, or open one for the length of the block."""
    if client is not None:
        yield client
        return
    with contextlib.closing(engine.connect(timeout_s=_BUILD_TIMEOUT_S)) as own:
        yield own


def _labels(api: docker.APIClient, reference: str) -> dict[str, str] | None:
    """Return the labels of an image, or None if there is no such image."""
    with engine.translated(f"inspect {reference}"):
        try:
            return dict(api.inspect_image(reference)["Config"].get("Labels") or {})
        except ImageNotFound:
            return None


def _is_current(api: docker.APIClient, variant: str | None = None, *, locked: bool) -> bool:
    labels = _labels(api, image_reference(variant))
    if labels is None:
        return False
    # A build that was not locked may have put other versions under the same name.
    return not locked or labels.get(LABEL_LOCK) == fingerprint.digest_of_json(lock(variant))


def _choose(method: Method) -> Literal["debian", "dockerfile"]:
    if method == "auto":
        return "debian" if _is_root() and _has_debian_tools() else "dockerfile"
    if method == "debian" and not (_is_root() and _has_debian_tools()):
        raise ConfigurationError(
            "the image can be made from Debian's packages only by root, on Linux, with mmdebstrap"
            " or apt-get to install it: use `runner image build --method dockerfile`, or"
            " `runner image load FILE`"
        )
    return method


def _is_root() -> bool:
    return platform.system() == "Linux" and os.geteuid() == 0


def _has_debian_tools() -> bool:
    return bool(shutil.which("mmdebstrap") or shutil.which("apt-get"))


def _build_here(
    api: docker.APIClient, variant: str | None = None, *, locked: bool, update_lock: bool
) -> Built:
    _require_mmdebstrap()
    # Not the default: /tmp may be small, or forbid to execute the interpreter.
    with tempfile.TemporaryDirectory(prefix="sandbox-runner-", dir="/var/tmp") as name:
        directory = Path(name)
        recipe, worker = _directory() / "rootfs.sh", fingerprint.WORKER_DIRECTORY
        more = [str(_directory() / variant)] if variant else []
        _run(["sh", str(recipe), str(worker), name, *more], "make the image's files")
        made = directory / "root" / _IN_IMAGE.lstrip("/")
        content = _content((made / _LOCK).read_bytes(), (made / "stdlib.sha256").read_bytes())
        found = _settle_lock(content, variant, locked=locked, update_lock=update_lock)
        archive = directory / "root.tar"
        _pack(directory / "root", archive)
        _import(api, archive, content, image_reference(variant))
    return Built(image_reference(variant), created=True, differences=found)


def _require_mmdebstrap() -> None:
    if not shutil.which("mmdebstrap"):
        _log.info("installing mmdebstrap")
        installer = resources.directory("images") / "apt-install.sh"
        packages = ["mmdebstrap", "debian-archive-keyring"]
        _run(["sh", str(installer), *packages], "install mmdebstrap")


def _run(command: list[str], doing: str) -> None:
    try:
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_BUILD_TIMEOUT_S,
        )
    except subprocess.CalledProcessError as error:
        raise BackendError(f"cannot {doing}: {error.stderr.strip()[-2000:]}") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise BackendError(f"cannot {doing}: {error}") from error


def _recipe_digest(variant: str | None) -> str:
    configuration = "\n".join(_configuration())
    recipe = resources.read_text("images", "rootfs.sh")
    more = [f"\0{name}" for name in _lines(variant, _PACKAGES)] if variant else []
    return hashlib.sha256(f"{recipe}\0{configuration}{''.join(more)}".encode()).hexdigest()


def _configuration() -> list[str]:
    """Return user, directory and entry point, which only the Dockerfile spells out."""
    _, _, last_stage = resources.read_text("images", "Dockerfile").partition("FROM scratch\n")
    wanted = ("USER ", "WORKDIR ", "ENTRYPOINT ")
    return [line for line in last_stage.splitlines() if line.startswith(wanted)]


def _content(lock_file: bytes, stdlib_file: bytes) -> _Content:
    return _Content(json.loads(lock_file), stdlib_file.decode("ascii").strip())


def _settle_lock(
    content: _Content, variant: str | None = None, *, locked: bool, update_lock: bool
) -> tuple[str, ...]:
    """Compare what was found with the lock; refuse, rewrite or report."""
    name = _file_name(variant, _LOCK)
    found = differences(lock(variant), content.lock)
    if found and locked:
        raise ConfigurationError(f"package versions differ from images/{name}: {'; '.join(found)}")
    if found and update_lock:
        path = _directory() / name
        text = json.dumps(content.lock, indent=2, sort_keys=True) + "\n"
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    for line in found:
        _log.warning("not the version in images/%s: %s", name, line)
    return found


def _pack(root: Path, archive: Path) -> None:
    """Write the tree as a tar that depends on nothing but its content; the recipe set the times."""
    order = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]
    _run(["tar", *order, "-C", str(root), "-cf", str(archive), "."], "pack the image's files")


def _import(api: docker.APIClient, archive: Path, content: _Content, reference: str) -> None:
    labels = [f"LABEL {name}={value}" for name, value in content.labels().items()]
    repository, _, tag = reference.partition(":")
    with engine.translated(f"import {reference}"):
        answer = api.import_image_from_file(
            str(archive), repository=repository, tag=tag, changes=_configuration() + labels
        )
    _drain(map(json.loads, answer.splitlines()), f"import {reference}")


def _build_on_engine(
    api: docker.APIClient, variant: str | None = None, *, locked: bool, update_lock: bool
) -> Built:
    doing = "build the image from images/Dockerfile (this needs a registry)"
    with engine.translated(doing):
        context = _context(variant)
        plain = _drain(
            api.build(
                fileobj=context,
                custom_context=True,
                dockerfile="images/Dockerfile",
                buildargs={"VARIANT": variant or ""},
                rm=True,
                forcerm=True,
                decode=True,
            ),
            doing,
        )
    content = _read_content(api, plain)
    found = _settle_lock(content, variant, locked=locked, update_lock=update_lock)
    reference = image_reference(variant)
    lines = [f"FROM {plain}", *(f"LABEL {key}={text}" for key, text in content.labels().items())]
    label = io.BytesIO("\n".join(lines).encode("ascii"))
    with engine.translated(f"label {reference}"):
        _drain(api.build(fileobj=label, tag=reference, rm=True, decode=True), f"label {reference}")
    return Built(reference, created=True, differences=found)


def _context(variant: str | None = None) -> io.BytesIO:
    """Return what the Dockerfile copies, laid out like the repository."""
    images = _directory()
    more = [f"{variant}/{_PACKAGES}"] if variant else []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(images, "images", recursive=False)
        for name in ("Dockerfile", "rootfs.sh", *more):
            archive.add(images / name, f"images/{name}")
        archive.add(fingerprint.WORKER_DIRECTORY, "runner/worker")
    buffer.seek(0)
    return buffer


def _read_content(api: docker.APIClient, image: str) -> _Content:
    """Read the recipe's report out of an image, through a container that never runs."""
    with engine.translated(f"read {image}"):
        container = api.create_container(image)["Id"]
        try:
            names = (_LOCK, "stdlib.sha256")
            return _content(*(_file(api, container, f"{_IN_IMAGE}/{name}") for name in names))
        finally:
            api.remove_container(container, force=True)


def _file(api: docker.APIClient, container: str, path: str) -> bytes:
    chunks, _ = api.get_archive(container, path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        member = archive.extractfile(archive.getmembers()[0])
        assert member is not None, f"{path} is a file"
        return member.read()


def _drain(messages: Any, doing: str) -> str:
    """Read an engine's progress to its end and return the id of the image that it made, if any.

    Raises:
        BackendError: The progress contains an error: the request itself had succeeded by then.
    """
    image = ""
    for message in messages or ():
        if "error" in message:
            raise BackendError(f"cannot {doing}: {str(message['error']).strip()}")
        if text := str(message.get("stream", "")).strip():
            _log.debug("%s", text)
        image = (message.get("aux") or {}).get("ID", image)
    return image
