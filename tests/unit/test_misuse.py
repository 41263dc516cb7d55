"""Whatever callers do wrong: one clear sentence, and always an error of this library."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest

import runner
from runner import adapters
from runner.backends.local import LocalBackend
from runner.cli import main
from runner.envs import PythonCodeEnv, PythonCodeEnvAdapter
from runner.grail import CodeExecutionPool
from runner.sandbox.run_payload import run_payload

pytestmark = pytest.mark.user

_CODE, _TESTS = "x = 1", ["assert x == 1"]
_TASKS = [{"tests": _TESTS}]


def execute(*arguments: Any, **fields: Any) -> Callable[[], object]:
    return lambda: runner.Pool(backend="local").execute(*arguments, **fields)


def pool(*arguments: Any, **settings: Any) -> Callable[[], object]:
    return lambda: runner.Pool(*arguments, **settings)


def policy(**changes: Any) -> Callable[[], object]:
    return lambda: runner.ImportPolicy(name="mine", **changes)


def policy_in_use(**changes: Any) -> Callable[[], object]:
    def start() -> None:
        with runner.Pool(
            backend="local", workers=1, spares=0, policy=runner.ImportPolicy(name="mine", **changes)
        ):
            pass

    return start


def call(*args: Any, **fields: Any) -> Callable[[], object]:
    test = runner.CallTest(function="f", args=list(args), **fields)
    return lambda: run_payload(runner.ExecutionRequest(code=_CODE, tests=(test,)))


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


_MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "code in bytes": (execute(b"x", _TESTS), r"decode the code"),
    "wrong order": (execute(_TESTS, _CODE), r"are swapped"),
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
    "half a backend": (pool(backend=threading.Thread()), r"or a Backend, not Thread"),
    "a backend's class": (pool(backend=LocalBackend), r"or a Backend, not type"),
    "an unknown policy": (pool(policy="lax"), r"policy.*'standard' or 'strict' \(got 'lax'\)"),
    "a policy of no list": (policy(allow="pathlib"), r"ImportPolicy allow: .*'pathlib'"),
    "a module that has no name": (policy(allow=["a b"]), r"allow.0: must be the name of a module"),
    "a part of a module refused": (policy(refuse=["os.path"]), r"refuse.0: .* without a dot"),
    "a policy against itself": (
        policy(allow=["os.path"], refuse=["os"]),
        r"ImportPolicy: allows and refuses os",
    ),
    "a module that does not exist": (
        policy_in_use(allow=["pathlib", "nosuch", "xml.nosuch"]),
        r"policy 'mine' allows modules nosuch, xml.nosuch, which its Python .* not have: leave",
    ),
    "a builtin that does not exist": (
        policy_in_use(no_builtins=["eval", "evel"]),
        r"policy 'mine' withholds builtins evel, which",
    ),
    "an argument that is no value": (
        call(1, [object()]),
        r"tests\[0\].args\[1\] cannot .*: an instance of 'object' is not a plain value; give",
    ),
    "a keyword that is no value": (call(kwargs={"k": call}), r"tests\[0\].kwargs\['k'\] cannot"),
    "an expectation that is no value": (call(expected=call), r"tests\[0\].expected cannot"),
    "a deep argument": (call(nested(50_000)), r"args\[0\] cannot .* nested too deeply"),
    "a huge argument": (
        call("a" * (65 << 20)),
        r"args\[0\] cannot .* limit 67108864; .* AssertTest",
    ),
    "negative workers": (pool(workers=-1), r"pool setting workers: .* greater than .* \(got -1\)"),
    "memory in words": (pool(memory_bytes="512m"), r"memory_bytes: .* integer.* \(got '512m'\)"),
    "an unknown setting": (pool(worker=4), r"pool setting worker: .* is 'workers' meant\?"),
    "a batch of one": (
        lambda: runner.Pool(backend="local").execute_batch((_CODE, _TESTS)),  # type: ignore[arg-type]
        r"each is a \(code, tests\) pair",
    ),
    "a stream of nothing": (
        lambda: runner.Pool(backend="local").stream(5),  # type: ignore[call-overload]
        r"requests must be a list of requests, not int",
    ),
    "a stream of one": (
        lambda: runner.Pool(backend="local").stream({}),
        r"requests must be a list of requests, not one dict; write \[request\]",
    ),
    "a batch without order": (
        lambda: runner.Pool(backend="local").execute_batch({(_CODE, ("x",))}),
        r"requests must be a list of requests, not set",
    ),
    "a score of nothing": (
        lambda: runner.score(None),  # type: ignore[arg-type]
        r"ExecutionResult of a pool, not NoneType",
    ),
    "a future for a result": (
        lambda: adapters.to_verl(Future()),  # type: ignore[arg-type]
        r"ExecutionResult of a pool, not Future",
    ),
    "a dict for a result": (lambda: adapters.to_lcb({}), r"not dict"),  # type: ignore[arg-type]
    "text for a result": (
        lambda: adapters.to_open_instruct("{}"),  # type: ignore[arg-type]
        r"ExecutionResult of a pool, not str",
    ),
    "a result that is no JSON": (
        lambda: runner.ExecutionResult.from_json("{"),
        r"ExecutionResult: not JSON",
    ),
    "a result without a field": (
        lambda: runner.ExecutionResult.from_json("{}"),
        r"ExecutionResult status: is missing",
    ),
    "a seed in words": (
        lambda: PythonCodeEnv(task_source=_TASKS).reset("one"),  # type: ignore[arg-type]
        r"seed: must be an integer \(got 'one'\)",
    ),
    "no seed": (
        lambda: PythonCodeEnvAdapter(task_source=_TASKS).evaluate_completion(None, ""),  # type: ignore[arg-type]
        r"seed: must be an integer",
    ),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_mistake_in_a_program_is_named(mistake: str) -> None:
    call, words = _MISTAKES[mistake]
    with pytest.raises(runner.ConfigurationError, match=words):
        call()


def test_a_closed_pool_is_told() -> None:
    closed = runner.Pool(name="closed", backend="local")
    closed.shutdown()
    with pytest.raises(runner.PoolClosedError, match="'closed' is shut down: create another one"):
        closed.execute(_CODE, _TESTS)


@pytest.mark.parametrize("kind", [runner.Pool, CodeExecutionPool])
def test_a_pool_that_is_sent_to_another_process_is_told(kind: type[Any]) -> None:
    """As an argument of ``multiprocessing``'s processes, or of a ``ProcessPoolExecutor``."""
    with pytest.raises(runner.PoolError, match=r"'sent' cannot .* create a pool where it is"):
        ForkingPickler.dumps(kind(name="sent", backend="local"))


def test_an_error_comes_home_from_another_process() -> None:
    """One that cannot be read there again breaks a ``ProcessPoolExecutor``, without a reason."""
    error = runner.BatchError([None, "result"], {0: runner.ConfigurationError("no code")})
    arrived = ForkingPickler.loads(ForkingPickler.dumps(error))
    assert (type(arrived), str(arrived)) == (type(error), str(error))
    assert vars(arrived).keys() == vars(error).keys()


def test_a_pool_may_be_used_inside_a_running_loop() -> None:
    """As notebooks do: what waits blocks the loop, and nothing needs a loop of its own."""

    async def use(pool: runner.Pool) -> list[str]:
        plain = pool.execute(_CODE, _TESTS)
        streamed = list(pool.stream([(_CODE, _TESTS)]))
        awaited = await pool.aexecute(_CODE, _TESTS)
        return [result.status.value for result in (plain, *streamed, awaited)]

    with runner.Pool(backend="local", workers=1, spares=0) as pool:
        assert asyncio.run(use(pool)) == ["all_passed"] * 3
        assert asyncio.run(use(pool)) == ["all_passed"] * 3  # and in another loop


@pytest.mark.parametrize("option", ["--html", "--junit", "--resume"])
def test_no_output_replaces_the_input(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "problems.jsonl"
    problems.write_text("{}\n")
    assert main(["eval", str(problems), option, str(problems)]) == 2
    assert "is named twice" in capsys.readouterr().err
    assert problems.read_text() == "{}\n"


@pytest.mark.parametrize(
    "command", ["eval LOOP", "eval ROWS --html LOOP", "eval ROWS --resume LOOP"]
)
def test_a_link_to_itself_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (loop := tmp_path / "loop").symlink_to("loop")
    (rows := tmp_path / "rows.jsonl").write_text('{"code": "x = 1", "tests": ["assert x == 1"]}\n')
    arguments = command.replace("LOOP", str(loop)).replace("ROWS", str(rows)).split()
    assert main([*arguments, "--backend", "local"]) == 2
    assert "loop: Too many levels of symbolic links: check the path" in capsys.readouterr().err
