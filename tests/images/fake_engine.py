"""A stand-in for an engine that holds images, and files as engines write them."""

import copy
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import docker
import docker.errors

from runner import fingerprint, images
from runner.images import configuration

LABELS = {
    configuration.LABEL_WORKER: fingerprint.worker_digest(),
    configuration.LABEL_LOCK: "0" * 64,
    configuration.LABEL_STDLIB: "1" * 64,
}


def config(**changes: Any) -> dict[str, Any]:
    """Return the configuration of an image of this source, as engines spell it."""
    return {
        **configuration.wanted(),
        "Hostname": "",
        "Env": None,
        "Volumes": None,
        "Cmd": [],
        "Tty": False,
        "Labels": LABELS,
        **changes,
    }


def layer(**files: bytes) -> bytes:
    """Return a layer with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, data in files.items():
            _add(made, name, data)
    return buffer.getvalue()


def image_json(layers: list[bytes], **changes: Any) -> dict[str, Any]:
    """Return what an image's id is the digest of."""
    diff_ids = ["sha256:" + hashlib.sha256(each).hexdigest() for each in layers]
    return {
        "os": "linux",
        "config": config(),
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        **changes,
    }


def image_file(
    path: Path,
    *,
    image: Mapping[str, Any] | None = None,
    manifest: object = None,
    more: Mapping[str, bytes] | None = None,
    **entry: Any,
) -> Path:
    """Write a file with an image of this source, or with what is given in the place of a part."""
    layers = [layer(python=b"3.13")]
    body = json.dumps(image or image_json(layers)).encode()
    name = hashlib.sha256(body).hexdigest() + ".json"
    described = {
        "Config": name,
        "RepoTags": [images.image_reference()],
        "Layers": ["0" * 64 + "/layer.tar"],
        **entry,
    }
    with tarfile.open(path, "w") as made:
        _add(made, name, body)
        _add(made, "0" * 64 + "/layer.tar", layers[0])
        _add(made, "0" * 64 + "/VERSION", b"1.0")
        listed = [described] if manifest is None else manifest
        _add(made, "manifest.json", json.dumps(listed).encode())
        for extra, data in (more or {}).items():
            _add(made, extra, data)
    return path


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


class FakeEngine:
    """Knows images by id and by name, and loads them from files.

    Attributes:
        by_id: Images by id.
        names: Ids by name.
        loaded: How many files it was given.
        on_load: What it says of one.
        alters: Changes that it makes to the configuration of an image that it loads.
    """

    FIRST = "sha256:first"

    def __init__(self, *, labels: dict[str, str] | None = None, exists: bool = False) -> None:
        self.by_id: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}
        self.loaded = 0
        self.on_load: list[dict[str, str]] = []
        self.alters: dict[str, Any] = {}
        if exists:
            made = {"Config": config(Labels={**LABELS, **(labels or {})}), "RootFS": {"Layers": []}}
            self.by_id[self.FIRST] = {"Id": self.FIRST, **made}
            self.names[images.image_reference()] = self.FIRST

    def inspect_image(self, reference: str) -> dict[str, Any]:
        found = self.names.get(reference, reference)
        if found not in self.by_id:
            raise docker.errors.ImageNotFound(reference)
        tags = [name for name, image in self.names.items() if image == found]
        return {**copy.deepcopy(self.by_id[found]), "RepoTags": tags}

    def images(self, **_: object) -> list[str]:
        return list(self.by_id)

    def tag(self, image: str, repository: str, tag: str, force: bool) -> None:
        assert force
        self.names[f"{repository}:{tag}"] = image

    def remove_image(self, reference: str) -> None:
        found = self.names.pop(reference, reference)
        if found not in self.by_id:
            raise docker.errors.ImageNotFound(reference)
        if found not in self.names.values():
            del self.by_id[found]

    def get_image(self, reference: str) -> Iterator[bytes]:
        yield b"one "
        yield b"two"

    def load_image(self, data: BinaryIO, quiet: bool) -> Iterator[dict[str, str]]:
        assert quiet
        self.loaded += 1
        with tarfile.open(fileobj=data) as file:
            read = {each.name: file.extractfile(each).read() for each in file}  # type: ignore[union-attr]
        for entry in json.loads(read["manifest.json"]):
            body = read[entry["Config"]]
            image_id = "sha256:" + hashlib.sha256(body).hexdigest()
            image = json.loads(body)
            self.by_id[image_id] = {
                "Id": image_id,
                "Config": {**image["config"], **self.alters},
                "RootFS": {"Layers": image["rootfs"]["diff_ids"]},
            }
            self.names.update(dict.fromkeys(entry["RepoTags"], image_id))
        yield from self.on_load


def client(fake: FakeEngine) -> docker.APIClient:
    """Return a fake in the type that it stands in for."""
    return cast(docker.APIClient, fake)
