"""Builds the image by one of two methods, with the same content.

``debian`` runs the recipe on this machine: it needs root and Debian's packages, but no registry.
``dockerfile`` runs it in the engine: it needs a registry, but no Debian. See ``images/README.md``.
"""

import contextlib
import io
import json
import logging
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import docker

from runner import engine, fingerprint
from runner.errors import BackendError, ConfigurationError, with_remedy
from runner.images import configuration, recipe, store
from runner.images.configuration import LABEL_LOCK, LABEL_STDLIB, LABEL_WORKER
from runner.images.recipe import Recipe
from runner.images.wheels import Requirements, preloaded

Method = Literal["auto", "debian", "dockerfile"]

_IN_IMAGE = "/opt/runner"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Built:
    """The result of a build.

    Attributes:
        reference: Name of the image, which now exists.
        created: False if it existed before.
        differences: One line per package whose version is not the one in ``images/lock.json``.
    """

    reference: str
    created: bool
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Content:
    """The recipe's report on the tree that it made."""

    lock: Mapping[str, Any]
    stdlib: str

    def labels(self) -> dict[str, str]:
        return {
            LABEL_WORKER: fingerprint.worker_digest(),
            LABEL_LOCK: fingerprint.digest_of_json(recipe.versions(self.lock)),
            LABEL_STDLIB: self.stdlib,
        }


@dataclass(frozen=True)
class _Locks:
    """How to treat package versions that differ from the pinned ones."""

    locked: bool = False
    update: bool = False


def build(  # noqa: PLR0913 - all are keywords
    *,
    variant: str | None = None,
    requirements: str | os.PathLike[str] | None = None,
    preload: Iterable[str] = (),
    find_links: str | os.PathLike[str] | None = None,
    locked: bool = False,
    update_lock: bool = False,
    method: Method = "auto",
    client: docker.APIClient | None = None,
) -> Built:
    """Build an image unless it exists. Blocks for seconds to minutes.

    Args:
        variant: Name of a predefined image, or of the one that ``requirements`` define; the plain
            one if None.
        requirements: File of pip's format with Python packages, which are pinned with hashes in a
            file beside it that ends in ``.lock``. This file is written if it does not exist.
        preload: Modules of these packages that a sandbox imports before any solution. Others are
            imported only when a solution imports them.
        find_links: Directory of wheels to use instead of an index.
        locked: Refuse versions of Debian's packages other than those in ``lock.json``, and
            requirements without a lock.
        update_lock: Write the current versions of Debian and the index to the locks.
        method: ``debian``, ``dockerfile``, or ``auto`` (``debian`` where possible).
        client: A connection to use; a new one if omitted.

    Raises:
        ConfigurationError: The method is not possible here, versions differ with ``locked``, or no
            wheels fit the requirements.
        BackendError: The recipe, pip or the engine failed.
    """
    if locked and update_lock:
        raise ConfigurationError("locked and update_lock contradict each other")
    made = _recipe(variant, requirements, preload)
    links = None if find_links is None else Path(find_links)
    if links is not None and not links.is_dir():
        raise ConfigurationError(f"--find-links {links}: there is no such directory of wheels")
    if made.requirements is not None and not locked:
        made.requirements.settle(update=update_lock, find_links=links)
    with store.connected(client) as api:
        if not update_lock and _is_current(api, made, locked=locked):
            return Built(made.reference, created=False)
        here, locks = _choose(method) == "debian", _Locks(locked, update_lock)
        with _scratch() as place:
            more = made.lay_out(place / "more", links)
            if here:
                return _build_here(api, made, place, more, locks)
            return _build_on_engine(api, made, more, locks)


def _recipe(
    name: str | None, requirements: str | os.PathLike[str] | None, preload: Iterable[str]
) -> Recipe:
    made = recipe.recipe_of(name)
    modules = preloaded(preload)
    if requirements is not None:
        if name is None or name in recipe.variants():
            taken = ", ".join(recipe.variants())
            raise ConfigurationError(
                f"requirements need a name for their image: give --name NAME, other than {taken}"
            )
        return Recipe(name, Requirements(Path(requirements), modules))
    if modules:
        raise ConfigurationError("modules to preload belong to requirements: --requirements FILE")
    if not made.is_ours:
        known = ", ".join(recipe.variants())
        raise ConfigurationError(
            f"there is no image {name!r:.60}; known: {known}; for one of your own,"
            " give --requirements FILE"
        )
    return made


def differences(pinned: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line for each package whose version or file is not the pinned one.

    Files are compared only if they are pinned for the architecture that was found.
    """
    lines = _different(pinned["packages"], found["packages"])
    lines += _different(pinned.get("wheels") or {}, found.get("wheels") or {})
    for architecture, files in (found.get("hashes") or {}).items():
        known = (pinned.get("hashes") or {}).get(architecture)
        if known is not None and not lines:  # other versions have other files
            lines = _different(known, files, "sha256 ")
    if pinned.get("suite") != found.get("suite"):
        lines.append(f"suite: pinned {pinned.get('suite')}, found {found.get('suite')}")
    return tuple(lines)


def _different(ours: Mapping[str, str], theirs: Mapping[str, str], kind: str = "") -> list[str]:
    return [
        f"{name}: pinned {kind}{ours.get(name, 'nothing')}, found {theirs.get(name, 'nothing')}"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]


def _merged(pinned: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lock with the versions found; it keeps the files pinned for other architectures."""
    same = recipe.versions(pinned) == recipe.versions(found)
    others = (pinned.get("hashes") or {}) if same else {}
    return {**found, "hashes": {**others, **found["hashes"]}}


def _is_current(api: docker.APIClient, made: Recipe, *, locked: bool) -> bool:
    image = store.inspected(api, made.reference)
    if image is None or configuration.differences(image["Config"]):
        return False
    # An unlocked build may have used other versions under the same name.
    if not locked and made.is_ours:
        return True
    pinned = fingerprint.digest_of_json(recipe.versions(made.lock()))
    return bool(image["Config"]["Labels"].get(LABEL_LOCK) == pinned)


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
    api: docker.APIClient, made: Recipe, place: Path, more: Path | None, locks: _Locks
) -> Built:
    _require_mmdebstrap()
    command = ["sh", recipe.directory() / "rootfs.sh", fingerprint.WORKER_DIRECTORY, place / "out"]
    words = [str(word) for word in (*command, *([more] if more else []))]
    _run(words, f"make the image's files in {store.SCRATCH}")
    root = place / "out" / "root"
    files = root / _IN_IMAGE.lstrip("/")
    content = _content((files / recipe.LOCK).read_bytes(), (files / "stdlib.sha256").read_bytes())
    found = _settle_lock(content, made, locks)
    archive = place / "root.tar"
    _pack(root, archive)
    _import(api, archive, content, made.reference)
    return Built(made.reference, created=True, differences=found)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a temporary directory.

    Raises:
        BackendError: There is no space for it or in it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="sandbox-runner-", dir=store.SCRATCH) as name:
            yield Path(name)
    except OSError as error:
        raise BackendError(
            f"cannot make the image in {store.SCRATCH}: {with_remedy(error)}"
        ) from error


def _require_mmdebstrap() -> None:
    if not shutil.which("mmdebstrap"):
        _LOG.info("installing mmdebstrap")
        installer = recipe.directory() / "apt-install.sh"
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
            timeout=store.BUILD_TIMEOUT_S,
        )
    except subprocess.CalledProcessError as error:
        said = with_remedy(error.stderr.strip()[-2000:])
        raise BackendError(f"cannot {doing}: {said}") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise BackendError(f"cannot {doing}: {error}") from error


def _content(lock_file: bytes, stdlib_file: bytes) -> _Content:
    return _Content(json.loads(lock_file), stdlib_file.decode("ascii").strip())


def _settle_lock(content: _Content, made: Recipe, locks: _Locks) -> tuple[str, ...]:
    """Compare the versions found with the lock; refuse, update or report differences."""
    pinned = made.lock()
    found = differences(pinned, content.lock)
    if found and locks.locked:
        raise ConfigurationError(
            f"package versions differ from images/{made.lock_name}: {'; '.join(found)}"
        )
    if locks.update and made.is_ours:
        _write_lock(recipe.directory() / made.lock_name, pinned, content.lock)
    for line in found:
        _LOG.warning("not the version in images/%s: %s", made.lock_name, line)
    return found


def _write_lock(path: Path, pinned: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    if (merged := _merged(pinned, found)) != pinned:
        debian = {name: merged[name] for name in ("hashes", "packages", "suite")}
        try:
            path.write_text(json.dumps(debian, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {with_remedy(error)}") from error


def _pack(root: Path, archive: Path) -> None:
    """Write the tree as a tar that depends only on its content; the recipe set the times."""
    order = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]
    _run(["tar", *order, "-C", str(root), "-cf", str(archive), "."], "pack the image's files")


def _import(api: docker.APIClient, archive: Path, content: _Content, reference: str) -> None:
    labels = [f"LABEL {name}={value}" for name, value in content.labels().items()]
    repository, _, tag = reference.partition(":")
    with engine.translated(f"import {reference}"):
        answer = api.import_image_from_file(
            str(archive), repository=repository, tag=tag, changes=recipe.configuration() + labels
        )
    store.drain(map(json.loads, answer.splitlines()), f"import {reference}")


def _build_on_engine(
    api: docker.APIClient, made: Recipe, more: Path | None, locks: _Locks
) -> Built:
    doing = "build the image from images/Dockerfile (this needs a registry)"
    with engine.translated(doing):
        plain = store.drain(
            api.build(
                fileobj=recipe.context(more, made.name or ""),
                custom_context=True,
                dockerfile="images/Dockerfile",
                buildargs={"VARIANT": made.name or ""},
                rm=True,
                forcerm=True,
                decode=True,
            ),
            doing,
        )
    content = _read_content(api, plain)
    found = _settle_lock(content, made, locks)
    reference = made.reference
    lines = [f"FROM {plain}", *(f"LABEL {key}={text}" for key, text in content.labels().items())]
    label = io.BytesIO("\n".join(lines).encode("ascii"))
    with engine.translated(f"label {reference}"):
        store.drain(
            api.build(fileobj=label, tag=reference, rm=True, decode=True), f"label {reference}"
        )
    return Built(reference, created=True, differences=found)


def _read_content(api: docker.APIClient, image: str) -> _Content:
    """Read the recipe's report out of an image, through a container that never runs."""
    with engine.translated(f"read {image}"):
        container = api.create_container(image)["Id"]
        try:
            names = (recipe.LOCK, "stdlib.sha256")
            return _content(*(_file(api, container, f"{_IN_IMAGE}/{name}") for name in names))
        finally:
            api.remove_container(container, force=True)


def _file(api: docker.APIClient, container: str, path: str) -> bytes:
    chunks, _ = api.get_archive(container, path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        member = archive.extractfile(archive.getmembers()[0])
        assert member is not None, f"{path} is a file"
        return member.read()
