"""Reads the file of a saved image, and checks it before an engine gets it.

Engines read such a file in different ways: by ``manifest.json``, by ``repositories``, by
``index.json``. So the checked image is written to a new file, with one image, one name and its
layers, and the engine gets that file.
"""

import contextlib
import hashlib
import io
import json
import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from runner.errors import ConfigurationError, ImageNotFoundError, with_remedy
from runner.images import configuration, content

_MANIFEST = "manifest.json"
_MOST_JSON_BYTES = 1024 * 1024
_MOST_MEMBERS = 1000
#: Descriptions of an image that only one engine uses; small, and not passed on.
_MOST_METADATA_BYTES = 64 * 1024
_DESCRIPTIONS = re.compile(
    r"repositories|index\.json|oci-layout|[0-9a-f]{64}\.json"
    r"|[0-9a-f]{64}/(VERSION|json|layer\.tar)|blobs/sha256/[0-9a-f]{64}"
)
#: Podman's prefix of a name without a registry.
_LOCAL = ("", "localhost/", "docker.io/library/")


@dataclass(frozen=True)
class Archive:
    """The one image in a file.

    Attributes:
        path: The file.
        names: Names of the image in the file.
        config: Its configuration, as bytes of JSON, whose digest is the id of the image.
        layers: Members with its layers, the lowest first.
    """

    path: Path
    names: tuple[str, ...]
    config: bytes
    layers: tuple[str, ...]

    def check(self, reference: str) -> None:
        """Check that this is an image of this source and nothing else.

        Args:
            reference: The name that it should have.

        Raises:
            ImageNotFoundError: It has another name.
            ConfigurationError: Its configuration differs; the message names the differences.
        """
        if not any(self.names == (prefix + reference,) for prefix in _LOCAL):
            named = "".join(filter(str.isprintable, ", ".join(self.names)))[:200]
            named = named or "without a name"
            raise ImageNotFoundError(
                f"{self.path} holds another image ({named}) than {reference}, which this version"
                " of sandbox-runner needs: save it again with the same version, or build it here"
                " with `runner image build`"
            )
        config = self._configuration()
        settings = config.get("config")
        if not isinstance(settings, dict):
            raise _damaged(self.path, "its image has no configuration")
        found = [*configuration.differences(settings), *_foreign_system(config)]
        if len(self.diff_ids) != len(self.layers):
            found.append(f"{len(self.layers)} layers instead of {len(self.diff_ids)}")
        if found:
            raise ConfigurationError(
                f"{self.path} was not loaded: its image is not as this version makes it:"
                f" {'; '.join(found)}"
            )

    @property
    def diff_ids(self) -> list[str]:
        """Digests of the layers, which the engine checks when it unpacks them."""
        listed = self._configuration().get("rootfs")
        listed = listed.get("diff_ids") if isinstance(listed, dict) else None
        return [str(each) for each in listed] if isinstance(listed, list) else []

    def _configuration(self) -> dict[str, Any]:
        config = _parsed(self.path, self.config, "configuration")
        if not isinstance(config, dict):
            raise _damaged(self.path, "its configuration is not a JSON object")
        return config

    def content(self) -> str:
        """Return the digest of the image's root file system."""
        with tarfile.open(self.path, "r:") as file:
            return content.digest_of_layers(_member(file, name) for name in self.layers)

    @contextlib.contextmanager
    def rewritten(self, reference: str, scratch: str) -> Iterator[IO[bytes]]:
        """Yield a temporary file with only this image, under one name.

        Args:
            reference: The name.
            scratch: Directory for the file.
        """
        with tempfile.TemporaryFile(dir=scratch) as target:
            self._write(target, reference)
            target.seek(0)
            yield target

    def _write(self, target: IO[bytes], reference: str) -> None:
        config = hashlib.sha256(self.config).hexdigest() + ".json"
        layers = [f"{number}/layer.tar" for number in range(len(self.layers))]
        manifest = [{"Config": config, "RepoTags": [reference], "Layers": layers}]
        with (
            tarfile.open(self.path, "r:") as source,
            tarfile.open(fileobj=target, mode="w") as made,
        ):
            for name, layer in zip(self.layers, layers, strict=True):
                member = tarfile.TarInfo(layer)
                member.size = source.getmember(name).size
                made.addfile(member, _member(source, name))
            for name, data in ((config, self.config), (_MANIFEST, json.dumps(manifest).encode())):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                made.addfile(member, io.BytesIO(data))


def read(path: Path) -> Archive:
    """Return the image in a file.

    Raises:
        ConfigurationError: The file cannot be read, or is not a file with one image.
    """
    try:
        # Uncompressed, as `save` writes it, so that no member is larger than the file.
        with tarfile.open(path, "r:") as file:
            return _read(path, file)
    except ConfigurationError:
        raise
    except EOFError as error:
        raise _damaged(path, "the file is truncated") from error
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {with_remedy(error)}") from error
    except content.UNREADABLE as error:
        raise ConfigurationError(
            f"{path} holds no image: give a file that `runner image save` wrote, or build the image"
            " here with `runner image build`"
        ) from error


def _read(path: Path, file: tarfile.TarFile) -> Archive:
    members = _members(path, file)
    entry = _only_image(path, _json(path, file, members, _MANIFEST))
    config, layers, names = entry["Config"], entry["Layers"], entry.get("RepoTags") or []
    for name in (config, *layers):
        if name not in members or not members[name].isreg():
            raise _damaged(path, f"{name!r:.100} is missing or not a file")
    if members[config].size > _MOST_JSON_BYTES:
        raise _damaged(path, "its configuration is too large")
    _refuse_others(path, members, {_MANIFEST, config, *layers})
    return Archive(path, tuple(names), _member(file, config).read(), tuple(layers))


def _members(path: Path, file: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    for member in file:
        if member.name in members or len(members) >= _MOST_MEMBERS:
            raise _damaged(path, f"{member.name!r:.100} occurs twice, or too many members")
        if member.issparse():
            raise _damaged(path, f"{member.name!r:.100} has holes")
        members[member.name] = member
    return members


def _refuse_others(path: Path, members: dict[str, tarfile.TarInfo], used: set[str]) -> None:
    for name, member in members.items():
        if name not in used and not member.isdir() and not _is_description(member):
            raise ConfigurationError(
                f"{path} holds a file that is not part of an image: {name!r:.100}"
            )


def _only_image(path: Path, manifest: object) -> dict[str, Any]:
    if not isinstance(manifest, list) or not manifest or not isinstance(manifest[0], dict):
        raise _damaged(path, f"its {_MANIFEST} names no image")
    if len(manifest) > 1:
        raise ConfigurationError(f"{path} holds {len(manifest)} images instead of one")
    entry: dict[str, Any] = manifest[0]
    layers, names = entry.get("Layers"), entry.get("RepoTags") or []
    if not isinstance(entry.get("Config"), str) or not _are_strings(layers) or not layers:
        raise _damaged(path, f"its {_MANIFEST} names no configuration or no layers")
    if not _are_strings(names):
        raise _damaged(path, f"its {_MANIFEST} has names that are not text")
    return entry


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_description(member: tarfile.TarInfo) -> bool:
    return (member.isreg() or member.issym()) and (
        bool(_DESCRIPTIONS.fullmatch(member.name)) and member.size <= _MOST_METADATA_BYTES
    )


def _json(
    path: Path, file: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str
) -> object:
    if name not in members or not members[name].isreg():
        raise ConfigurationError(
            f"{path} holds no image: it has no {name}; give a file that `runner image save` wrote"
        )
    if members[name].size > _MOST_JSON_BYTES:
        raise _damaged(path, f"its {name} is too large")
    return _parsed(path, _member(file, name).read(), name)


def _parsed(path: Path, data: bytes, what: str) -> object:
    try:
        parsed: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"its {what} is not JSON: {error}") from error
    return parsed


def _foreign_system(config: dict[str, Any]) -> Iterator[str]:
    if config.get("os") != "linux":
        yield f"os is {config.get('os')!r:.100} instead of 'linux'"


def _member(file: tarfile.TarFile, name: str) -> IO[bytes]:
    found = file.extractfile(name)
    assert found is not None, f"{name} is a regular file"
    return found


def _damaged(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is damaged: {what}; have it saved again with `runner image save`"
    )
