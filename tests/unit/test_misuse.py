"""Whatever callers do wrong: one clear sentence, and always an error of this library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runner
from runner import engine
from runner.cli import main

_CODE, _TESTS = "x = 1", ["assert x == 1"]


def execute(*arguments: Any, **fields: Any) -> Callable[[], object]:
    return lambda: runner.Pool(backend="local").execute(*arguments, **fields)


def pool(*arguments: Any, **settings: Any) -> Callable[[], object]:
    return lambda: runner.Pool(*arguments, **settings)


_MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "code in bytes": (execute(b"x", _TESTS), r"decode the code"),
    "wrong order": (execute(_TESTS, _CODE), r"each other's place"),
    "no tests": (execute(_CODE), r"request tests: is missing"),
    "one test": (execute(_CODE, "assert x"), r"not one str; write \[test\]"),
    "one typed test": (execute(_CODE, runner.AssertTest(code="x")), r"not one AssertTest"),
    "tests without order": (execute(_CODE, {"assert x"}), r"list of tests, not set"),
    "a number of tests": (execute(_CODE, 3), r"list of tests, not int"),
    "a test in bytes": (execute(_CODE, [b"x"]), r"tests.0: a test is a string"),
    "a field misspelt": (execute(_CODE, _TESTS, time_out=1), r"is 'timeout' meant\?"),
    "no time": (execute(_CODE, _TESTS, timeout=-1), r"request timeout: .* greater than 0"),
    "little memory": (execute(_CODE, _TESTS, limits={"memory_bytes": 1}), r"limits.memory_bytes"),
    "limits alone": (lambda: runner.Limits(memory_bytes=-1), r"Limits memory_bytes: .*-1"),
    "a function that is none": (
        lambda: runner.CallTest(function=3),  # type: ignore[arg-type]
        r"CallTest function: must be a string",
    ),
    "positional fields": (
        lambda: runner.ExecutionRequest(_CODE, _TESTS),  # type: ignore[arg-type, call-arg]
        r"takes keywords only: code, tests",
    ),
    "no JSON": (lambda: runner.ExecutionRequest.from_json("{"), r"ExecutionRequest: not JSON"),
    "a number for a pool": (pool(4), r"such as Pool\(workers=4\), not 4"),
    "a foreign backend": (pool(backend=object()), r"'docker', 'local' or a Backend, not object"),
    "an unknown policy": (pool(policy="lax"), r"policy.*'standard' or 'strict' \(got 'lax'\)"),
    "an unknown setting": (pool(worker=4), r"pool setting worker: .* is 'workers' meant\?"),
    "a batch of one": (
        lambda: runner.Pool(backend="local").execute_batch((_CODE, _TESTS)),  # type: ignore[arg-type]
        r"each is a \(code, tests\) pair",
    ),
    "a stream of nothing": (
        lambda: runner.Pool(backend="local").stream(5),  # type: ignore[arg-type]
        r"iterable of requests, not one int",
    ),
    "a score of nothing": (
        lambda: runner.score(None),  # type: ignore[arg-type]
        r"ExecutionResult of a pool, not NoneType",
    ),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_mistake_in_a_program_is_named(mistake: str) -> None:
    call, words = _MISTAKES[mistake]
    with pytest.raises(runner.ConfigurationError, match=words):
        call()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is to be a URL"),
        ("tcp://host:port", "is to be a URL"),
        ("ssh://host", "forwarded to a socket"),
        ("fd://", "fd:// is none of unix"),
        ("unix:///no/such.sock", "No such file or directory"),
    ],
)
def test_a_wrong_address_of_an_engine_is_told(
    url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    with pytest.raises(runner.EngineUnavailableError, match=words):
        engine.connect()


def test_the_group_of_the_socket_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(engine, "_knock", refuse)
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    with pytest.raises(runner.EngineUnavailableError, match=r"usermod -aG docker"):
        engine.connect()


@pytest.mark.parametrize(("version", "words"), [("1.24", "too old"), ("1.39", "upgrade")])
def test_an_old_engine_is_told(version: str, words: str) -> None:
    with pytest.raises(Exception, match=words):
        engine._check_version(version)


@pytest.mark.parametrize("option", ["--html", "--junit", "--resume"])
def test_no_output_replaces_the_input(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "problems.jsonl"
    problems.write_text("{}\n")
    assert main(["eval", str(problems), option, str(problems)]) == 2
    assert "is named twice" in capsys.readouterr().err
    assert problems.read_text() == "{}\n"
