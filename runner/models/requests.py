"""Requests: code, tests of several kinds, and limits."""

import ast
import enum
import secrets
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Unpack

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from runner.models.base import Evidence, Input, Text, is_module_name, ordered_items
from runner.models.files import Files, content_bytes, directories
from runner.worker.protocol.files import MOST_FILES, MOST_FILES_BYTES

if TYPE_CHECKING:
    from runner.models.signatures import CallFields, StdioFields, WholeRequest

MIB = 1024 * 1024


class Checker(enum.StrEnum):
    """How the output of a stdin/stdout test is compared.

    ``exact``: character by character. ``lines``: without white space at the ends of lines and
    without empty lines at the end. ``tokens``: words, with any white space between them.
    ``floats``: like ``tokens``, but numbers may differ by ``atol`` or ``rtol``. ``unordered``:
    lines, in any order. ``decimals``: lines without white space around them, where lines of numbers
    compare by value (what LiveCodeBench does).
    """

    EXACT = "exact"
    LINES = "lines"
    TOKENS = "tokens"
    FLOATS = "floats"
    UNORDERED = "unordered"
    DECIMALS = "decimals"


class CallChecker(enum.StrEnum):
    """How the value of a call is compared; ``atol`` and ``rtol`` always apply to floats.

    ``value``: equal where JSON makes no difference. ``exact``: of equal types as well.
    ``unordered``: the items of a sequence in any order. ``wrapped``: as ``value``, but a list also
    accepts its first item alone (what APPS does).
    """

    VALUE = "value"
    EXACT = "exact"
    UNORDERED = "unordered"
    WRAPPED = "wrapped"


class Limits(Input):
    """Limits of one execution.

    Attributes:
        memory_bytes: Writable memory that subject and judge may each add, in bytes; more is a
            ``MemoryError`` in the code.
        output_bytes: What a test may print to each of stdout and stderr, in bytes; a program may
            always print the expected output and 1 MiB more.
        source_bytes: Longest solution, in bytes of UTF-8; a longer one is a ``syntax_error``.
        value_bytes: Largest value or argument list that crosses to the judge, in bytes.
        value_nodes: How many objects such a value may hold; with fewer than 20, no exception could
            cross.
        value_depth: How deep it may be nested; three levels are used by the protocol.
        total_s: Ceiling in seconds of wall time for all tests together; None for none.
        files_bytes: Size of the work directory of a request with ``files``, these included, in
            bytes of whole pages (4 KiB); more is ``OSError`` ENOSPC in the code. It uses memory of
            the sandbox in addition to ``memory_bytes``.
        files_count: How many files and directories it may hold.
    """

    memory_bytes: int = Field(default=256 * MIB, ge=16 * MIB, le=1 << 40)
    output_bytes: int = Field(default=MIB, ge=0, le=64 * MIB)
    source_bytes: int = Field(default=MIB, ge=1, le=64 * MIB)
    value_bytes: int = Field(default=64 * MIB, ge=1024, le=1024 * MIB)
    value_nodes: int = Field(default=5_000_000, ge=20, le=100_000_000)
    value_depth: int = Field(default=10_000, ge=3, le=100_000)
    total_s: float | None = Field(default=None, gt=0, le=86_400, allow_inf_nan=False)
    files_bytes: int = Field(default=16 * MIB, ge=0, le=MOST_FILES_BYTES)
    files_count: int = Field(default=1000, ge=0, le=MOST_FILES)


class BaseTest(Input):
    """Base of all kinds of tests."""

    __test__ = False  # pytest must not collect it


class AssertTest(BaseTest):
    """A snippet that is executed after the solution; it passes when it raises nothing."""

    kind: Literal["assert"] = "assert"
    code: Text


class CheckTest(BaseTest):
    """A snippet that defines ``check``, which is then called with the entry point.

    Attributes:
        code: Source that defines ``check(candidate)``.
        entry_point: What ``check`` is called with: the name of a function, ``"Class.method"`` or
            ``"Class().method"``; the class is built without arguments. The request's
            ``entry_point`` if None.
    """

    kind: Literal["check"] = "check"
    code: Text
    entry_point: Text | None = None


class StdioTest(BaseTest):
    """A whole run of the solution as ``__main__``: it reads ``stdin``, and its output is compared.

    Attributes:
        stdin: Its standard input.
        stdout: The expected standard output.
        checker: How the two are compared.
        atol: Absolute tolerance of ``floats``.
        rtol: Relative tolerance of ``floats``.
        checker_code: Trusted source that decides instead: it defines ``check(expected, actual)``,
            or ``check(expected, actual, stdin)``, which returns True or False. It runs in the
            judge, and its time counts; an exception fails the test.
    """

    kind: Literal["stdio"] = "stdio"
    stdin: Text
    stdout: Text
    checker: Checker = Checker.LINES
    atol: float = Field(default=1e-6, ge=0, allow_inf_nan=False)
    rtol: float = Field(default=1e-6, ge=0, allow_inf_nan=False)
    checker_code: Text | None = None

    if TYPE_CHECKING:

        def __init__(self, **fields: Unpack["StdioFields"]) -> None: ...


class CallTest(BaseTest):
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

    if TYPE_CHECKING:

        def __init__(self, **fields: Unpack["CallFields"]) -> None: ...


class SuiteTest(BaseTest):
    """A test file that imports the solution; each test found in it has its own result.

    These are test cases of ``unittest``, functions and classes as pytest collects them, and doctest
    examples. A file without any is run as a script, which passes if it ends or exits with 0. Tests
    are listed before the solution is loaded. A test skipped by then is left out; a test skipped
    later fails, and so does an expected failure.

    Attributes:
        code: The file.
        module: The name by which it imports the solution.
        doctest: Whether examples in its docstrings are tests; such a file may also be plain text.
    """

    kind: Literal["suite"] = "suite"
    code: Text
    module: Text = "solution"
    doctest: bool = False

    @field_validator("module")
    @classmethod
    def _check_module_is_a_name(cls, value: str) -> str:
        if not is_module_name(value):
            raise ValueError(f"{value!r:.60} is not the name of a module")
        if value.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
            raise ValueError(f"{value!r:.60} is a module of Python")
        return value


def _kind_of_test(value: object) -> str | None:
    """Return a test's kind: its ``kind``, or in rows without one, the kind that its keys imply."""
    if isinstance(value, Input):
        return getattr(value, "kind", None)
    if not isinstance(value, Mapping):
        return None
    if "kind" in value:
        return str(value["kind"])
    for key, kind in (
        ("stdin", "stdio"),
        ("function", "call"),
        ("entry_point", "check"),
        ("module", "suite"),
        ("doctest", "suite"),
    ):
        if key in value:
            return kind
    return "assert"


Test = Annotated[
    Annotated[AssertTest, Tag("assert")]
    | Annotated[CheckTest, Tag("check")]
    | Annotated[StdioTest, Tag("stdio")]
    | Annotated[CallTest, Tag("call")]
    | Annotated[SuiteTest, Tag("suite")],
    Discriminator(
        _kind_of_test,
        custom_error_type="test_kind",
        custom_error_message=(
            "a test is a string (an assert or check snippet), an AssertTest, CheckTest, StdioTest,"
            " CallTest or SuiteTest, or a mapping with the fields of one of them"
        ),
    ),
]


def _test_from_string(value: object) -> object:
    return {"kind": "assert", "code": value} if type(value) is str else value


def random_id() -> str:
    """Return a random id, for a request without one."""
    return secrets.token_hex(16)


class ExecutionRequest(Input):
    """Code, tests and limits of one execution.

    Attributes:
        code: The untrusted solution.
        tests: Strings (assert or check snippets) or tests; run in this order, one after another.
        setup: Trusted code executed before the solution, by subject *and* judge: no secrets here.
        judge_setup: Trusted code for the judge alone.
        entry_point: Name of the function under test, where a test does not name it.
        classes: Names of the classes that the task asks for: answers of their instances count as
            values.
        min_evidence: Weakest evidence of a pass; a test that would pass with less fails.
        timeout: Seconds per test: of CPU time, and separately of blocked time. Fractions count.
        limits: Limits of the execution.
        files: Files in the current directory of the solution, by relative path: bytes, or text that
            is written as UTF-8. It may read, write and list files there and nowhere else; each test
            starts with these files. None for no directory: then it cannot open any file.
        request_id: Returned in the result; random if omitted.
    """

    code: Text
    tests: tuple[Test, ...]
    setup: Text = ""
    judge_setup: Text = ""
    entry_point: Text | None = None
    classes: tuple[Text, ...] = ()
    min_evidence: Evidence = Evidence.NONE
    timeout: float = Field(default=5.0, gt=0, le=3600, allow_inf_nan=False)
    limits: Limits = Limits()
    files: Files | None = None
    request_id: Text = Field(default_factory=random_id)

    if TYPE_CHECKING:

        def __init__(self, **fields: Unpack["WholeRequest"]) -> None: ...

    @classmethod
    def of_asserts(cls, code: str, tests: Iterable[str]) -> Self:
        """Return the request of code and asserts alone, without validation.

        It equals the one of the constructor, and takes a third of the time.

        Args:
            code: The solution, of exactly the type ``str``.
            tests: Tests of exactly the type ``str``.
        """
        asserts = [AssertTest.of_checked({"kind": "assert", "code": test}) for test in tests]
        values = {"code": code, "tests": tuple(asserts), **_DEFAULTS}
        values["request_id"] = random_id()
        return cls.of_checked(values, ("code", "tests"))

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_strings(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        fields = dict(data)
        if "tests" in fields:
            fields["tests"] = tuple(map(_test_from_string, ordered_items("tests", fields["tests"])))
        if "classes" in fields:
            fields["classes"] = tuple(ordered_items("classes", fields["classes"]))
        if fields.get("request_id", "") is None:
            del fields["request_id"]
        return fields

    @field_validator("classes")
    @classmethod
    def _check_classes_are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not name.isidentifier():
                raise ValueError(f"{name!r:.60} is not the name of a class")
        return value

    @model_validator(mode="after")
    def _check_parts_fit_together(self) -> Self:
        if not self.tests and self.min_evidence is not Evidence.NONE:
            raise ValueError(
                f"min_evidence={self.min_evidence.value!r} needs tests, and there are none"
            )
        for index, test in enumerate(self.tests):
            if isinstance(test, CheckTest) and not (test.entry_point or self.entry_point):
                raise ValueError(f"tests[{index}] is a CheckTest without an entry_point")
        if self.files:
            _check_files_fit(self.files, self.limits)
        if self.judge_setup:
            self._check_judge_setup_leaves_the_name_to_the_solution()
        return self

    def _check_judge_setup_leaves_the_name_to_the_solution(self) -> None:
        taken = _names_tested(self) & _defined_in(self.judge_setup)
        if taken:
            name = min(taken)
            raise ValueError(
                f"judge_setup defines {name!r}, which the solution has to define: the tests"
                " would test judge_setup; give its function another name"
            )


#: A file takes whole pages of memory.
_PAGE_BYTES = 4096


def _check_files_fit(files: Mapping[str, bytes | str], limits: Limits) -> None:
    pages = sum(-(-len(content_bytes(each)) // _PAGE_BYTES) for each in files.values())
    if pages * _PAGE_BYTES > limits.files_bytes:
        raise ValueError(
            f"files: they take {pages * _PAGE_BYTES} bytes in whole pages, more than"
            f" limits.files_bytes={limits.files_bytes}"
        )
    count = len(files) + len(directories(files))
    if count > limits.files_count:
        raise ValueError(
            f"files: these are {count} files and directories, more than"
            f" limits.files_count={limits.files_count}"
        )


_DEFAULTS = {
    name: field.default
    for name, field in ExecutionRequest.model_fields.items()
    if name not in ("code", "tests")
}


def _names_tested(request: ExecutionRequest) -> set[str]:
    """Return the names that the solution must define, as a request declares them."""
    targets = [request.entry_point]
    for test in request.tests:
        if isinstance(test, CheckTest):
            targets.append(test.entry_point)
        elif isinstance(test, CallTest):
            targets.append(test.function)
    first = (target.partition(".")[0].removesuffix("()") for target in targets if target)
    return {*request.classes, *first}


def _defined_in(code: str) -> set[str]:
    """Return the functions and classes that trusted code defines in its module.

    Empty if this Python cannot compile the code: the worker's version may be able to.
    """
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, kinds)}
