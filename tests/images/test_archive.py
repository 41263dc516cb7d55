"""A file is one image of this source, or an error that leaves the engine as it was."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner import images
from runner.errors import BackendError, ConfigurationError, ImageNotFoundError
from runner.images import archive, configuration, content
from tests.images.fake_engine import (
    LABELS,
    FakeEngine,
    client,
    config,
    image_file,
    image_json,
    layer,
)

LAYERS = [layer(python=b"3.13")]


def test_a_file_with_our_image_is_loaded_and_nothing_else_of_it(tmp_path: Path) -> None:
    """An engine that reads by other descriptions finds none."""
    other = json.dumps({"other": {"latest": "0" * 64}}).encode()
    path = image_file(tmp_path / "image.tar", more={"repositories": other, "index.json": b"{}"})
    fake = FakeEngine()
    assert images.load(path, client(fake)) == images.image_reference()
    assert list(fake.names) == [images.image_reference()]
    with (
        archive.read(path).rewritten("a:b", str(tmp_path)) as file,
        tarfile.open(fileobj=file) as t,
    ):
        names = [member.name.rpartition(".")[2] for member in t]
    assert names == ["tar", "json", "json"]


@pytest.mark.parametrize("name", ["localhost/", "docker.io/library/"])
def test_the_names_that_podman_gives_are_ours(tmp_path: Path, name: str) -> None:
    path = image_file(tmp_path / "image.tar", RepoTags=[name + images.image_reference()])
    fake = FakeEngine()
    images.load(path, client(fake))
    assert list(fake.names) == [images.image_reference()]


def manifest(count: int) -> list[dict[str, Any]]:
    return [{"Config": "a.json", "RepoTags": [images.image_reference()], "Layers": ["l"]}] * count


#: What is wrong with a file, and words of the error.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another name": ({"RepoTags": ["other:1"]}, "another image .other:1."),
    "no name": ({"RepoTags": None}, "without a name"),
    "a second name": ({"RepoTags": [images.image_reference(), "python:3"]}, "python:3"),
    "a second image": ({"manifest": manifest(2)}, "2 images instead of one"),
    "no image": ({"manifest": []}, "names no image"),
    "a manifest of another type": ({"manifest": {"a": 1}}, "names no image"),
    "names of another type": ({"RepoTags": [5]}, "not text"),
    "layers of another type": ({"Layers": [["l"]]}, "no layers"),
    "no layers": ({"Layers": []}, "no layers"),
    "a layer that is missing": ({"Layers": ["missing"]}, "'missing' is missing"),
    "a second layer": ({"Layers": ["0" * 64 + "/layer.tar"] * 2}, "2 layers instead of 1"),
    "no configuration": ({"image": {"os": "linux"}}, "no configuration"),
    "another system": ({"image": image_json(LAYERS, os="windows")}, "os is 'windows'"),
    "a file beside": ({"more": {"etc/passwd": b"x"}}, "not part of an image: 'etc/passwd'"),
    "a large file beside": ({"more": {"a" * 64 + ".json": b"x" * 70_000}}, "not part of an image"),
    "a member twice": ({"more": {"manifest.json": b"[]"}}, "occurs twice"),
}

#: Settings of an image, and what is told of them.
SETTINGS: dict[str, tuple[Any, str]] = {
    "Entrypoint": (["/bin/sh"], r"Entrypoint is \['/bin/sh'\] instead of \['/usr/bin/python3.13'"),
    "Cmd": (["--help"], "Cmd is"),
    "Env": (["LD_PRELOAD=/evil.so"], "LD_PRELOAD.*instead of nothing"),
    "User": ("1000", "User is '1000' instead of '0:0'"),
    "WorkingDir": ("/tmp", "WorkingDir is '/tmp' instead of '/'"),
    "Volumes": ({"/scratch": {}}, "Volumes is .*/scratch"),
    "Healthcheck": ({"Test": ["CMD", "/evil"]}, "Healthcheck"),
    "ExposedPorts": ({"80/tcp": {}}, "ExposedPorts"),
    "OnBuild": (["RUN x"], "OnBuild"),
    "StopSignal": ("SIGUSR1", "StopSignal"),
    "Unheard": ("of", "Unheard is 'of' instead of nothing"),
    "Labels": ({**LABELS, "more": "x"}, "there is a label 'more'"),
}
SETTINGS_OF_LABELS = {
    "worker": ({**LABELS, configuration.LABEL_WORKER: "0" * 64}, "the worker is '0000"),
    "lock": ({**LABELS, configuration.LABEL_LOCK: "x"}, "instead of a digest"),
    "none": (None, "is nothing instead of a digest"),
}


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_unexpected_in_a_file_is_named_and_never_reaches_the_engine(
    tmp_path: Path, wrong: dict[str, Any], words: str
) -> None:
    fake = FakeEngine()
    with pytest.raises((ConfigurationError, ImageNotFoundError), match=words):
        images.load(image_file(tmp_path / "image.tar", **wrong), client(fake))
    assert fake.loaded == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *((name, *what) for name, what in SETTINGS.items()),
        *(("Labels", *what) for what in SETTINGS_OF_LABELS.values()),
    ],
)
def test_a_setting_that_is_not_ours_is_named(
    tmp_path: Path, name: str, value: object, words: str
) -> None:
    """In a file, in an engine that makes one up, and in an image that is there under our name."""
    changed = image_json(LAYERS, config=config(**{name: value}))
    fake = FakeEngine()
    with pytest.raises(ConfigurationError, match=words):
        images.load(image_file(tmp_path / "image.tar", image=changed), client(fake))
    assert fake.loaded == 0
    fake.alters = {name: value}
    with pytest.raises(ConfigurationError, match=words):
        images.load(image_file(tmp_path / "image.tar"), client(fake))
    assert (fake.loaded, fake.by_id, fake.names) == (1, {}, {})
    with pytest.raises(ConfigurationError, match=words):
        images.check_configuration("x:1", {"Config": config(**{name: value})})


def test_what_engines_and_builders_add_is_no_difference() -> None:
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    added = {"Env": [path], "Hostname": "5a", "Image": "sha256:1", "Shell": None}
    assert configuration.differences(config(**added)) == ()
    assert configuration.differences(config(Labels={**LABELS, "io.buildah.version": "1"})) == ()
    assert configuration.differences(config(Labels={"mine": "x"}), is_ours=False) == ()


def test_an_image_that_was_there_stays_under_its_name(tmp_path: Path) -> None:
    """Whether the engine refuses a file, or makes something else of it."""
    path = image_file(tmp_path / "image.tar")
    for alters, said in (({"User": "1"}, []), ({}, [{"error": "invalid tar header"}])):
        fake = FakeEngine(exists=True)
        fake.alters, fake.on_load = alters, said
        with pytest.raises((BackendError, ConfigurationError), match=r"User is|invalid tar header"):
            images.load(path, client(fake))
        assert fake.names == {images.image_reference(): FakeEngine.FIRST}
        assert list(fake.by_id) == [FakeEngine.FIRST]


def test_an_image_that_was_there_under_another_name_stays(tmp_path: Path) -> None:
    path = image_file(tmp_path / "image.tar")
    fake = FakeEngine()
    images.load(path, client(fake))
    (image_id,) = fake.by_id
    fake.names = {"mine:1": image_id}
    fake.alters = {"User": "1"}
    with pytest.raises(ConfigurationError):
        images.load(path, client(fake))
    assert fake.names == {"mine:1": image_id}


def test_a_file_of_other_content_is_refused_if_content_is_named(tmp_path: Path) -> None:
    path = image_file(tmp_path / "image.tar")
    fake = FakeEngine()
    with pytest.raises(ConfigurationError, match=r"its content is [0-9a-f]{64}, not 00"):
        images.load(path, client(fake), content="00")
    assert fake.loaded == 0
    images.load(path, client(fake), content=archive.read(path).content())


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        images.load(tmp_path / "missing.tar", client(FakeEngine()))


@pytest.mark.parametrize("data", [b"", b"text\n", bytes(range(256)) * 8])
def test_a_file_without_an_image_never_reaches_the_engine(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    fake = FakeEngine()
    with pytest.raises(ConfigurationError, match=r"holds no image: .* `runner image save` wrote"):
        images.load(path, client(fake))
    assert fake.loaded == 0


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 12_000), st.binary(min_size=1, max_size=8), st.booleans())
def test_a_damaged_file_is_loaded_as_it_was_meant_or_refused(
    tmp_path: Path, at: int, data: bytes, cut: bool
) -> None:
    path = image_file(tmp_path / "image.tar")
    whole = path.read_bytes()
    path.write_bytes(whole[:at] if cut else whole[:at] + data + whole[at + len(data) :])
    fake = FakeEngine()
    try:
        images.load(path, client(fake))
    except (ConfigurationError, ImageNotFoundError):
        assert fake.loaded == 0
        return
    assert list(fake.names) == [images.image_reference()]
    (loaded,) = fake.by_id.values()
    assert configuration.differences(loaded["Config"]) == ()


# -- content --------------------------------------------------------------------------------------


def digest(*layers: bytes) -> str:
    return content.digest_of_layers(map(io.BytesIO, layers))


def member(name: str = "a", data: bytes = b"1", **settings_: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in settings_.items():
            setattr(info, key, value)
        made.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def test_times_and_the_way_of_packing_do_not_count() -> None:
    assert digest(member(mtime=1)) == digest(member(mtime=2)) == digest(member("./a"))
    assert digest(layer(a=b"1", b=b"2")) == digest(layer(b=b"2", a=b"1"))
    assert digest(layer(a=b"1", b=b"2")) == digest(layer(a=b"0", b=b"2"), layer(a=b"1"))


@pytest.mark.parametrize(
    "other",
    [
        {"data": b"2"},
        {"name": "b"},
        {"mode": 0o4644},
        {"uid": 1},
        {"gid": 1},
        {"data": b"", "type": tarfile.SYMTYPE, "linkname": "b"},
        {"data": b"", "type": tarfile.DIRTYPE},
        {"pax_headers": {"SCHILY.xattr.security.capability": "x"}},
    ],
)
def test_everything_else_counts(other: dict[str, Any]) -> None:
    assert digest(member(**other)) != digest(member())


@pytest.mark.parametrize("bad", [b"x" * 1000, layer(**{".wh.a": b""}), member("d/.wh..wh..opq")])
def test_a_layer_that_is_damaged_or_deletes_is_an_error(bad: bytes) -> None:
    with pytest.raises(ConfigurationError, match="a layer of the image"):
        digest(bad)
