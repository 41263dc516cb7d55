"""``runner image``: build, save, load and name."""

from pathlib import Path

import pytest

from runner.cli import main


@pytest.mark.engine
def test_image_is_built_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Building again does nothing and says so."""
    assert main(["image", "build"]) == 0
    assert main(["image", "name"]) == 0
    build, name = capsys.readouterr().out.splitlines()
    assert build.startswith(name)
    assert name.startswith("sandbox-runner:")


@pytest.mark.engine
def test_image_travels_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What one machine saves, another one loads."""
    file = tmp_path / "image.tar"
    assert main(["image", "save", str(file)]) == 0
    assert main(["image", "load", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(" loaded")


def test_a_file_that_cannot_be_loaded_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is bad input, whatever the engine would say of it."""
    (tmp_path / "text.tar").write_text("no image")
    for name, words in {"none.tar": "check the path", "text.tar": "holds no image"}.items():
        assert main(["image", "load", str(tmp_path / name)]) == 2
        assert words in (said := capsys.readouterr().err)
        assert name in said


def test_locked_and_update_lock_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Said before anything is built."""
    assert main(["image", "build", "--locked", "--update-lock"]) == 2
    assert "contradict" in capsys.readouterr().err
