"""The Dockerfile and the compose file of the service's page, built and run by docker-compose."""

import contextlib
import json
import subprocess
import sys
import sysconfig
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pip
import pytest
import yaml
from pydantic_core import _pydantic_core

from runner import engine
from tests.docs.pages import PAGES, blocks
from tests.packaging.conftest import Artifacts

pytestmark = [pytest.mark.slow, pytest.mark.engine]

_PAGE = PAGES["runner/server/README.md"]
_TOKEN = "a-token-of-the-tests"
_BIN = "/usr/local/bin"
_SKIPPED = frozenset(
    ("site-packages", "dist-packages", "test", "__pycache__", "EXTERNALLY-MANAGED")
)
_CLIENT = f"""
import json
from runner.client import Client
from runner.errors import ConfigurationError
tests = ["assert f(1) == 2"]
codes = ["def f(x): return x + 1", "def f(x): return x", "import os; os.abort()"]
with Client("runner:8080", {_TOKEN!r}) as client:
    found = [each.status for each in client.execute_batch([(code, tests) for code in codes])]
try:
    Client("runner:8080", "another-token").execute(codes[0], tests)
except ConfigurationError:
    found.append("refused")
print(json.dumps(found))
"""


@pytest.mark.timeout(300)  # wheels of all dependencies, and two images
def test_the_files_on_the_page_run(artifacts: Artifacts, tmp_path: Path) -> None:
    """The base image is this machine's Python, and pip takes packages from it: no registry."""
    project = f"compose-{uuid.uuid4().hex[:8]}"
    (dockerfile,), (compose,) = blocks(_PAGE, "dockerfile"), blocks(_PAGE, "yaml")
    wheels = tmp_path / "wheels"
    _run(sys.executable, "-m", "pip", "wheel", "-q", "-w", wheels, f"{artifacts.wheel}[serve]")
    place = tmp_path / "files"
    place.mkdir()
    first, _, rest = dockerfile.partition("\n")
    assert first.startswith("FROM python:")
    (place / "Dockerfile").write_text(f"FROM {project}-base\n{rest}")
    (place / "compose.yaml").write_text(compose)
    (place / "tokens.txt").write_text(f"one {_TOKEN}\n")
    command = yaml.safe_load(compose)["services"]["runner"]["command"]
    assert command[-2:] == ["--workers", "8"]
    (place / "here.yaml").write_text(
        json.dumps(
            {
                "services": {
                    "runner": {"image": project, "command": [*command[:-1], "1"]},
                    "client": {
                        "image": project,
                        "entrypoint": ["python", "-c"],
                        "networks": ["runner"],
                    },
                }
            }
        )
    )

    def do(*arguments: str) -> str:
        files = ("--file", "compose.yaml", "--file", "here.yaml")
        return _run("docker-compose", "--project-name", project, *files, *arguments, cwd=place)

    with _base(f"{project}-base", tmp_path / "base.tar", wheels), contextlib.ExitStack() as stack:
        stack.callback(_remove, project)
        do("build", "runner")
        stack.callback(do, "down", "--volumes", "--timeout", "30")
        do("up", "--detach", "runner")
        answer = do("run", "--rm", "-T", "client", _CLIENT)
        assert json.loads(answer.splitlines()[-1]) == [
            "all_passed", "some_failed", "process_error", "refused",
        ]  # fmt: skip
        service = do("ps", "--quiet", "runner").strip()
        sandboxes = _sandboxes(service)
        assert sandboxes
        do("stop")
        with contextlib.closing(engine.connect()) as client:
            assert client.inspect_container(service)["State"]["ExitCode"] == 0
            assert not {each["Id"] for each in client.containers(all=True)} & sandboxes
        assert "answered" in do("logs", "runner")


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def _sandboxes(service: str) -> set[str]:
    """Return the containers that a service in a container owns."""
    with contextlib.closing(engine.connect()) as client:
        pid = client.inspect_container(service)["State"]["Pid"]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        label = f"sandbox-runner.owner.place={boot} {Path(f'/proc/{pid}/ns/pid').readlink()}"
        return {each["Id"] for each in client.containers(filters={"label": label})}


def _remove(image: str) -> None:
    with contextlib.closing(engine.connect()) as client:
        client.remove_image(image, force=True)


@contextlib.contextmanager
def _base(name: str, tar: Path, wheels: Path) -> Iterator[None]:
    """An image with a shell, this machine's Python, and pip, which knows these packages only."""
    prefix, stdlib = Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))
    python = Path(sys.executable).resolve()
    native = [python, *stdlib.glob("lib-dynload/*.so"), Path(_pydantic_core.__file__)]
    with tarfile.open(tar, "w", dereference=True) as archive:
        for path in (Path("/bin/sh"), python, *_libraries(Path("/bin/sh"), *native)):
            archive.add(path, path)
        archive.add(stdlib, stdlib, filter=_wanted)
        archive.add(Path(pip.__file__).parent, stdlib / "site-packages" / "pip")
        archive.add(wheels, "/wheels")
        for name_of, text in (("python", 'exec {} "$@"'), ("pip", 'exec {} -m pip "$@"')):
            script = tar.with_name(name_of)
            script.write_text(f"#!/bin/sh\n{text.format(python)}\n")
            script.chmod(0o755)
            archive.add(script, f"{_BIN}/{name_of}")
    with contextlib.closing(engine.connect()) as client:
        changes = [
            f"ENV PATH={_BIN}:{prefix}/bin:/usr/bin:/bin",
            "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_ROOT_USER_ACTION=ignore",
        ]
        client.import_image_from_file(str(tar), repository=name, changes=changes)
    try:
        yield
    finally:
        _remove(name)


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if _SKIPPED & set(Path(entry.name).parts) else entry


def _libraries(*files: Path) -> set[Path]:
    told = _run("ldd", *files).split()
    return {Path(word) for word in told if word.startswith("/") and not word.endswith(":")}
