"""Requests, tests, limits, results and statuses: the typed words of the public interface."""

import base64
import enum
import json
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

MIB = 1024 * 1024

#: Share of a budget from which on a verdict is close: the CPU speed of machines, and of one machine
#: at different moments, differs by a factor of up to two.
CLOSE = 0.5


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError(f"must be a string, not {type(value).__name__}")
    return value


#: Any Python string, lone surrogates and NULs included: a solution's text is never trusted to be
#: Unicode, and refusing it here would turn bad code into an error of the caller.
Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]


class Model(BaseModel):
    """Frozen, closed, and with JSON in plain ASCII so that any string survives a round trip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the model as ASCII JSON."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=True, indent=indent)

    @classmethod
    def from_json(cls, data: str | bytes) -> Self:
        """Read what ``to_json`` wrote."""
        return cls.model_validate(json.loads(data))

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Like pydantic's, but ASCII-escaped: lone surrogates have no UTF-8."""
        dumped = self.model_dump(mode="json", **options)
        return json.dumps(dumped, ensure_ascii=True, indent=indent)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Like pydantic's, but it reads escaped lone surrogates back."""
        return cls.model_validate(json.loads(json_data), **options)


class ExecutionStatus(enum.StrEnum):
    """Verdict on one execution."""

    ALL_PASSED = "all_passed"
    SOME_FAILED = "some_failed"
    RUNTIME_ERROR = "runtime_error"
    SYNTAX_ERROR = "syntax_error"
    TIMEOUT = "timeout"
    PROCESS_ERROR = "process_error"


class TestStatus(enum.StrEnum):
    """Verdict on one test."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    SKIPPED = "skipped"


class Blame(enum.StrEnum):
    """Who caused a non-pass."""

    CODE = "code"
    INFRASTRUCTURE = "infrastructure"
    NONE = "none"


class Cause(enum.StrEnum):
    """How a process, a sandbox or an attempt ended abnormally."""

    SIGNAL = "signal"
    EXIT = "exit"
    OOM = "oom"
    PROTOCOL = "protocol"
    BUDGET = "budget"
    CONTAINER_LOST = "container_lost"
    ENGINE = "engine"
    NET = "net"
    SHUTDOWN = "shutdown"


class TimeoutKind(enum.StrEnum):
    """Which budget ran out."""

    CPU = "cpu"
    BLOCKED = "blocked"
    TOTAL = "total"


class Checker(enum.StrEnum):
    """How the output of a stdin/stdout test is compared.

    ``exact``: to the character. ``lines``: without white space at the ends of lines and without
    empty lines at the end. ``tokens``: words, whatever stands between them. ``floats``: words, of
    which numbers may differ by ``atol`` or ``rtol``. ``unordered``: lines, in any order.
    ``decimals``: lines without white space around them, where lines of numbers compare by value
    (what LiveCodeBench does).
    """

    EXACT = "exact"
    LINES = "lines"
    TOKENS = "tokens"
    FLOATS = "floats"
    UNORDERED = "unordered"
    DECIMALS = "decimals"


class CallChecker(enum.StrEnum):
    """How the value of a call is compared; ``atol`` and ``rtol`` apply to floats in all of them.

    ``value``: as far as JSON can tell. ``exact``: types as well. ``unordered``: the items of a
    sequence in any order. ``wrapped``: as ``value``, but a list also accepts its first item alone
    (what APPS does).
    """

    VALUE = "value"
    EXACT = "exact"
    UNORDERED = "unordered"
    WRAPPED = "wrapped"


class Limits(Model):
    """What one execution may use.

    Attributes:
        memory_bytes: Address space that subject and judge may each add, in bytes; more is a
            ``MemoryError`` in the code.
        output_bytes: What a test may print to each of stdout and stderr, in bytes.
        source_bytes: Longest solution, in bytes of UTF-8; a longer one is a ``syntax_error``.
        value_bytes: Largest value or argument list that crosses to the judge, in bytes.
        value_nodes: How many objects such a value may hold.
        value_depth: How deep it may be nested.
        total_s: Ceiling in seconds of wall time for all tests together; None for none.
    """

    memory_bytes: int = Field(default=256 * MIB, ge=16 * MIB, le=1 << 40)
    output_bytes: int = Field(default=MIB, ge=0, le=64 * MIB)
    source_bytes: int = Field(default=MIB, ge=1, le=64 * MIB)
    value_bytes: int = Field(default=64 * MIB, ge=1024, le=1024 * MIB)
    value_nodes: int = Field(default=5_000_000, ge=1, le=100_000_000)
    value_depth: int = Field(default=10_000, ge=1, le=100_000)
    total_s: float | None = Field(default=None, gt=0, le=86_400, allow_inf_nan=False)


class AssertTest(Model):
    """A snippet that is executed after the solution; it passes when it raises nothing."""

    __test__ = False

    kind: Literal["assert"] = "assert"
    code: Text


class CheckTest(Model):
    """A snippet that defines ``check``, which is then called with the entry point.

    Attributes:
        code: Source that defines ``check(candidate)``.
        entry_point: Name of the solution's function; the request's ``entry_point`` if None.
    """

    __test__ = False

    kind: Literal["check"] = "check"
    code: Text
    entry_point: Text | None = None


class StdioTest(Model):
    """A whole run of the solution as ``__main__``: fed with ``stdin``, judged by what it prints.

    Attributes:
        stdin: What it reads.
        stdout: What it should print.
        checker: How the two are compared.
        atol: Absolute tolerance of ``floats``.
        rtol: Relative tolerance of ``floats``.
        checker_code: Trusted source that decides instead: it defines ``check(expected, actual)``,
            or ``check(expected, actual, stdin)``, which returns True or False. It runs in the judge
            and its time counts; what it raises is a failed test.
    """

    __test__ = False

    kind: Literal["stdio"] = "stdio"
    stdin: Text
    stdout: Text
    checker: Checker = Checker.LINES
    atol: float = Field(default=1e-6, ge=0, allow_inf_nan=False)
    rtol: float = Field(default=1e-6, ge=0, allow_inf_nan=False)
    checker_code: Text | None = None


class CallTest(Model):
    """A call with arguments and an expected value.

    Values are plain Python ones. A list in ``expected`` also accepts a tuple of equal items and an
    integer also accepts a float of the same value, since JSON cannot tell these apart.

    Attributes:
        function: Name of a function, or ``"Class.method"``: the class is built without arguments;
            where the solution has no such class, ``method`` is a function.
        args: Positional arguments.
        kwargs: Keyword arguments.
        expected: The value to compare with.
        expected_from: Name of a function of ``judge_setup`` that gets equal arguments and returns
            the expected value; instead of ``expected``.
        atol: Absolute tolerance for floats.
        rtol: Relative tolerance for floats.
        checker: How the two are compared.
        checker_code: Trusted source that decides instead, as in ``StdioTest``; the third argument
            of its ``check`` is the list of arguments as they were before the call.
    """

    __test__ = False

    kind: Literal["call"] = "call"
    function: Text
    args: list[Any] = Field(default_factory=list)
    kwargs: dict[str, Any] = Field(default_factory=dict)
    expected: Any = None
    expected_from: Text | None = None
    atol: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    rtol: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    checker: CallChecker = CallChecker.VALUE
    checker_code: Text | None = None


def _kind_of_test(value: object) -> str | None:
    """Tell a test's kind by its ``kind`` or, in rows that people write, by the keys it has."""
    if isinstance(value, Model):
        return getattr(value, "kind", None)
    if not isinstance(value, Mapping):
        return None
    if "kind" in value:
        return str(value["kind"])
    for key, kind in (("stdin", "stdio"), ("function", "call"), ("entry_point", "check")):
        if key in value:
            return kind
    return "assert"


Test = Annotated[
    Annotated[AssertTest, Tag("assert")]
    | Annotated[CheckTest, Tag("check")]
    | Annotated[StdioTest, Tag("stdio")]
    | Annotated[CallTest, Tag("call")],
    Discriminator(
        _kind_of_test,
        custom_error_type="test_kind",
        custom_error_message=(
            "a test is a string (an assert or check snippet), an AssertTest, CheckTest, StdioTest"
            " or CallTest, or a mapping with the fields of one of them"
        ),
    ),
]


def _test_from_string(value: object) -> object:
    return AssertTest(code=value) if type(value) is str else value


class ExecutionRequest(Model):
    """Code, tests and limits of one execution.

    Attributes:
        code: The untrusted solution.
        tests: Strings (assert or check snippets) or tests; run in this order, one after another.
        setup: Trusted code executed before the solution, by subject *and* judge: no secrets here.
        judge_setup: Trusted code for the judge alone.
        entry_point: Name of the function under test, where a test does not name it.
        timeout: Seconds per test: of CPU time, and separately of blocked time. Fractions count.
        limits: What the execution may use.
        request_id: Comes back in the result; made up if omitted.
    """

    code: Text
    tests: tuple[Test, ...]
    setup: Text = ""
    judge_setup: Text = ""
    entry_point: Text | None = None
    timeout: float = Field(default=5.0, gt=0, le=3600, allow_inf_nan=False)
    limits: Limits = Limits()
    request_id: Text = Field(default_factory=lambda: uuid.uuid4().hex)

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_strings(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        fields = dict(data)
        tests = fields.get("tests")
        if isinstance(tests, str | bytes | Mapping):
            raise ValueError(
                f"tests must be a list of tests, not one {type(tests).__name__}; write [test]"
            )
        if isinstance(tests, list | tuple):
            fields["tests"] = tuple(map(_test_from_string, tests))
        if fields.get("request_id", "") is None:
            del fields["request_id"]
        return fields

    @model_validator(mode="after")
    def _check_tests_have_an_entry_point(self) -> Self:
        for index, test in enumerate(self.tests):
            if isinstance(test, CheckTest) and not (test.entry_point or self.entry_point):
                raise ValueError(f"tests[{index}] is a CheckTest without an entry_point")
        return self


class Attempt(Model):
    """One lease and execution."""

    sandbox_id: str
    status: ExecutionStatus
    cause: Cause | None
    wall_s: float


class TestResult(Model):
    """What one test came to.

    Attributes:
        index: Position in the request's tests, from 0.
        status: The verdict.
        passed: Whether the status is ``passed``.
        message: Reason of a non-pass, for people; empty for a pass.
        cpu_s: CPU seconds of subject and judge.
        wall_s: Seconds from start to end.
        timeout_kind: Which budget ran out, for a ``timeout``.
        budget_used: Charged share of the budget, 1.0 = all of it: the larger of CPU time and
            blocked time.
        stdout: What the test printed, capped at ``Limits.output_bytes``.
        stderr: The same for standard error.
        stdout_truncated: Whether more was printed than is kept.
        stderr_truncated: The same for standard error.
        expected: Beginning of what the test expects, where the test tells: for calls and outputs,
            and for the comparison in a failed assert. Never shown to the solution.
        actual: Beginning of what it got instead, likewise.
    """

    __test__ = False

    index: int
    status: TestStatus
    passed: bool
    message: Text = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    timeout_kind: TimeoutKind | None = None
    budget_used: float = 0.0
    stdout: Text = ""
    stderr: Text = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    expected: Text | None = None
    actual: Text | None = None

    @property
    def close(self) -> bool:
        """Whether a machine half as fast could have come to another verdict."""
        return self.budget_used >= CLOSE and self.status is not TestStatus.SKIPPED


class ExecutionResult(Model):
    """The verdict on one request, and everything that is known about how it came about.

    ``conclusive`` is False when the infrastructure is to blame: never compute a reward from that.
    ``digest`` is over request and statuses, ``request_digest`` over the request alone: parties
    whose digests differ learn from it whether they asked the same.
    ``node`` names the machine of a cluster that gave the verdict; None for a pool of this process.
    """

    status: ExecutionStatus
    passed: int
    total: int
    error: Text | None
    tests: tuple[TestResult, ...]
    blame: Blame
    cause: Cause | None
    conclusive: bool
    attempts: int
    history: tuple[Attempt, ...]
    cpu_s: float
    wall_s: float
    queue_s: float
    memory_peak_bytes: int
    stdout: Text
    stderr: Text
    stdout_truncated: bool
    stderr_truncated: bool
    backend: str
    sandbox_id: str
    fingerprint: str
    digest: str
    request_digest: str = ""
    request_id: Text
    node: str | None = None

    @property
    def close(self) -> bool:
        """Whether a test used more than half of its budget: of CPU speed, no two machines agree."""
        return any(test.close for test in self.tests)


class PoolStats(Model):
    """Counters since start, gauges of now, and stage times in seconds.

    Attributes:
        workers: Sandboxes the pool may lease at the same time.
        idle: Warm sandboxes nobody uses.
        leased: Sandboxes in use.
        starting: Sandboxes on their way.
        waiting: Callers in the queue.
        requests: Requests taken.
        attempts: Leases that led to an execution.
        process_error_retry_count: Attempts repeated after a ``process_error``.
        process_error_final_failure_count: Requests that ended as ``process_error``.
        pool_worker_replacement_count: Sandboxes started in place of another one.
        start_failures: Starts of a sandbox that failed.
        stages: Name of the stage to its histogram.
    """

    workers: int
    idle: int
    leased: int
    starting: int
    waiting: int
    requests: int
    attempts: int
    process_error_retry_count: int
    process_error_final_failure_count: int
    pool_worker_replacement_count: int
    start_failures: int
    stages: dict[str, "StageTimes"]


class StageTimes(Model):
    """Distribution of one stage's duration, in seconds.

    Attributes:
        count: How many there were.
        total_s: Their sum.
        p50_s: Half of them were no longer; like the other quantiles, exact to 21%.
        p95_s: 95% of them were no longer.
        p99_s: 99% of them were no longer.
        buckets: The histogram: upper bounds in seconds, three to a power of ten, and how many of
            all were no longer than that.
    """

    count: int
    total_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    buckets: tuple[tuple[float, int], ...] = ()


class HealthReport(Model):
    """What ``health_check`` saw.

    Attributes:
        healthy: Whether every worker that should be there answered correctly.
        started: Whether the pool has been started and not shut down.
        workers: Sandboxes the pool should have.
        workers_responsive: Sandboxes that answered.
        workers_correct: Sandboxes whose verdicts on a known pass and a known failure were right.
        error: What is wrong, for people; None when healthy.
        check_duration_ms: Duration of the check in milliseconds.
    """

    healthy: bool
    started: bool
    workers: int
    workers_responsive: int
    workers_correct: int
    error: str | None
    check_duration_ms: float


def canonical_json(value: object) -> str:
    """Return ASCII JSON with sorted keys in which every plain Python value has one spelling."""
    return json.dumps(_canonical(value), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _canonical(value: object) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_canonical(item) for item in value]
        case dict() if all(type(key) is str for key in value):
            return {key: _canonical(item) for key, item in value.items()}
        case dict():
            return {"$dict": [[_canonical(k), _canonical(v)] for k, v in value.items()]}
        case tuple():
            return {"$tuple": [_canonical(item) for item in value]}
        case set() | frozenset():
            return {f"${type(value).__name__}": sorted(map(canonical_json, value))}
        case bytes() | bytearray():
            return {f"${type(value).__name__}": base64.b64encode(value).decode("ascii")}
        case _:
            return {f"${type(value).__qualname__}": repr(value)}
