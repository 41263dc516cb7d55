"""A descriptor of the solution in a class of the test governs its attribute, or is refused."""

import pytest

import runner
from runner.models import Blame

_TEST = """
class P:
    x = Field()
    def __init__(self, x): self.x = x
assert P(9).x == 9
"""
_WRONG = {
    "data": "class Field:\n    def __get__(self, *_): return 0\n    def __set__(self, *_): pass",
    "of a builtin": (
        "class Field(int):\n    def __get__(self, *_): return 0\n    def __set__(self, *_): pass"
    ),
    "set only": "class Field:\n    def __set__(self, one, value): vars(one)['x'] = 0",
}


@pytest.mark.parametrize("kept", [False, True], ids=["lent", "kept"])
@pytest.mark.parametrize("code", _WRONG.values(), ids=_WRONG)
def test_a_wrong_descriptor_fails(pool: runner.Pool, code: str, kept: bool) -> None:
    """A class with a base stays in the judge. Control: in one process, the assertion fails."""
    test = _TEST.replace("class P:", "class P(dict):" if kept else "class P:")
    result = pool.execute(code, [test])
    assert result.passed == 0
    assert result.blame is Blame.CODE
    refused = "the descriptor x in a class of the test is refused" in result.tests[0].message
    assert refused is kept, result.tests[0].message
    with pytest.raises(AssertionError):
        exec(f"{code}\n{test}", {"__name__": "control"})


def test_other_objects_of_the_solution_may_be_attributes_of_a_class(pool: runner.Pool) -> None:
    code = "class Field:\n    def __init__(self): self.n = 3\ndef f(self): return 4"
    test = "class P:\n    x = Field()\n    g = f\nassert P().x.n == 3 and P().g() == 4"
    result = pool.execute(code, [test])
    assert result.status == "all_passed", result.tests
