"""``runner doctor``: one line per check, with the fix."""

import json
from pathlib import Path

import pytest

from runner.cli import main


@pytest.mark.engine
def test_doctor_finds_this_machine_well(capsys: pytest.CaptureFixture[str]) -> None:
    """The limits as the kernel sees them are among the lines."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok   docker backend" in out
    assert "docker: NoNewPrivs: 1" in out
    assert f"docker: memory: {512 * 1024 * 1024}" in out


def test_doctor_names_the_missing_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed check has a remedy and a bad exit status."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["doctor", "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["engine"]["ok"] is False
    assert "make engine" in checks["engine"]["detail"]
    assert checks["python"]["ok"] is True


@pytest.mark.engine
def test_doctor_names_the_missing_image(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that builds it."""
    monkeypatch.setattr("runner.images.recipe.image_reference", lambda *_: "sandbox-runner:none")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL image: sandbox-runner:none is missing  -> run `runner image build`" in out
    assert "FAIL docker backend" in out
