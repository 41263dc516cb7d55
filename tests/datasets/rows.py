"""A row of each data set, as it is published, with a solution of its own that passes."""

import json
from pathlib import Path
from typing import Any

from runner import datasets

ADD = "def add(a, b):\n    return a + b\n"
CHECK = (
    "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(a=0, b=0) == 0\n"
)
_TWO_SUM = "class Solution:\n    def twoSum(self, nums, target):\n        return [0, 1]\n"
_SUMS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
_PROGRAM = "print(sum(map(int, input().split())))\n"
_CASES = [{"input": "1 2\n", "output": "3\n"}, {"input": "3 4\n", "output": "7\n"}]
_PAIRS = {"input": ["1 2\n"], "output": ["3\n"]}


def read_problem(place: Path, row: dict[str, Any]) -> datasets.Problem:
    path = place / "p.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (problem,) = datasets.load(path)
    return problem


HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "canonical_solution": "    return a + b\n",
    "test": CHECK,
    "entry_point": "add",
}
LEETCODE = {
    "task_id": "two-sum",
    "question_id": 1,
    "difficulty": "Easy",
    "problem_description": "Find two numbers.",
    "starter_code": "class Solution:\n    def twoSum(self, nums, target):\n        ",
    "prompt": "import math\nfrom typing import *\n\nclass ListNode:\n    val = 0\n",
    "completion": _TWO_SUM,
    "entry_point": "Solution().twoSum",
    "test": "def check(candidate):\n    assert candidate(nums = [3,3],target = 6) == [0, 1]\n",
    "input_output": [{"input": "nums = [3,3], target = 6", "output": "[0, 1]"}],
}
_CODE_CONTESTS = {
    "name": "1_A. Sum",
    "description": "Add.",
    "public_tests": _PAIRS,
    "private_tests": {"input": [], "output": []},
    "generated_tests": {"input": ["3 4\n"], "output": ["7\n"]},
    "solutions": {"language": [1, 2, 3], "solution": ["print 1", "int main(){}", _PROGRAM]},
    "incorrect_solutions": {"language": [], "solution": []},
}

#: By data set: the row, and the kinds of its tests.
ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "HumanEval": (HUMANEVAL, ["check"]),
    "HumanEval+ at Hugging Face": (
        {**HUMANEVAL, "test": f"import math\n{CHECK}\ncheck(add)\n"},
        ["assert"],
    ),
    "HumanEval with words as prompt": (
        {**HUMANEVAL, "prompt": "Add two numbers.", "canonical_solution": ADD},
        ["check"],
    ),
    "MBPP+ at Hugging Face": (
        {
            "task_id": 2,
            "prompt": "Add.",
            "code": ADD,
            "test_imports": [],
            "test_list": ["assert add(1, 2) == 3"],
            "test": "for given, wanted in [([1, 2], 3)]:\n    assert add(*given) == wanted\n",
        },
        ["assert", "assert"],
    ),
    "LeetCodeDataset": (LEETCODE, ["check"]),
    "LeetCodeDataset without code of tests": ({**LEETCODE, "test": None}, ["call"]),
    "APPS": (
        {
            "problem_id": 0,
            "question": "Add.",
            "solutions": json.dumps([_PROGRAM]),
            "input_output": json.dumps(_SUMS),
            "difficulty": "introductory",
        },
        ["stdio", "stdio"],
    ),
    "APPS with an object": (
        {"problem_id": 0, "solutions": [_PROGRAM], "input_output": _SUMS},
        ["stdio", "stdio"],
    ),
    "TACO, which has no names": (
        {"name": None, "solutions": [_PROGRAM], "input_output": json.dumps(_SUMS), "tests": None},
        ["stdio", "stdio"],
    ),
    "inputs, outputs and code": ({**_SUMS, "code": _PROGRAM}, ["stdio", "stdio"]),
    "inputs and outputs as text": (
        {"inputs": '["1 2"]', "outputs": '["3"]', "solution": _PROGRAM},
        ["stdio"],
    ),
    "inputs and outputs of a function": (
        {"inputs": [[1, 2], {"a": 1, "b": 2}], "outputs": [3, 3], "code": ADD, "func_name": "add"},
        ["call", "call"],
    ),
    "inputs as literals": (
        {"inputs": ["(1,), (2,)", "'a'\n'b'"], "outputs": ["(1, 2)", "'ab'"], "code": ADD}
        | {"entry_point": "add"},
        ["call", "call"],
    ),
    "CodeContests": (_CODE_CONTESTS, ["stdio", "stdio"]),
    "Codeforces": (
        {"id": "1/A", "official_tests": _CASES, "solution": _PROGRAM},
        ["stdio", "stdio"],
    ),
    "AceCode": (
        {"id": "a", "test_cases": ["assert add(1, 2) == 3"], "solution": ADD},
        ["assert"],
    ),
    "LiveCodeBench": (
        {
            "question_id": "q",
            "public_test_cases": json.dumps([{**_CASES[0], "testtype": "stdin"}]),
            "private_test_cases": json.dumps([{**_CASES[1], "testtype": "stdin"}]),
            "metadata": "{}",
            "solution": _PROGRAM,
        },
        ["stdio", "stdio"],
    ),
    "DeepCoder": (
        {
            "tests": json.dumps([{"input": "1\n2", "output": "3", "testtype": "functional"}]),
            "metadata": {"func_name": "add"},
            "solution": ADD,
        },
        ["call"],
    ),
    "tests as inputs and outputs": ({"tests": json.dumps(_SUMS), "code": _PROGRAM}, ["stdio"] * 2),
}

#: Tests that the judge runs as a suite.
SUITES = {
    "BigCodeBench": {
        "task_id": "BigCodeBench/0",
        "complete_prompt": 'import math\ndef task_func(x):\n    """Add."""\n',
        "instruct_prompt": "Add.",
        "canonical_solution": "    return x + 1\n",
        "code_prompt": "import math\ndef task_func(x):\n",
        "test": "import unittest\nclass TestCases(unittest.TestCase):\n"
        "    def test_one(self):\n        self.assertEqual(task_func(1), 2)\n",
        "entry_point": "task_func",
    },
    "KodCode": {
        "question_id": "k1",
        "question": "Add.",
        "solution": ADD,
        "test": "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        "test_info": [{"function_name": "add"}],
    },
}
