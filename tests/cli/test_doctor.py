"""``runner doctor``: one line per check, with the fix."""

import json
from pathlib import Path

import pytest

import runner
from runner.backends import lockdown
from runner.cli import main


@pytest.mark.engine
def test_doctor_finds_this_machine_well(capsys: pytest.CaptureFixture[str]) -> None:
    """The limits as the kernel sees them are among the lines."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok   docker backend" in out
    assert "docker: NoNewPrivs: 1" in out
    assert f"docker: memory: {512 * 1024 * 1024}" in out


@pytest.mark.engine
def test_doctor_tells_whether_requests_can_have_files(
    capsys: pytest.CaptureFixture[str], no_files: str
) -> None:
    """It is not a requirement, so the exit status stays good."""
    assert main(["doctor"]) == 0
    mark, told = ("    ", "not possible: ") if no_files else ("ok  ", "possible\n")
    assert f"{mark} docker: requests with files: {told}" in capsys.readouterr().out


@pytest.mark.engine
def test_where_no_request_can_have_files_doctor_and_pool_name_engines_that_allow_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that mounts no file systems in memory, as Podman and gVisor cannot."""
    designed = lockdown.host_config
    monkeypatch.setattr(lockdown, "host_config", lambda *a, **k: designed(*a, **k) | {"Tmpfs": {}})
    assert main(["doctor"]) == 0
    reason = "there is no file system in memory of the right size on /files/1"
    assert f"    docker: requests with files: not possible: {reason}" in capsys.readouterr().out
    with (
        runner.Pool(workers=1, spares=0, backend="docker") as pool,
        pytest.raises(runner.ConfigurationError, match=f"{reason} .*: use Docker"),
    ):
        pool.execute("", ["pass"], files={"a": "b"})


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
