"""``runner doctor``: checks this machine; one line per check, with the fix."""

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from typing import Any

from runner import engine, images
from runner.backends import create_backend
from runner.cli import facts
from runner.cli.exits import Exit
from runner.cli.render import one_line
from runner.config import PoolConfig
from runner.errors import RunnerError

_START_S = 60.0


@dataclasses.dataclass(frozen=True)
class CheckLine:
    """One check; ``ok`` is None for a fact that is neither good nor bad."""

    name: str
    ok: bool | None
    detail: str
    fix: str = ""


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("doctor", help="check engine, limits and image")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command; the docker backend decides the exit status."""
    checks = list(_checks())
    if options.json:
        rows = [dataclasses.asdict(check) for check in checks]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        for check in checks:
            _show(check)
    return Exit.NOT_PASSED if any(check.ok is False for check in checks) else Exit.OK


def _show(check: CheckLine) -> None:
    mark = {True: "ok  ", False: "FAIL", None: "    "}[check.ok]
    fix = f"  -> {check.fix}" if check.fix and not check.ok else ""
    sys.stdout.write(f"{mark} {check.name}: {one_line(check.detail, 400)}{fix}\n")


def _checks() -> Iterator[CheckLine]:
    yield CheckLine(
        "python", ok=True, detail=f"{platform.python_version()} on {platform.platform()}"
    )
    engine_answers = False
    for check in _engine():
        engine_answers = engine_answers or (check.name == "engine" and check.ok is True)
        yield check
    if engine_answers:
        yield from _image()
        yield from _worker("docker", required=True)
    if sys.platform == "linux":
        yield from _worker("local", required=False)
    else:
        yield CheckLine("local backend", None, "not available: it needs Linux")


def _engine() -> Iterator[CheckLine]:
    try:
        client = engine.connect(10)
    except RunnerError as error:
        yield CheckLine("engine", ok=False, detail=str(error))
        return
    try:
        with contextlib.closing(client), engine.translated("ask the engine about itself"):
            version, info = client.version(), client.info()
    except RunnerError as error:
        yield CheckLine("engine", ok=False, detail=str(error))
        return
    yield CheckLine(
        "engine", ok=True, detail=f"{version.get('Version')}, API {version.get('ApiVersion')}"
    )
    for name, value in (*facts.engine_facts(version, info), *facts.kernel_facts(info)):
        yield CheckLine(name, None, value)


def _image() -> Iterator[CheckLine]:
    fix = "run `runner image build`"
    try:
        shown = images.show() if images.exists() else None
    except RunnerError as error:
        yield CheckLine("image", ok=False, detail=str(error))
        return
    if shown is None:
        yield CheckLine("image", ok=False, detail=f"{images.resolve(None)} is missing", fix=fix)
        return
    yield CheckLine("image", ok=True, detail=f"{shown.reference} exists")
    yield CheckLine("image: id", None, shown.image_id)
    yield CheckLine("image: content", None, shown.content)


def _worker(name: str, *, required: bool) -> Iterator[CheckLine]:
    """Start one sandbox, and yield the protections that the kernel applies to it."""
    title = f"{name} backend"
    config = PoolConfig.build(None, {"backend": name})
    try:
        with contextlib.closing(create_backend(config)) as backend:
            backend.check()
            sandbox = backend.start(time.monotonic() + _START_S)
            sandbox.close()
    except RunnerError as error:
        yield CheckLine(title, False if required else None, str(error))
        return
    yield CheckLine(title, ok=True, detail=f"Python {sandbox.python}")
    yield CheckLine(f"{name}: fingerprint", None, sandbox.fingerprint)
    for part, text in sandbox.parts.items():
        yield CheckLine(f"{name}: fingerprint: {part}", None, text)
    if name == "local":
        yield CheckLine("local: isolation", None, _local_gap())
    for each in sandbox.checks:
        yield CheckLine(f"{name}: {each.name}", each.ok, each.value, each.fix)
    yield _files(name, sandbox.no_files)


def _files(name: str, no_files: str | None) -> CheckLine:
    """Return the check of requests with files, which no pool requires."""
    told = "possible" if no_files is None else f"not possible: {no_files}"
    return CheckLine(f"{name}: requests with files", no_files is None or None, told)


def _local_gap() -> str:
    """Return the limitations of the local backend."""
    if os.geteuid() == 0:
        return "no container around the worker; solutions run as users of their own"
    return (
        "no container around the worker, and solutions run as your own user (as root they do not)"
    )
