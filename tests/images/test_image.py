"""The image holds Python and the worker, and nothing that an intruder could use."""

import contextlib
import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import pytest

from runner import engine, fingerprint, images, resources
from runner.errors import ConfigurationError
from runner.images import archive, builder, configuration, content, recipe

pytestmark = pytest.mark.engine

#: Put there by the engine into every container, not part of the image.
FROM_THE_ENGINE = {".dockerenv", "dev", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"}


@pytest.fixture(scope="module")
def api() -> Iterator[docker.APIClient]:
    with contextlib.closing(engine.connect(timeout_s=120)) as client:
        images.build(client=client)
        yield client


@pytest.fixture(scope="module")
def tree(api: docker.APIClient) -> dict[str, tarfile.TarInfo]:
    container = api.create_container(images.image_reference())["Id"]
    try:
        data = b"".join(api.export(container))
    finally:
        api.remove_container(container, force=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            name: member
            for member in archive.getmembers()
            if (name := member.name.rstrip("/").removeprefix("./"))
            and name not in FROM_THE_ENGINE
            and not name.startswith("dev/")
        }


def run(program: str) -> str:
    """Run a program in the image's interpreter and return what it prints."""
    with contextlib.closing(engine.connect(timeout_s=120)) as client:
        container = client.create_container(
            images.image_reference(),
            entrypoint=["/usr/bin/python3.13", "-I", "-S", "-B", "-c", program],
            host_config=client.create_host_config(network_mode="none", read_only=True),
        )["Id"]
        try:
            client.start(container)
            status = client.wait(container, timeout=60)["StatusCode"]
            output = bytes(client.logs(container)).decode()
        finally:
            client.remove_container(container, force=True)
    assert status == 0, output
    return output


def test_python_is_the_only_program(tree: dict[str, tarfile.TarInfo]) -> None:
    programs = [
        name
        for name, member in tree.items()
        if member.isfile() and member.mode & 0o111 and not name.rpartition("/")[2].startswith("ld-")
    ]
    assert programs == ["usr/bin/python3.13"]


@pytest.mark.parametrize("name", ["sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "pip"])
def test_there_is_no_shell_and_no_package_manager(
    tree: dict[str, tarfile.TarInfo], name: str
) -> None:
    assert [path for path in tree if path.rpartition("/")[2] == name] == []


def test_no_file_changes_its_users_identity(tree: dict[str, tarfile.TarInfo]) -> None:
    special = stat.S_ISUID | stat.S_ISGID
    assert [name for name, member in tree.items() if member.mode & special] == []


def test_only_root_may_write(tree: dict[str, tarfile.TarInfo]) -> None:
    writable = [name for name, member in tree.items() if member.mode & 0o022 and not member.issym()]
    assert writable == []
    assert {(member.uid, member.gid) for member in tree.values()} == {(0, 0)}


def test_there_are_only_files_directories_and_links(tree: dict[str, tarfile.TarInfo]) -> None:
    odd = [n for n, m in tree.items() if not (m.isfile() or m.isdir() or m.issym() or m.islnk())]
    assert odd == []


def test_everything_is_readable_for_a_subject(tree: dict[str, tarfile.TarInfo]) -> None:
    assert [n for n, m in tree.items() if m.isfile() and not m.mode & 0o004] == []
    assert [n for n, m in tree.items() if m.isdir() and m.mode & 0o005 != 0o005] == []


def test_the_labels_tell_what_is_inside(api: docker.APIClient) -> None:
    config = api.inspect_image(images.image_reference())["Config"]
    labels = config["Labels"]
    program = (
        "for n in 'lock.json', 'stdlib.sha256': print(open('/opt/runner/' + n).read().strip())"
    )
    text, _, stdlib = run(program).strip().rpartition("\n")
    assert labels[configuration.LABEL_WORKER] == fingerprint.worker_digest()
    assert labels[configuration.LABEL_LOCK] == fingerprint.digest_of_json(
        recipe.versions(json.loads(text))
    )
    assert labels[configuration.LABEL_STDLIB] == stdlib
    assert (config["User"], config["WorkingDir"]) == ("0:0", "/")


@pytest.mark.usefixtures("api")
def test_the_worker_inside_is_this_source() -> None:
    program = (
        "import sys; sys.path.insert(0, '/opt/runner'); from worker.protocol import digest;"
        " print(digest.digest_of_directory('/opt/runner/worker'))"
    )
    assert run(program).strip() == fingerprint.worker_digest()


@pytest.mark.usefixtures("api")
def test_the_standard_library_imports_and_is_compiled() -> None:
    program = """
import decimal, ctypes, hashlib, json, sqlite3, ssl, lzma, bz2, zlib, zoneinfo, uuid, asyncio
import concurrent.futures, multiprocessing, readline, curses, unicodedata, xml.etree.ElementTree
import re, sys, time
zoneinfo.ZoneInfo("Europe/Berlin")
assert json.__cached__ and json.__spec__.loader.get_code("json")
import os; assert os.path.exists(json.__cached__), json.__cached__
assert time.tzname == ("UTC", "UTC"), time.tzname
print(sys.version_info[:2], sorted(os.listdir("/tmp")))
"""
    assert run(program).strip() == "(3, 13) []"


@pytest.mark.slow
def test_two_builds_are_equal(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("the recipe needs root")
    archives = []
    for name in ("one", "two"):
        out = tmp_path / name
        recipe = resources.directory("images") / "rootfs.sh"
        subprocess.run(["sh", recipe, fingerprint.WORKER_DIRECTORY, out], check=True)
        builder._pack(out / "root", tmp_path / f"{name}.tar")
        archives.append((tmp_path / f"{name}.tar").read_bytes())
    assert archives[0] == archives[1]


def _id(reference: str) -> str:
    with contextlib.closing(engine.connect()) as client:
        return str(client.inspect_image(reference)["Id"])


@pytest.mark.usefixtures("api")
def test_content_is_the_same_for_an_image_that_was_imported_again(
    tmp_path: Path,
) -> None:
    """Under another id, as if another party had built it."""
    ours = images.show()
    copy = tmp_path / "image.tar"
    images.save(copy)
    read = archive.read(copy)
    assert ours.content == read.content()
    assert ours.image_id == _id(ours.reference)
    with tarfile.open(copy) as file, tarfile.open(tmp_path / "other.tar", "w") as made:
        layer = file.extractfile(read.layers[0])
        assert layer is not None
        with tarfile.open(fileobj=layer) as entries:
            for member in sorted(entries, key=lambda each: each.name):
                member.mtime = 1
                made.addfile(member, entries.extractfile(member) if member.isfile() else None)
    with (tmp_path / "other.tar").open("rb") as other:
        assert content.digest_of_layers([other]) == ours.content


@pytest.mark.usefixtures("api")
def test_a_file_that_was_tampered_with_leaves_nothing_in_the_engine(
    tmp_path: Path,
) -> None:
    """Control: the file as it was saved is loaded, and the image is the one that was there."""
    reference = images.image_reference()
    saved, tampered = tmp_path / "image.tar", tmp_path / "tampered.tar"
    images.save(saved)
    assert images.load(saved) == reference
    image_id = _id(reference)
    data = saved.read_bytes()
    for old, new in ((b'"0:0"', b'"1:1"'), (b'"-S"', b'"-E"')):
        tampered.write_bytes(data.replace(old, new))
        with pytest.raises(ConfigurationError, match=r"was not loaded: .* (User|Entrypoint) is"):
            images.load(tampered)
        assert _id(reference) == image_id
        claimed = hashlib.sha256(archive.read(tampered).config).hexdigest()
        with pytest.raises(docker.errors.ImageNotFound):
            _id(f"sha256:{claimed}")
