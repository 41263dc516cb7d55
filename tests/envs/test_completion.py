"""A solution is found in whatever a model writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.envs.completion import Completion

_THINK = "<start_working_out>hm</end_working_out>"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<SOLUTION>x = 1</SOLUTION>", "x = 1"),
        ("<solution>x = 1</Solution>", "x = 1"),
        ("<SOLUTION>\n\n  x = 1\n</SOLUTION>", "x = 1"),
        (f"{_THINK}<SOLUTION>x = 1</SOLUTION>", "x = 1"),
        (f"talk {_THINK} talk <SOLUTION>x = 1</SOLUTION>", "x = 1"),
        ("<SOLUTION>x = 1</SOLUTION><SOLUTION>x = 2</SOLUTION>", "x = 1"),
        (f"<SOLUTION>x = 1</SOLUTION>{_THINK}<SOLUTION>x = 2</SOLUTION>", "x = 2"),
        (f"<SOLUTION>x = 1</SOLUTION>{_THINK}", "x = 1"),
        (
            "<think>not <SOLUTION>x = 1</SOLUTION></think><SOLUTION>x = 2</SOLUTION>",
            "x = 2",
        ),
        ("<SOLUTION>s = '<SOLUTION>'</SOLUTION>", "s = '<SOLUTION>'"),
        ("<SOLUTION>```python\nx = 1\n```</SOLUTION>", "```python\nx = 1\n```"),
        ("<SOLUTION></SOLUTION>", ""),
        ("<SOLUTION> \n </SOLUTION>", ""),
        ("<SOLUTION>x = 1", ""),
        ("x = 1</SOLUTION>", ""),
        ("</SOLUTION>x = 1<SOLUTION>", ""),
        ("< SOLUTION>x = 1</SOLUTION>", ""),
        ("```python\nx = 1\n```", ""),
        ("", ""),
    ],
)
def test_the_solution_is_between_its_tags(text: str, code: str) -> None:
    assert Completion.parse(text).code == code


@pytest.mark.parametrize(
    ("text", "has_thinking"),
    [
        ("<start_working_out>hm</end_working_out>", True),
        ("<start_working_out>hm</start_working_out>", True),
        ("<START_WORKING_OUT>\nhm\n</END_WORKING_OUT>", True),
        ("<think>hm</think>", True),
        ("<thinking>hm</thinking>", True),
        ("<think></think>", True),
        ("<SOLUTION>x</SOLUTION> <think>hm</think>", True),
        ("<think>hm", False),
        ("hm</think>", False),
        ("<think>hm</thinking>", False),
        ("</think>hm<think>", False),
        ("hm", False),
    ],
)
def test_thinking_is_a_complete_block(text: str, has_thinking: bool) -> None:
    assert Completion.parse(text).has_thinking is has_thinking


@pytest.mark.parametrize(
    ("text", "well_formed"),
    [
        ("<SOLUTION>x</SOLUTION>", True),
        ("<SOLUTION></SOLUTION>", True),
        ("long talk before " * 10 + "<SOLUTION>x</SOLUTION>", True),
        ("<SOLUTION>x</SOLUTION>" + "." * 49, True),
        ("<SOLUTION>x</SOLUTION>" + "." * 50, False),
        ("<SOLUTION>x", False),
        ("", False),
    ],
)
def test_format_is_a_block_with_little_after_it(text: str, well_formed: bool) -> None:
    assert Completion.parse(text).well_formed is well_formed


_PIECES = st.sampled_from(
    ["<SOLUTION>", "</SOLUTION>", "<think>", "</think>", "<start_working_out>", "\x00", "\ud800"]
)


@given(st.lists(_PIECES | st.text(), max_size=20).map("".join))
def test_any_text_is_a_completion(text: str) -> None:
    found = Completion.parse(text)
    assert found.code in text
    assert found.code == found.code.strip()


def test_a_flood_of_tags_is_read_in_one_pass() -> None:
    """A pattern that tries every opening tag with every closing one does not end in this life."""
    assert Completion.parse("<SOLUTION>" * 1_000_000).code == ""
    assert Completion.parse("<think>" * 1_000_000 + "</SOLUTION>" * 1_000_000).code == ""
