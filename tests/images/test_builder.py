"""Names, pins and files of images, with a fake in the engine's place."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from runner import fingerprint, images, resources
from runner.errors import BackendError, ConfigurationError, ImageNotFoundError
from runner.images import builder, recipe
from runner.images.configuration import LABEL_LOCK
from runner.worker.packages.image_names import IMAGES
from tests.images.fake_engine import FakeEngine, client

PLAIN = recipe.recipe_of(None)


def test_the_reference_is_the_same_every_time() -> None:
    assert images.image_reference() == images.image_reference()
    repository, _, tag = images.image_reference().partition(":")
    assert repository == "sandbox-runner"
    assert len(tag) == 12


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (fingerprint, "worker_digest", lambda *_: "0" * 64),
        (recipe.Recipe, "lock", lambda *_: {"packages": {}}),
        (recipe, "configuration", lambda *_: ["USER 1"]),
    ],
)
def test_the_reference_changes_with_everything_that_goes_in(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, value: object
) -> None:
    before = images.image_reference()
    monkeypatch.setattr(module, name, value)
    assert images.image_reference() != before


def test_the_lock_pins_python_and_its_c_library() -> None:
    packages = recipe.recipe_of().lock()["packages"]
    wanted = {"python3.13-minimal", "libpython3.13-stdlib", "base-files", "tzdata", "libc6"}
    assert wanted <= set(packages)
    assert recipe.recipe_of().lock()["suite"] == "trixie"


def test_the_lock_is_spelled_as_the_recipe_spells_it() -> None:
    text = resources.read_text("images", "lock.json")
    assert text == json.dumps(recipe.recipe_of().lock(), indent=2, sort_keys=True) + "\n"


def test_a_damaged_lock_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "read_text", lambda *_: '{"packages": 5}')
    with pytest.raises(ConfigurationError, match="is damaged"):
        recipe.recipe_of().lock()


def test_differences_are_told_package_by_package() -> None:
    pinned = {"suite": "trixie", "packages": {"a": "1", "b": "1", "c": "1"}}
    found = {"suite": "forky", "packages": {"a": "1", "b": "2", "d": "1"}}
    assert builder.differences(pinned, found) == (
        "b: pinned 1, found 2",
        "c: pinned 1, found nothing",
        "d: pinned nothing, found 1",
        "suite: pinned trixie, found forky",
    )


def test_another_file_of_the_same_version_is_a_difference() -> None:
    """As far as files are pinned for the architecture."""
    pinned = {"packages": {"a": "1"}, "hashes": {"amd64": {"a": "f0"}}}
    other = {"packages": {"a": "1"}, "hashes": {"amd64": {"a": "f1"}}}
    assert builder.differences(pinned, pinned) == ()
    assert builder.differences(pinned, other) == ("a: pinned sha256 f0, found f1",)
    assert builder.differences(pinned, {**other, "hashes": {"arm64": {"a": "f1"}}}) == ()
    assert builder.differences({"packages": {"a": "1"}}, other) == ()


def test_a_lock_keeps_the_files_of_other_architectures_until_versions_change() -> None:
    versions: dict[str, Any] = {"suite": "s", "packages": {"a": "1"}}
    pinned = {**versions, "hashes": {"arm64": {"a": "f0"}}}
    found = {**versions, "hashes": {"amd64": {"a": "f1"}}}
    assert builder._merged(pinned, found)["hashes"] == {"arm64": {"a": "f0"}, "amd64": {"a": "f1"}}
    newer = {**found, "packages": {"a": "2"}}
    assert builder._merged(pinned, newer) == newer


def test_the_configuration_is_that_of_the_dockerfile() -> None:
    kinds = [line.split()[0] for line in recipe.configuration()]
    assert kinds == ["USER", "WORKDIR", "ENTRYPOINT"]
    assert json.loads(recipe.configuration()[2].partition(" ")[2])[-1].endswith("__main__.py")


def test_a_missing_image_names_the_command_that_builds_it() -> None:
    error = images.not_found(images.image_reference())
    assert "runner image build" in str(error)
    assert not error.retriable


@pytest.mark.parametrize("there", [True, False])
def test_existence_is_asked_of_the_engine(there: bool) -> None:
    assert images.exists(client(FakeEngine(exists=there))) is there


def test_an_image_that_is_there_is_not_built_again() -> None:
    built = images.build(client=client(FakeEngine(exists=True)))
    assert built == images.Built(images.image_reference(), created=False)


def test_a_locked_build_trusts_only_an_image_with_the_locks_versions() -> None:
    digest = fingerprint.digest_of_json(recipe.versions(recipe.recipe_of().lock()))
    right = FakeEngine(exists=True, labels={LABEL_LOCK: digest})
    wrong = FakeEngine(exists=True, labels={LABEL_LOCK: "0" * 64})
    assert builder._is_current(client(right), PLAIN, locked=True)
    assert not builder._is_current(client(wrong), PLAIN, locked=True)
    assert builder._is_current(client(wrong), PLAIN, locked=False)


def test_an_image_with_another_configuration_is_built_anew() -> None:
    fake = FakeEngine(exists=True)
    fake.by_id[FakeEngine.FIRST]["Config"]["Volumes"] = {"/tmp": {}}
    assert not builder._is_current(client(fake), PLAIN, locked=False)


def test_locked_and_update_lock_contradict_each_other() -> None:
    with pytest.raises(ConfigurationError, match="contradict"):
        images.build(locked=True, update_lock=True)


def test_an_ordinary_user_is_told_the_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "_is_root", lambda *_: False)
    with pytest.raises(ConfigurationError, match=r"--method dockerfile.*image load"):
        images.build(method="debian", client=client(FakeEngine()))
    assert builder._choose("auto") == "dockerfile"


def content(**packages: str) -> builder._Content:
    hashes = {"amd64": {name: f"hash of {name}" for name in packages}}
    return builder._Content({"suite": "trixie", "packages": packages, "hashes": hashes}, "0" * 64)


def pin(monkeypatch: pytest.MonkeyPatch, directory: Path, **packages: str) -> Path:
    path = directory / "lock.json"
    path.write_text(json.dumps({"suite": "trixie", "packages": packages}))
    monkeypatch.setattr(resources, "directory", lambda _: directory)
    return path


def test_a_locked_build_refuses_other_versions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pin(monkeypatch, tmp_path, libc6="1")
    with pytest.raises(ConfigurationError, match="libc6: pinned 1, found 2"):
        builder._settle_lock(content(libc6="2"), PLAIN, builder._Locks(locked=True))


def test_an_ordinary_build_reports_other_versions_and_leaves_the_lock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = pin(monkeypatch, tmp_path, libc6="1")
    before = path.read_bytes()
    found = builder._settle_lock(content(libc6="2"), PLAIN, builder._Locks())
    assert found == ("libc6: pinned 1, found 2",)
    assert path.read_bytes() == before


def test_the_lock_is_rewritten_on_demand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pin(monkeypatch, tmp_path, libc6="1")
    builder._settle_lock(content(libc6="2"), PLAIN, builder._Locks(update=True))
    assert recipe.recipe_of().lock()["packages"] == {"libc6": "2"}


def test_saving_writes_the_whole_file_or_none(tmp_path: Path) -> None:
    target = tmp_path / "image.tar"
    with pytest.raises(ImageNotFoundError):
        images.save(target, client(FakeEngine()))
    assert list(tmp_path.iterdir()) == []
    images.save(target, client(FakeEngine(exists=True)))
    assert target.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [target]


def test_saving_to_a_place_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot write"):
        images.save(tmp_path / "no" / "image.tar", client(FakeEngine(exists=True)))


def test_the_build_context_holds_what_the_dockerfile_copies() -> None:
    dockerfile = resources.read_text("images", "Dockerfile")
    copied = [line.split()[1] for line in dockerfile.splitlines() if line.startswith("COPY ")]
    with tarfile.open(fileobj=recipe.context(None, "")) as archive:
        names = set(archive.getnames())
    assert {"images/Dockerfile", "images/rootfs.sh", "runner/worker/protocol/frames.py"} <= names
    assert {name for name in copied if not name.startswith("--")} <= names


def test_a_recipe_that_fails_shows_what_it_said() -> None:
    with pytest.raises(BackendError, match="cannot try it: no mirror"):
        builder._run(["sh", "-c", "echo no mirror >&2; exit 1"], "try it")


def test_the_packages_that_an_import_error_names_are_those_that_are_preloaded() -> None:
    preloaded = resources.read_text("images", "scientific/preload").split()
    tops = sorted({name.partition(".")[0] for name in preloaded})
    assert IMAGES["scientific"].split() == tops
    assert IMAGES.keys() == set(images.variants())


def test_an_image_with_more_packages_has_a_name_and_a_lock_of_its_own() -> None:
    """A pool's setting may be its short name, or any reference."""
    assert images.variants() == ("data", "scientific")
    ours = images.image_reference("scientific")
    assert ours.startswith("sandbox-runner-scientific:")
    assert (images.resolve("scientific"), images.resolve("x:1")) == (ours, "x:1")
    assert images.resolve(None) == images.image_reference()
    assert "python3-numpy" in recipe.recipe_of("scientific").lock()["packages"]
    assert "`runner image build scientific`" in str(images.not_found(ours))
    with pytest.raises(ConfigurationError, match="no image 'other'"):
        images.build(variant="other", client=client(FakeEngine()))
