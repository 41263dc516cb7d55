"""What a program can see is the same in every run, sandbox and machine."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runner
from tests.determinism.programs import SEES

#: What only a fixed clock makes repeatable.
_TIMES = {"time", "datetime", "calendar", "uuid1"}


@pytest.fixture(scope="module")
def repeatable(backend: str) -> Iterator[runner.Pool]:
    with runner.Pool(workers=1, spares=0, backend=backend, clock="fixed") as own:
        yield own


def seen_in(pool: runner.Pool, **more: Any) -> dict[str, str]:
    result = pool.execute(SEES, ["pass"], **more)
    assert result.status == "all_passed", result.error
    return dict(json.loads(result.stdout))


def test_a_program_sees_the_same_in_every_run(repeatable: runner.Pool) -> None:
    """Whatever ran there before, whatever the request is called."""
    first = seen_in(repeatable)
    others = [f"x = {'y' * 700 * turn!r}" for turn in range(5)]
    for turn in range(100):
        repeatable.execute(others[turn % 5], ["assert x is not None"] * (turn % 3))
        assert seen_in(repeatable, request_id="r" * 20 * (turn + 1)) == first


def test_a_program_sees_the_same_in_every_sandbox(repeatable: runner.Pool, backend: str) -> None:
    with runner.Pool(workers=1, spares=0, backend=backend, clock="fixed") as another:
        one, two = seen_in(another), seen_in(repeatable)
    assert one == two


@contextlib.contextmanager
def many_devices(place: Path) -> Iterator[int]:
    """Mount so many file systems that the next one, as of a container, has a large number."""
    script = 'for _ in $(seq 300); do mount -t tmpfs none "$0"; done; stat -c %d "$0"; exec cat'
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *rights, "--mount", "sh", "-ec", script, str(place)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as mounts:
        assert mounts.stdout is not None
        yield int(mounts.stdout.readline())
        mounts.communicate()


@pytest.mark.engine
def test_numbers_of_devices_change_nothing(
    repeatable: runner.Pool, backend: str, tmp_path: Path
) -> None:
    """A sandbox on a busy machine is the same as one on an idle machine."""
    with (
        many_devices(tmp_path) as device,
        runner.Pool(workers=1, spares=0, backend=backend, clock="fixed") as another,
    ):
        assert device > 256
        assert seen_in(another) == seen_in(repeatable)


def test_a_program_sees_a_machine_without_peculiarities(repeatable: runner.Pool) -> None:
    seen = seen_in(repeatable)
    assert seen["environment"] == "{}"
    assert seen["directory"] == "'/'"
    assert seen["host"] == "('sandbox', 'sandbox')"
    assert seen["zone"] == "('UTC', 'UTC')"
    assert seen["calendar"].startswith("('Mon Jan  1 00:00:00 2024'")


def test_each_test_starts_anew(repeatable: runner.Pool) -> None:
    """What one test draws, changes nothing for the next."""
    code = "import random, os, uuid\ndef f(): return random.random(), os.urandom(4), uuid.uuid4()"
    result = repeatable.execute(code, ["print(f())"] * 3)
    assert len({test.stdout for test in result.tests}) == 1
    code = "import sys, gc\ndef f():\n    sys.setrecursionlimit(5000); gc.disable()"
    asks = "import sys, gc\ndef g(): return sys.getrecursionlimit(), gc.isenabled()"
    result = repeatable.execute(code + "\n" + asks, ["f()", "assert g() == (1000, True)"])
    assert result.status == "all_passed", result.error


def test_entropy_of_the_system_is_to_be_had(backend: str) -> None:
    """The control: these are the functions that differ if they are not fixed."""
    with runner.Pool(workers=1, spares=0, backend=backend, entropy="system") as real:
        one, two = seen_in(real), seen_in(real)
    differ = {name for name in one if one[name] != two[name]}
    assert {"random", "uuid4", "urandom", "secrets"} <= differ
    assert differ >= _TIMES


def test_only_the_clock_differs_by_default(backend: str) -> None:
    with runner.Pool(workers=1, spares=0, backend=backend) as own:
        one, two = seen_in(own), seen_in(own)
    assert {name for name in one if one[name] != two[name]} == _TIMES


@pytest.mark.parametrize(
    "code",
    [
        "import time\nend = time.monotonic() + 0.01\nwhile time.monotonic() < end: pass",
        "import time\nbegan = time.perf_counter(); 1 / (time.perf_counter() - began)",
        "import time\nbegan = time.time(); time.sleep(0.1)\nassert time.time() - began > 0.1",
        "import asyncio\nasyncio.run(asyncio.sleep(0.05))",
        (
            "import asyncio\nasync def f():\n    await asyncio.wait_for(asyncio.sleep(9), 0.05)\n"
            "try: asyncio.run(f())\nexcept TimeoutError: pass\nelse: raise AssertionError"
        ),
        "import threading\nassert not threading.Event().wait(0.05)",
        "import queue\ntry: queue.Queue().get(timeout=0.05)\nexcept queue.Empty: pass",
        (
            "from datetime import *\nassert type(datetime.now()) is datetime\n"
            "assert type(datetime.utcnow()) is datetime\nassert date.today().year == 2024\n"
            "assert datetime.now(timezone.utc).tzinfo is timezone.utc\n"
            "class D(datetime): pass\nassert type(D.now()) is D"
        ),
    ],
)
def test_programs_work_under_a_fixed_clock(repeatable: runner.Pool, code: str) -> None:
    result = repeatable.execute(code, ["pass"])
    assert result.status == "all_passed", result.error


def test_a_process_reaches_itself_by_its_number(pool: runner.Pool) -> None:
    code = (
        "import os, signal\nhits = []\nsignal.signal(signal.SIGUSR1, lambda *_: hits.append(1))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\ndef f(): return hits"
    )
    assert pool.execute(code, ["assert f() == [1]"]).status == "all_passed"
