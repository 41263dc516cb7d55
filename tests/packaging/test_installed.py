"""A wheel and its dependencies, in an empty directory: install, doctor, image build, run."""

import contextlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import engine
from tests.packaging.conftest import Artifacts

pytestmark = pytest.mark.slow

_SOLUTION = "def add(a, b):\n    return a + b\n"
_USES_TYPES = """
import runner

with runner.Pool(workers=1) as pool:
    result = pool.execute("x = 1", ["assert x == 1"])
    number: int = result.total
    text: int = result.error
"""


class Installation:
    """A virtual environment with the wheel in it, and an empty directory beside it."""

    def __init__(self, place: Path, wheel: Path) -> None:
        self.bin = place / "venv" / "bin"
        self.home = place / "home"
        self.home.mkdir()
        venv.create(place / "venv", with_pip=True)
        self.pip("install", str(wheel))

    def pip(self, *arguments: str) -> None:
        self.command("python", "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)

    def command(self, name: str, *arguments: str, status: int = 0) -> str:
        """Run a program of the environment and return what it says."""
        done = subprocess.run(
            [str(self.bin / name), *arguments],
            cwd=self.home,
            env={**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def program(self, text: str, status: int = 0) -> str:
        return self.command("python", "-c", text, status=status)


@pytest.fixture(scope="module")
def installation(artifacts: Artifacts, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"), artifacts.wheel)


@pytest.fixture
def other_image(installation: Installation) -> Iterator[str]:
    """Have the installation want an image that is not built yet."""
    (data,) = installation.bin.parent.glob("lib/python*/site-packages/runner/_data/images")
    recipe = data / "rootfs.sh"
    kept = recipe.read_text()
    recipe.write_text(f"{kept}# another image\n")
    name = installation.command("runner", "image", "name").strip()
    yield name
    recipe.write_text(kept)
    with contextlib.closing(engine.connect()) as client:
        client.remove_image(name, force=True)


@pytest.mark.engine
def test_all_that_a_user_does_first(installation: Installation, other_image: str) -> None:
    """The image is really built from the wheel's own recipe; a doctor asks for it before."""
    (installation.home / "solution.py").write_text(_SOLUTION)
    (installation.home / "tests.txt").write_text("assert add(1, 2) == 3\n")
    assert "run `runner image build`" in installation.command("runner", "doctor", status=1)
    assert f"{other_image} built" in installation.command("runner", "image", "build")
    assert "FAIL" not in installation.command("runner", "doctor")
    run = ("runner", "run", "solution.py", "--tests", "tests.txt")
    assert "all_passed: 1 of 1 passed" in installation.command(*run)


def test_types_are_seen_from_outside(installation: Installation) -> None:
    """One line of the program is wrong, and strict mypy finds just that."""
    (installation.home / "uses.py").write_text(_USES_TYPES)
    python = installation.bin / "python"
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"--python-executable={python}", "uses.py"],
        cwd=installation.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    ).stdout
    assert "uses.py:7: error" in said
    assert "Found 1 error in 1 file" in said


@pytest.mark.parametrize(
    ("extra", "program"),
    [
        ("prometheus", "import runner.prometheus"),
        ("ray", "from runner.distributed import RayPool; RayPool().start()"),
        ("datasets", "from runner import datasets; next(datasets.load('humaneval'))"),
        ("huggingface", "from runner.envs import create_env; create_env('mbpp').reset()"),
    ],
)
def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    installation: Installation, extra: str, program: str
) -> None:
    last = installation.program(program, status=1).splitlines()[-1]
    assert f"pip install 'sandbox-runner[{extra}]'" in last


@pytest.mark.parametrize(
    ("extra", "program"),
    [
        ("prometheus", "import runner.prometheus"),
        ("datasets", "from runner import datasets; next(iter(datasets.load('humaneval')))"),
        ("cli", "from runner.cli import render; assert render.HAS_RICH"),
    ],
)
def test_extras_can_be_installed(
    artifacts: Artifacts, installation: Installation, extra: str, program: str
) -> None:
    """Ray is left to its own tests: it is large. What is installed here stays."""
    installation.pip("install", f"{artifacts.wheel}[{extra}]")
    installation.program(program)
