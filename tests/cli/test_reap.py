"""``runner reap``: what a killed host left behind is removed."""

import contextlib
import subprocess
import sys
from collections.abc import Callable

import pytest

from runner import engine
from runner.backends.owner import LABEL_POOL
from runner.cli import main

_OWNER = """
import signal, runner
pool = runner.Pool(name="killed-host", workers=1, spares=0, backend="docker")
pool.start()
print("ready", flush=True)
signal.pause()
"""


def test_reap_says_how_many(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when there is nothing."""
    assert command("reap") == 0
    assert "left-over" in capsys.readouterr().out


@pytest.mark.engine
def test_containers_of_a_killed_host_are_removed() -> None:
    """They have ended by themselves, but are still listed."""
    owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE, text=True)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        assert _containers()
        owner.kill()
    assert main(["reap", "--backend", "docker"]) == 0
    assert not _containers()


def _containers() -> list[str]:
    with contextlib.closing(engine.connect(timeout_s=10)) as client:
        found = client.containers(all=True, filters={"label": LABEL_POOL})
    return [
        container["Id"]
        for container in found
        if container["Labels"][LABEL_POOL].startswith("killed-host-")
    ]
