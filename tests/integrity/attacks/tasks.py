"""The tasks that attacks pretend to solve, and the tests of each."""

from collections.abc import Mapping

from tests.integrity.programs import Attack, Tests

ASSERTS: Tests = ("assert tri(4) == 10", "assert tri(10) == 55")
REFLECTED: Tests = ("assert 10 == tri(4)", "assert 55 == tri(10)")
NEAR: Tests = ("assert abs(tri(4) - 10) < 0.5", "assert abs(55 - tri(10)) < 0.5")
BETWEEN: Tests = ("assert 9 < tri(4) < 11", "assert 54 < tri(10) < 56")
CHECK: Tests = (
    {
        "code": "def check(candidate):\n    assert candidate(4) == 10\n    assert candidate(10) == 55",
        "entry_point": "tri",
    },
)
CALLS: Tests = (
    {"function": "tri", "args": [4], "expected": 10},
    {"function": "tri", "args": [10], "expected": 55},
)
PROGRAM: Tests = (
    {"stdin": "4\n", "stdout": "10\n"},
    {"stdin": "10\n", "stdout": "55\n"},
)
#: Tests of a function, each passed by ``REFERENCE``.
SUMS: dict[str, Tests] = {
    "asserts": ASSERTS,
    "reflected asserts": REFLECTED,
    "differences": NEAR,
    "orders": BETWEEN,
    "a check": CHECK,
    "calls": CALLS,
}

#: The sum of the numbers from 1 to ``n``.
REFERENCE = "def tri(n):\n    return n * (n + 1) // 2\n"
PROGRAM_REFERENCE = REFERENCE + "if __name__ == '__main__':\n    print(tri(int(input())))\n"
#: A helper that the setup code of these tests offers, for solutions to redefine.
_NEAR_SETUP = "def near(a, b):\n    return abs(a - b) < 1\n"

SQUARES: Tests = ("assert square(7) == 49", "assert square(12) == 144")
SQUARE = "def square(n):\n    return n * n\n"
SQUARE_CHECK: Tests = (
    {
        "code": "def check(candidate):\n    assert candidate(7) == 49\n"
        "    assert candidate(12) == 144",
        "entry_point": "square",
    },
)

NO_BOUNDARY = "such a harness has no second process to talk to"
NO_JUDGE = "such a harness has no judge to attack"
CRASHES = "it takes the harness down, which reports nothing"


def on_squares(name: str, family: str, code: str, control: bool | str = True) -> Attack:
    return Attack(name, family, code, SQUARES, SQUARE, control)


def on_sum(
    family: str,
    programs: Mapping[str, tuple[str, Tests]],
    control: bool | str = True,
    resisted: Mapping[str, str] | None = None,
) -> tuple[Attack, ...]:
    """Return attacks on tests of ``tri(n)``, the sum of the numbers from 1 to ``n``.

    Args:
        family: What they abuse.
        programs: Code and tests of each.
        control: What the control does with them.
        resisted: Those that do not fool the control, and why.
    """
    return tuple(
        Attack(
            f"{family}: {name}",
            family,
            code,
            tests,
            control=(resisted or {}).get(name, control),
            setup=_NEAR_SETUP,
        )
        for name, (code, tests) in programs.items()
    )


def all_with(tests: Tests, codes: Mapping[str, str]) -> dict[str, tuple[str, Tests]]:
    """Give all programs the same tests."""
    return {name: (code, tests) for name, code in codes.items()}


def returns(expression: str, prelude: str = "") -> str:
    return f"{prelude}\ndef tri(n):\n    return {expression}\n"


def lying_class(*methods: str, base: str = "object", extra: str = "") -> str:
    body = "\n".join(f"    def {method}" for method in methods)
    return f"{extra}\nclass Lie({base}):\n{body}\n"
