"""Code is taken out of Markdown fences, and nothing else is taken for one."""

import pytest

from runner.datasets import Problem, Sample
from runner.datasets.fences import has_fence, whole, without_fence
from runner.models import AssertTest

_CODE = "def f():\n    return 1\n"
_OTHER = "print(f())\n"


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{_CODE}```",
        f"Here it is:\n```py\n{_CODE}```\nIt returns 1.",
        f"```\n{_CODE}```\n",
        f"~~~Python\n{_CODE}~~~\n",
        f"  ```python3 title=x\n{_CODE}  ```\n",
        f"````\n{_CODE}````\n",
        f"```bash\npip install x\n```\n```python\n{_CODE}```\n",
        f"```\noutput\n```\n```python\n{_CODE}```\n",
        f"```python\n{_CODE}",
        f"{_CODE}```\nThat is all.",
        f"```python\ndef f():\n    return 0\n```\nBetter:\n```python\n{_CODE}```\n```\n{_OTHER}```",
        f"```python\n{_CODE}```\nUse it:\n```python\n{_OTHER}```\n",
    ],
    ids=range(12),
)
def test_the_answer_is_taken_out_of_its_fence(text: str) -> None:
    assert has_fence(text)
    assert without_fence(text, "f") == _CODE


def test_without_a_name_the_first_block_is_the_answer() -> None:
    text = f"```python\n{_CODE}```\nUse it:\n```python\n{_OTHER}```\n"
    assert without_fence(text, None) == _CODE


def test_a_fence_within_a_longer_one_is_code() -> None:
    assert without_fence('````python\nx = """\n```\n"""\n````', None) == 'x = """\n```\n"""\n'


@pytest.mark.parametrize(
    "text", ["", _CODE, '    """\n    ```\n    x\n    ```\n    """\n', "a ``` b"]
)
def test_code_without_a_fence_is_left_alone(text: str) -> None:
    """A fence of a docstring is indented by four spaces and more."""
    assert not has_fence(text)
    assert without_fence(text, "f") is None


_PROMPT = 'import math\n\ndef f(x):\n    """Return x."""\n'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("    return x\n", f"{_PROMPT}    return x\n"),
        ("def f(x):\n    return x\n", "import math\n\ndef f(x):\n    return x\n"),
        ("class f:\n    pass\n", "import math\n\nclass f:\n    pass\n"),
    ],
)
def test_code_continues_the_prompt_or_repeats_its_definition(code: str, expected: str) -> None:
    assert whole(_PROMPT, code, "f") == expected


def test_a_sample_is_changed_only_if_that_is_asked_for() -> None:
    problem = Problem(
        task_id="a", prompt=_PROMPT, entry_point="f", tests=(AssertTest(code="assert f(1) == 1"),)
    )
    completion = Sample(task_id="a", completion="```python\n    return x\n```")
    solution = Sample(task_id="a", solution="```python\ndef f(x): return x\n```")
    assert completion.code(problem) == f"{_PROMPT}```python\n    return x\n```"
    assert completion.code(problem, extract=True) == f"{_PROMPT}    return x\n"
    assert solution.code(problem) == solution.solution
    assert solution.code(problem, extract=True) == "def f(x): return x\n"
    plain = Sample(task_id="a", completion="    return x\n")
    assert plain.code(problem, extract=True) == plain.code(problem) == f"{_PROMPT}    return x\n"
