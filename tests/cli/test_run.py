"""``runner run``: a table or JSON, and an exit status that a script can use."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.cli import main
from runner.cli.exits import InputError
from runner.cli.run import read_tests
from runner.models import AssertTest


def test_a_solution_that_passes_ends_with_0(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """A table, and one line with the verdict."""
    assert command("run", files / "solution.py", "--tests", files / "tests.txt") == 0
    assert "all_passed: 2 of 2 passed" in capsys.readouterr().out


def test_a_solution_that_fails_ends_with_1(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """``--json`` prints the result, which reads back."""
    status = command("run", files / "solution.py", "--tests", files / "wrong.txt", "--json")
    result = runner.ExecutionResult.from_json(capsys.readouterr().out)
    assert (status, result.status, result.passed) == (1, "some_failed", 1)


def test_a_failed_test_says_what_it_expected_and_got(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """As far as it compared anything; an error has a message of its own."""
    (files / "three.txt").write_text("assert add(1, 2) == 4\nassert add(1)\nassert add(0, 0)\n")
    assert command("run", files / "solution.py", "--tests", files / "three.txt") == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "AssertionError: expected 4, got 3" in out
    assert "AssertionError: expected a true value, got 0" in out
    assert "TypeError" in out


@pytest.mark.parametrize("source", [b"\xff\xfe = 1", b"x = '\0'", b"def f(:"], ids=str)
def test_any_bytes_are_a_verdict(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str], source: bytes
) -> None:
    """A solution may be any file."""
    (files / "bad.py").write_bytes(source)
    assert command("run", files / "bad.py", "--tests", files / "tests.txt") == 1
    assert "syntax_error" in capsys.readouterr().out


def test_a_fence_is_pointed_out_and_taken_off_when_asked(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    solution = files / "answer.md"
    solution.write_text(f"So:\n```python\n{(files / 'solution.py').read_text()}```\n")
    arguments = ("run", solution, "--tests", files / "tests.txt")
    assert command(*arguments) == 1
    assert "has a Markdown fence: --extract-code" in capsys.readouterr().out
    assert command(*arguments, "--extract-code") == 0


def test_a_list_in_a_json_file_holds_tests(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """As Python, the list would be one statement that always passes."""
    (files / "tests.json").write_text('["assert add(1, 2) == 3",\n "assert add(1, 2) == 4"]')
    assert command("run", files / "solution.py", "--tests", files / "tests.json") == 1
    assert "some_failed: 1 of 2 passed" in capsys.readouterr().out


def test_a_solution_may_begin_with_a_byte_order_mark(
    files: Path, command: Callable[..., int]
) -> None:
    """As some editors write it, and Python takes it."""
    (files / "marked.py").write_bytes(b"\xef\xbb\xbf" + (files / "solution.py").read_bytes())
    assert command("run", files / "marked.py", "--tests", files / "tests.txt") == 0


def test_tests_may_be_json_lines(files: Path, command: Callable[..., int]) -> None:
    """One test of any kind per line; a string is a snippet."""
    rows: list[Any] = [
        "assert add(1, 2) == 3",
        {"code": "assert add(1, 2) == 3"},
        {"function": "add", "args": [1, 2], "expected": 3},
        {"kind": "check", "code": "def check(c):\n    assert c(1, 2) == 3"},
    ]
    (files / "tests.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = ("run", files / "solution.py", "--tests", files / "tests.jsonl")
    assert command(*arguments, "--entry-point", "add") == 0


def test_a_file_of_tests_reads_from_top_to_bottom(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is assigned again has its new value below, and its old one above."""
    (files / "t.py").write_text(
        "got = add(1, 1)\nassert got == LIMIT_OF(2)\ngot = add(2, 2)\nassert got == 4\n"
        "got += 1\nassert got == 5\ndef LIMIT_OF(n): return n\n"
    )
    assert command("run", files / "solution.py", "--tests", files / "t.py") == 0
    assert "3 of 3" in capsys.readouterr().out


def test_statements_are_tests_and_definitions_prepare(files: Path) -> None:
    """Imports, functions, classes and assignments are not tests; neither are docstrings.

    Each test carries what prepares it.
    """
    path = files / "t.py"
    path.write_text(
        '"""Tests of add."""\nimport math\nLIMIT = 3\n\n'
        "def near(a, b):\n    return abs(a - b) < LIMIT\n"
        "assert near(add(1, 2), 3)\nfor n in range(3):\n    assert add(n, 0) == n\n"
    )
    before = "import math\ndef near(a, b):\n    return abs(a - b) < LIMIT\nLIMIT = 3\n"
    assert read_tests(path) == [
        AssertTest(code=before + "assert near(add(1, 2), 3)"),
        AssertTest(code=before + "for n in range(3):\n    assert add(n, 0) == n"),
    ]


def test_an_assignment_prepares_the_tests_below_it_only(files: Path) -> None:
    path = files / "t.py"
    path.write_text("assert add(1, 1) == 2\nx = 1\nassert add(x, x) == 2\n")
    first, second = read_tests(path)
    assert first == AssertTest(code="assert add(1, 1) == 2")
    assert second == AssertTest(code="x = 1\nassert add(x, x) == 2")


def test_the_table_tells_what_each_pass_rests_on(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "box.py").write_text(
        "class Box:\n    def __eq__(self, other): return True\n    def __hash__(self): return 1\n"
        "def make(): return Box()\ndef one(): return 1\n"
    )
    (files / "box.txt").write_text("assert one() == 1\nassert make() == make()\nassert True\n")
    arguments = ("run", files / "box.py", "--tests", files / "box.txt")
    assert command(*arguments) == 0
    out = capsys.readouterr().out
    said = re.findall(r"evidence: (\w+)", out)
    assert said == ["values", "objects", "none", "none"]
    assert "3 of 3 passed, evidence: none" in out
    assert command(*arguments, "--min-evidence", "values") == 1
    assert "1 of 3 passed, evidence: values, blame: code" in capsys.readouterr().out


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_broken_tests_are_inconclusive_and_named(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str], more: tuple[str]
) -> None:
    """In words of their own: neither the code nor the infrastructure is to blame."""
    rows = [
        "assert add(1, 2) == 3",
        "assert add(1,",
        "def verify_add():\n    assert add(1, 2) == 3",
    ]
    (files / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert command("run", files / "solution.py", "--tests", files / "t.jsonl", *more) == 3
    out = capsys.readouterr().out
    assert "tests 1, 2 are broken, whatever the solution is: " in out
    assert "infrastructure" not in out
    if more:
        assert runner.ExecutionResult.from_json(out).blame is runner.Blame.TESTS
    else:
        assert "blame: tests" in out


@pytest.mark.parametrize("text", ["x = 1\n", '"""Only words."""\n', ""])
def test_a_file_without_tests_is_refused(files: Path, text: str) -> None:
    """It would pass whatever the solution does."""
    (files / "none.py").write_text(text)
    with pytest.raises(InputError, match="no test"):
        read_tests(files / "none.py")


_BAD: dict[str, tuple[list[str], str]] = {
    "no solution": (["none.py", "--tests", "tests.txt"], "cannot read none.py"),
    "no tests": (["solution.py", "--tests", "none.txt"], "cannot read none.txt"),
    "no json lines": (["solution.py", "--tests", "none.jsonl"], "cannot read none.jsonl"),
    "a directory": ([".", "--tests", "tests.txt"], "cannot read ."),
    "bad tests": (["solution.py", "--tests", "bad.txt"], "bad.txt:2: the tests are not"),
    "deep tests": (["solution.py", "--tests", "deep.txt"], "not valid Python: nested too deeply"),
    "no text": (["solution.py", "--tests", "bytes.txt"], "bytes.txt: not UTF-8"),
    "empty tests": (["solution.py", "--tests", "empty.txt"], "there is no test"),
    "empty lines": (["solution.py", "--tests", "empty.jsonl"], "there is no test"),
    "bad line": (["solution.py", "--tests", "bad.jsonl"], "bad.jsonl:1: not JSON"),
    "bad test": (["solution.py", "--tests", "odd.jsonl"], "odd.jsonl:2: test"),
    "no entry point": (["solution.py", "--tests", "check.jsonl"], "without an entry_point"),
    "timeout": (["solution.py", "--tests", "tests.txt", "--timeout", "-1"], "timeout"),
    "endless": (["solution.py", "--tests", "tests.txt", "--timeout", "inf"], "timeout"),
    "policy": (["solution.py", "--tests", "tests.txt", "--policy", "x"], "policy"),
    "workers": (["solution.py", "--tests", "tests.txt", "--workers", "0"], "workers"),
    "backend": (["solution.py", "--tests", "tests.txt", "--backend", "podman"], "'local'"),
}


@pytest.mark.parametrize(("arguments", "words"), _BAD.values(), ids=_BAD)
def test_bad_input_ends_with_2_and_a_reason(
    refused: Callable[..., str], arguments: list[str], words: str
) -> None:
    """Name, line, reason; nothing on standard output, and no sandbox is started for it."""
    assert words in refused("run", *arguments)


def test_evidence_has_three_levels(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "solution.py", "--tests", "tests.txt", "--min-evidence", "proof"]
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "invalid choice: 'proof'" in capsys.readouterr().err


def test_without_an_engine_nothing_is_concluded(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status says so, and the message how to get one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{files}/none.sock")
    arguments = ["run", str(files / "solution.py"), "--tests", str(files / "tests.txt")]
    assert main([*arguments, "--backend", "docker"]) == 3
    assert "make engine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("print(input())", 0, "typed\n"),
        ("import sys\nprint(sys.argv[1:])\nsys.exit(5)", 5, "['a', 'b']\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("import os\nos.abort()", 128 + 6, "SIGABRT"),
        ("while True: pass", 124, "cpu time exceeded 0.2 s"),
    ],
)
def test_a_program_has_its_own_output_and_exit_status(
    files: Path,
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    code: str,
    status: int,
    said: str,
) -> None:
    """Without tests; a failure of ours is 125."""
    (files / "program.py").write_text(code)
    (files / "input.txt").write_text("typed\n")
    given = ("--stdin", files / "input.txt", "--arg", "a", "--arg", "b", "--timeout", "0.2")
    assert command("run", files / "program.py", *given) == status
    assert said in "".join(capsys.readouterr())
    assert command("run", files / "absent.py") == 125
    assert "cannot read" in capsys.readouterr().err


def test_a_program_and_a_solution_find_the_files_that_are_named(
    files: Path,
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    with_files: runner.Pool,
) -> None:
    """Under the same relative path, or under the last part of an absolute one."""
    monkeypatch.chdir(files)
    (files / "d").mkdir()
    (files / "d" / "data.bin").write_bytes(b"\xff")
    (files / "t.txt").write_text("t")
    code = "print(open('d/data.bin', 'rb').read(), open('t.txt').read())"
    (files / "program.py").write_text(code)
    named = ["--file", "d/data.bin", "--file", files / "t.txt"]
    assert command("run", files / "program.py", *named) == 0
    assert capsys.readouterr().out == "b'\\xff' t\n"
    (files / "reads.txt").write_text("assert open('t.txt').read() == 't' and add(1, 2) == 3\n")
    assert command("run", files / "solution.py", "--tests", files / "reads.txt", *named) == 0
    assert command("run", files / "program.py") == 1
    assert command("run", files / "program.py", "--file", "missing") == 125
    assert command("run", files / "program.py", "--file", "t.txt", *named) == 125
    assert "another file has the name t.txt" in capsys.readouterr().err


def test_what_is_for_programs_is_refused_with_tests(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    tests = ("--tests", files / "tests.txt")
    assert command("run", files / "solution.py", *tests, "--arg", "a") == 2
    assert "run without --tests" in capsys.readouterr().err
