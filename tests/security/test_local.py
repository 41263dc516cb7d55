"""What the local backend has of the isolation, and the gaps that its description names.

As the user who runs the tests, root or an ordinary one. The probes are in ``test_probes``.
"""

import functools
import os

import pytest

import runner
from runner.backends import base

pytestmark = pytest.mark.user

_ROOT = os.geteuid() == 0
_PIDS = 32

#: Begins as many threads as there can be, up to the argument.
_BOMB = """
import os, threading
threading.stack_size(65536)
stop = threading.Event()

def bomb(most):
    for count in range(most):
        try:
            threading.Thread(target=stop.wait, daemon=True).start()
        except RuntimeError:
            return count
    return most
"""


#: As the kernel has it: what ``os`` tells is the same on every machine.
_USER = """
import ctypes
libc = ctypes.CDLL(None)

def user():
    return libc.getuid(), libc.getgid()
"""


def _pool(backend: str) -> runner.Pool:
    return runner.Pool(name="threads", workers=1, spares=0, backend=backend, pids=_PIDS)


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start workers that are told of no limit for the threads of a solution."""
    designed = base.hello
    monkeypatch.setattr(base, "hello", lambda *a, **k: {**designed(*a, **k), "threads": None})


def _threads(backend: str, most: int) -> int:
    with _pool(backend) as pool:
        result = pool.execute(
            f"{_BOMB}\nprint(bomb({most}))", [runner.StdioTest(stdin="", stdout="")]
        )
        return int(result.tests[0].stdout)


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.engine)])
def either(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.skipif(not _ROOT, reason="only root can give solutions a user id of their own")
def test_a_solution_has_as_many_threads_on_every_backend(either: str) -> None:
    """Fewer than its sandbox, which needs some for itself; one of them is the main thread."""
    assert _threads(either, 1000) == _PIDS - base._OTHER_PROCESSES - 1


@pytest.mark.usefixtures("unlimited")
def test_only_that_limit_bounds_threads_without_a_container() -> None:
    assert _threads("local", 500) == 500


@pytest.mark.skipif(_ROOT, reason="this is about ordinary users")
def test_an_ordinary_users_solution_is_that_user_and_has_any_number_of_threads() -> None:
    """The kernel counts all threads of a user, and others of this one are none of our business."""
    with _pool("local") as pool:
        test = f"assert user()[0] == {os.getuid()}"
        assert pool.execute(_USER, [test]).status == "all_passed"
    assert _threads("local", 500) == 500


@pytest.mark.skipif(not _ROOT, reason="only root can give solutions a user id of their own")
def test_a_solution_has_a_user_id_of_its_own() -> None:
    with _pool("local") as pool:
        tests = ["assert min(user()) >= 2_001_000_000"] * 2
        assert pool.execute(_USER, tests).status == "all_passed"


@pytest.mark.parametrize("protected", [True, False])
def test_tests_have_the_calls_of_a_container(
    monkeypatch: pytest.MonkeyPatch, *, protected: bool
) -> None:
    """Without an engine the worker puts the container's filter on itself."""
    if not protected:
        designed = base.hello
        monkeypatch.setattr(
            base, "hello", lambda *a, **k: {**designed(*a, **k), "container_calls": None}
        )
    with _pool("local") as pool:
        result = pool.execute("x = 1", ["import socket; socket.socket()"])
    assert ("Operation not permitted" in str(result.error)) is protected


def test_a_local_sandbox_as_a_whole_has_no_limit() -> None:
    """It has no control group: nothing of a container's can be checked, and so nothing is."""
    with _pool("local") as pool:
        assert {each.name for each in pool._started()._leases.idle[0].checks} == {
            "run-queue statistics",
            "core dumps",
        }


def test_files_are_refused_where_a_solution_is_no_user_of_its_own(
    backend: str, request: pytest.FixtureRequest
) -> None:
    """And a program that is given none runs without a directory, as it would without the field."""
    if backend != "local":
        request.getfixturevalue("_work_directories")
    with runner.Pool(name="files", workers=1, spares=0, backend=backend) as pool:
        if _ROOT or backend != "local":
            assert pool.execute(
                "x = open('a').read()", ["assert x == 'b'"], files={"a": "b"}
            ).passed
            return
        for files in (dict[str, str](), {"a": "b"}):
            with pytest.raises(runner.ConfigurationError, match=r"files.* run as root, or use"):
                pool.execute("", ["assert True"], files=files)
        with pytest.raises(runner.ConfigurationError, match="files"):
            pool.run("", files={"a": "b"})
        for run in (runner.RunRequest, functools.partial(runner.RunRequest, files=None)):
            assert "PermissionError" in pool.run(run(code="open('x', 'w')")).stderr
