"""Liars that are of a builtin type as well."""

from tests.integrity.programs import Attack

from .tasks import SQUARE, SQUARES, on_squares

_LIAR = """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    __rsub__ = __xor__ = __rxor__ = __sub__
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 49
"""

_MIXED_BASES = "mixed bases"
_MIXED = [
    on_squares(
        f"a liar that is {base} as well",
        _MIXED_BASES,
        _LIAR + f"class Both(Liar, {base}): pass\ndef square(n): return Both()\n",
    )
    for base in ("int", "float", "str", "tuple", "list", "dict", "set")
] + [
    on_squares(
        "a liar that is nothing else", _MIXED_BASES, _LIAR + "def square(n): return Liar()\n"
    ),
    Attack(
        "a list of liars",
        _MIXED_BASES,
        _LIAR
        + "class Row(list):\n    __eq__ = Liar.__eq__\ndef row(n): return Row([Liar()] * n)\n",
        ("assert row(2) == [0, 1]", "assert sorted(row(2)) == [0, 1]"),
        "def row(n):\n    return list(range(n))\n",
    ),
    Attack(
        "a dict that has every key",
        _MIXED_BASES,
        """
class Everything:
    def __len__(self): return 4
    def __iter__(self):
        yield from range(1000)
    def __getitem__(self, key): return True
class Table(Everything, dict): pass
def primes(n): return Table()
""",
        (
            {
                "function": "primes",
                "args": [10],
                "expected": {"2": True, "3": True, "5": True, "7": True},
            },
        ),
        "def primes(n):\n    return {'2': True, '3': True, '5': True, '7': True}\n",
        "an exact dict compares its own items",
    ),
    Attack(
        "a class that claims to equal",
        _MIXED_BASES,
        "class Meta(type):\n    def __eq__(cls, other): return True\n    __hash__ = type.__hash__\n"
        "class Lie(metaclass=Meta): pass\ndef square(n): return Lie\n",
        SQUARES,
        SQUARE,
    ),
    Attack(
        "a class that lies about its subclasses",
        _MIXED_BASES,
        "class Meta(type):\n    def __instancecheck__(cls, x): return True\n"
        "    def __subclasscheck__(cls, x): return True\nclass Answer(metaclass=Meta): pass\n"
        "def solve(n): return None\n",
        ("assert isinstance(solve(3), Answer) and solve(3).value == 9",),
        "class Answer:\n    def __init__(self, v): self.value = v\n"
        "def solve(n):\n    return Answer(n * n)\n",
        "None has no value",
    ),
    Attack(
        "a hash that collides with the expected key",
        _MIXED_BASES,
        "class Key:\n    def __hash__(self): return hash(49)\n    def __eq__(self, other): return True\n"
        "def table(n): return {Key(): 1}\n",
        ("assert table(7) == {49: 1}", "assert 49 in table(7)", "assert {49} == set(table(7))"),
        "def table(n):\n    return {n * n: 1}\n",
    ),
    Attack(
        "a Decimal that is a string",
        _MIXED_BASES,
        "import decimal\nclass D(decimal.Decimal):\n    def __eq__(self, other): return True\n"
        "    def __str__(self): return '49'\n    __hash__ = None\ndef square(n): return D(0)\n",
        SQUARES,
        SQUARE,
    ),
]


ATTACKS = (*_MIXED,)
