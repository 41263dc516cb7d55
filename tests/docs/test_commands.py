"""Every command of the pages is executed, literally or with a smaller measure of the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, REPOSITORY, blocks, spans

#: What begins like this, in a block or within a sentence, is a command.
_COMMAND = re.compile(r"(?:make\b|(?:pip|pytest|python|ray|runner|strace) [^:]).*")
#: These belong to the repository; the others run anywhere.
_AT_HOME = ("make", "pytest")

_ENGINE = (pytest.mark.engine,)
_SLOW = (pytest.mark.engine, pytest.mark.slow)

#: A command as it stands on a page; how it ({}) is executed if that differs; and what it needs.
_EXECUTED: dict[str, tuple[str, tuple[pytest.MarkDecorator, ...]]] = {
    "make": ("make", ()),
    "make bench": ('make bench ARGS="--only start --out $PLACE/bench"', _SLOW),
    "make demo": ("make demo", _SLOW),
    "make drawing": ("", ()),
    "make engine": ("", _ENGINE),
    "make image": ("", _ENGINE),
    "make layers": ("", ()),
    "make setup": ("make setup", _SLOW),
    "make soak MINUTES=20": ("make soak MINUTES=0.1", _SLOW),
    "make test": ("make test ARGS='--collect-only -q'", _SLOW),
    "make test PARALLEL=": ("make test PARALLEL= ARGS='--collect-only -q'", _SLOW),
    "pytest tests/security": ("{} --collect-only -q", ()),
    "pytest tests/worker/kernel/test_seccomp.py": ("{} --collect-only -q", ()),
    "python -m runner": ("{} --help", ()),
    "python -m runner.bench.migration": ("RUNNER_MBPP=FILE {} --rounds 1 --warm 2 --slow 1", _SLOW),
    "python -m runner.bench --only crossing": ("{}", _SLOW),
    "python -m runner.bench --only service": ("{}", _SLOW),
    "runner compare": ("{} --help", ()),
    "runner compare ours.json theirs.json": (
        "runner eval problems.jsonl --json | tee ours.json >theirs.json && {}",
        (),
    ),
    "runner doctor": ("", _ENGINE),
    "runner eval": ("{} --help", ()),
    "runner eval --image scientific": (
        "runner image build scientific && {} humaneval --limit 1",
        _SLOW,
    ),
    "runner eval --json": ("{} problems.jsonl", ()),
    "runner eval humaneval": ("{} --limit 20", ()),
    "runner eval problems.jsonl --min-evidence values": ("", ()),
    "runner eval problems.jsonl --resume results.jsonl --html report.html --junit report.xml": (
        "",
        (),
    ),
    "runner eval problems.jsonl --samples samples.jsonl --json": ("", ()),
    "runner image": ("{} --help", ()),
    "runner image build": ("", _ENGINE),
    "runner image build data": ("", _SLOW),
    "runner image build scientific": ("", _SLOW),
    "runner image load": ("{} --help", ()),
    "runner image load image.tar": ("runner image save image.tar && {}", _SLOW),
    "runner image save": ("{} --help", ()),
    "runner image save image.tar": ("", _SLOW),
    "runner image show": ("", _ENGINE),
    "runner reap": ("", ()),
    "runner run": ("{} --help", ()),
    "runner serve": ("{} --help", ()),
    "runner run solution.py --tests tests.txt": ("", ()),
}

_LOCK = "depends on what Debian has today, and writes to images/; tests/images/test_builder.py"
#: What is executed elsewhere, or not at all, and why.
_ELSEWHERE = {
    "make check": "contains a part of this test; `.ci/run` calls it",
    "make coverage": "executes what `make test` does, under a tracer",
    "make engines": "installs engines on the machine; what it does is `images/apt-install.sh`",
    "make test-all": "contains this test; continuous integration is `.ci/run`, which calls it",
    "make test-modern": "builds and boots a machine",
    "make test-aarch64": "boots an emulated machine",
    "make test-modern-short": "is part of `.ci/run`, and builds and boots a machine",
    "make test-ray": "is part of `make test-all`",
    "make test-report": "is part of `make test-all`",
    "make test-trainers": "installs large packages",
    "make test-user": "is part of `make test-all`",
    "pip install '.[datasets]'": "`make setup` installs this, and more, to be edited",
    "pip install 'sandbox-runner[datasets]'": "tests/packaging installs the wheel with it",
    "pip install 'sandbox-runner[serve]'": "`make setup` installs this, and more, to be edited",
    "pip install 'sandbox-runner[ray]'": "`make test-ray` installs it from here",
    "pip install sandbox-runner": "tests/packaging installs the wheel",
    "pip config": "pip's own",
    "pip wheel": "pip's own",
    "pytest -s -m slow tests/determinism/test_same_everywhere.py": "is part of `make test-all`",
    "python -m runner.distributed.example": "tests/distributed",
    "python seccomp/table.py > runner/worker/kernel/syscall_numbers.py": "needs a C"
    " preprocessor and the kernel's headers, which nothing else does",
    "ray start --resources='{\"sandbox\": 8}'": "tests/distributed starts nodes like this one",
    "runner eval problems.jsonl --server unix:/run/runner.sock": "tests/client calls it",
    "runner serve --listen unix:/run/runner.sock --workers 8": "tests/server starts it",
    "runner image build --locked": _LOCK,
    "runner image build --requirements requirements.txt --name mine"
    " --preload numpy,pandas": "tests/images",
    "runner image build --method dockerfile": "needs a registry",
    "runner image show mine": "shows an image that its user has built",
    "runner image build --update-lock": _LOCK,
    "runner image build NAME --update-lock": _LOCK,
    "strace -f -c": "strace is nothing that the tests need",
}

_FILES = {
    "solution.py": "def add(a, b):\n    return a + b\n",
    "tests.txt": "assert add(1, 2) == 3\n",
    "problems.jsonl": '{"task_id": "one", "code": "x = 1", "tests": ["assert x == 1"]}\n',
    "samples.jsonl": '{"task_id": "one", "solution": "x = 1"}\n',
    "FILE": '{"task_id": 1, "text": "", "code": "x = 1", "test_list": ["assert x == 1"],'
    ' "test_setup_code": ""}\n',
}


def _commands() -> set[str]:
    """Find them in the blocks for the shell, and in sentences."""
    lines = (
        line
        for text in PAGES.values()
        for block in blocks(text, "sh")
        for line in block.splitlines()
    )
    found = {line.partition("  #")[0].strip() for line in lines}
    found |= {span for text in PAGES.values() for span in spans(text)}
    return {command for command in found if _COMMAND.fullmatch(command)}


def test_every_command_is_executed_or_has_a_reason() -> None:
    assert _commands() == {*_EXECUTED, *_ELSEWHERE}


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=marks) for name, (_, marks) in _EXECUTED.items()]
)
def test_commands_do_what_they_are_there_for(command: str, backend: str, tmp_path: Path) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    # without the arguments of a `make` that runs the tests
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["sh", "-c", (_EXECUTED[command][0] or "{}").replace("{}", command)],
        cwd=REPOSITORY if command.startswith(_AT_HOME) else tmp_path,
        env={**inherited, "PATH": path, "PLACE": str(tmp_path), "RUNNER_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
