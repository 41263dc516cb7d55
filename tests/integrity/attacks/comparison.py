"""Values that compare as the test would like."""

from typing import Any

from tests.integrity.programs import Attack

from .tasks import ASSERTS, BETWEEN, CALLS, CHECK, NEAR, REFLECTED, lying_class, on_sum, returns

_YES = "__eq__(self, other): return True"
_NO = "__ne__(self, other): return False"
_HASH = "__hash__(self): return 0"
_ORDER = tuple(f"__{n}__(self, other): return True" for n in ("lt", "le", "gt", "ge"))
_ZERO = tuple(f"__{n}__(self, other): return 0" for n in ("sub", "rsub"))

_DUNDERS = {
    "always equal": (lying_class(_YES, _HASH), ASSERTS),
    "always equal, reflected": (lying_class(_YES, _HASH), REFLECTED),
    "always equal in a check": (lying_class(_YES, _NO, _HASH), CHECK),
    "never unequal": (lying_class(_NO, _YES, _HASH), ("assert not tri(4) != 10",)),
    "always between": (lying_class(*_ORDER), BETWEEN),
    "difference is zero": (lying_class(*_ZERO), NEAR),
    "absolute is zero": (lying_class("__abs__(self): return 0", *_ZERO, *_ORDER), NEAR),
    "contains everything": (
        lying_class("__contains__(self, x): return True"),
        ("assert 10 in tri(4)",),
    ),
    "iterates as asked": (
        lying_class("__iter__(self): return iter([Lie()])", _YES, _HASH),
        ("assert list(tri(4)) == [10]", "assert 10 in tri(4)"),
    ),
    "is any length": (
        lying_class(
            "__len__(self): return Any(10)", extra="class Any(int):\n    __eq__ = lambda s, o: True"
        ),
        ("assert len(tri(4)) == 11",),
    ),
    "rounds to equal": (
        lying_class("__round__(self, n=None): return Lie()", _YES, _HASH),
        ("assert round(tri(4), 2) == 10.0",),
    ),
    "float of anything": (
        lying_class("__float__(self): return 1.0", _YES, _HASH),
        ("assert float(tri(4)) == 10.0",),
    ),
    "attribute of anything": (
        lying_class("__getattr__(self, name): return Lie()", _YES, _HASH),
        ("assert tri(4).value == 10",),
    ),
    "item of anything": (
        lying_class("__getitem__(self, key): return Lie()", _YES, _HASH),
        ("assert tri(4)[0] == 10",),
    ),
    "call of anything": (
        lying_class("__call__(self, *a): return self", _YES, _HASH),
        ("assert tri(4)() == 10",),
    ),
    "hash and equality": (
        lying_class(_YES, "__hash__(self): return hash(10)"),
        ("assert tri(4) in {10}",),
    ),
    "true comparison object": (
        lying_class("__eq__(self, other): return Lie()", "__bool__(self): return True", _HASH),
        ASSERTS,
    ),
    "index of anything": (
        lying_class("__index__(self): return 0", _YES, _HASH),
        ("assert ['x', 'y'][tri(4)] == 'y'",),
    ),
    "exclusive or": (
        lying_class("__xor__(self, other): return 0", "__rxor__(self, other): return 0"),
        ("assert tri(4) ^ 10 == 0",),
    ),
    "modulo": (lying_class("__mod__(self, other): return 10"), ("assert tri(4) % 1000 == 10",)),
}

_SUBCLASSES = {
    "int": ("Lie(0)", lying_class(_YES, _NO, _HASH, base="int"), ASSERTS),
    "int reflected": ("Lie(0)", lying_class(_YES, _NO, _HASH, base="int"), REFLECTED),
    "int difference": ("Lie(0)", lying_class(*_ZERO, base="int"), NEAR),
    "float": ("Lie(0)", lying_class(_YES, _NO, _HASH, *_ZERO, base="float"), NEAR),
    "str": ("Lie('')", lying_class(_YES, _HASH, base="str"), ("assert tri(4) == 'ten'",)),
    "list": ("Lie()", lying_class(_YES, base="list"), ("assert tri(4) == [1, 2, 3, 4]",)),
    "tuple": ("Lie()", lying_class(_YES, _HASH, base="tuple"), ("assert tri(4) == (1, 2, 3, 4)",)),
    "dict": (
        "Lie()",
        lying_class(_YES, "__getitem__(self, k): return 10", base="dict"),
        ("assert tri(4) == {'n': 4}",),
    ),
    "set": ("Lie()", lying_class(_YES, base="set"), ("assert tri(4) == {1, 2, 3, 4}",)),
    "inside a list": ("[Lie(0)]", lying_class(_YES, _HASH, base="int"), ("assert tri(4) == [10]",)),
    "inside a dict": ("{'x': Lie()}", lying_class(_YES, _HASH), ("assert tri(4) == {'x': 10}",)),
    "as a key": (
        "{Lie('a'): 1}",
        lying_class(_YES, "__hash__(self): return hash('b')", base="str"),
        ("assert tri(4) == {'b': 1}",),
    ),
    "length of a list": (
        "Lie()",
        lying_class(
            "__len__(self): return 4", "__iter__(self): return iter((1, 2, 3, 4))", base="list"
        ),
        ("assert len(tri(4)) == 4", "assert sum(tri(4)) == 10"),
    ),
}

_VALUES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "class as the function": (
        "class tri:\n    def __init__(s, n): pass\n    def __eq__(s, o): return True",
        ASSERTS,
    ),
    "class as the function, arithmetic": (
        "class tri:\n    def __init__(s, n): pass\n    def __sub__(s, o): return 0\n    __rsub__ = __sub__",
        NEAR,
    ),
    "method that returns self": (
        "class Solution:\n    def tri(s, n): return s\n    def __eq__(s, o): return True",
        ("assert Solution().tri(4) == 10", "s = Solution()\nassert s.tri(10) == 55"),
    ),
    "class that the test names": (
        "class Sum:\n    def __init__(s, n): pass\n    def __eq__(s, o): return True",
        ("assert Sum(4) == 10", "x = Sum(10)\nassert x == 55"),
    ),
    "class that the test compares with collections and times": (
        "class Same:\n    def __init__(s, *a): pass\n    def __eq__(s, o): return True",
        (
            *(
                f"import collections, datetime\nassert Same(4) == {value}"
                for value in (
                    "collections.deque([1, 2])",
                    "collections.Counter('aab')",
                    "collections.OrderedDict(a=1)",
                    "collections.defaultdict(list, a=[1])",
                    "bytearray(b'ab')",
                    "range(4)",
                    "{(1, 2), (3, 4)}",
                    "datetime.time(12)",
                )
            ),
        ),
    ),
    "orders of a named class": (
        "class Sum:\n    def __init__(s, n): pass\n    def __lt__(s, o): return True\n    __gt__ = __lt__",
        ("assert 9 < Sum(4) < 11",),
    ),
    "learns from comparisons": (
        "seen = {}\nclass L:\n    def __init__(s, n): s.n = n\n"
        "    def __eq__(s, o):\n        seen[s.n] = o\n        return False\n"
        "def tri(n): return seen.get(n, L(n))",
        ("assert tri(4) == 10 or tri(4) == 10",),
    ),
    "changes its answer": (
        "class L:\n    n = 0\n    def __int__(s):\n        L.n += 1\n        return L.n\n"
        "    __index__ = __int__\n    def __eq__(s, o): return int(s) and True\ndef tri(n): return L()",
        ASSERTS,
    ),
    "mock.ANY": ("from unittest.mock import ANY\ndef tri(n): return ANY", ASSERTS),
    "MagicMock": (
        "from unittest.mock import MagicMock\ndef tri(n):\n    m = MagicMock()\n"
        "    m.__eq__.return_value = True\n    m.__lt__.return_value = True\n    return m",
        ASSERTS,
    ),
    "metaclass": (
        "class M(type):\n    def __eq__(c, o): return True\n    __hash__ = type.__hash__\n"
        "class C(metaclass=M): pass\ndef tri(n): return C",
        ASSERTS,
    ),
    "claims to be an int": (
        "class C:\n    __class__ = int\n    def __eq__(s, o): return True\ndef tri(n): return C()",
        ("assert isinstance(tri(4), int) and tri(4) == 10",),
    ),
    "NaN": ("def tri(n): return float('nan')", NEAR),
    "NaN in a call": ("def tri(n): return float('nan')", CALLS),
    "list subclass in a call": (
        "class L(list):\n    def __eq__(s, o): return True\ndef tri(n): return L()",
        ({"function": "tri", "args": [4], "expected": [1, 2, 3, 4]},),
    ),
    "lazy result": (
        "class L:\n    def __iter__(s): return s\n    def __next__(s): return s\n"
        "    def __eq__(s, o): return True\ndef tri(n): return L()",
        ("assert next(iter(tri(4))) == 10",),
    ),
}

ATTACKS = (
    *on_sum(
        "lying methods",
        {name: (returns("Lie()", code), tests) for name, (code, tests) in _DUNDERS.items()},
        resisted={
            "is any length": "len() insists on a real integer",
            "float of anything": "float() insists on a real float",
            "index of anything": "indexing insists on a real integer",
        },
    ),
    *on_sum(
        "builtin subclasses",
        {name: (returns(value, code), tests) for name, (value, code, tests) in _SUBCLASSES.items()},
    ),
    *on_sum(
        "lying values",
        _VALUES,
        resisted={
            "NaN": "no comparison with NaN holds",
            "NaN in a call": "no comparison with NaN holds",
        },
    ),
    Attack(
        "is no literal",
        "lying values",
        "def word(n): return 'unknown'",
        ("assert word(4) is not 'unknown'",),
        reference="def word(n): return 'four'",
        control="a literal is one object in a process",
    ),
    Attack(
        "is no literal, among long texts",
        "lying values",
        "def words(n): return ['unknown'] * 9 + ['x' * 5000]",
        ("for word in words(4): assert word is not 'unknown'",),
        reference="def words(n): return ['four'] * 9 + ['x' * 5000]",
        control="a literal is one object in a process",
    ),
    Attack(
        "a fraction that subtracts nothing",
        "lying values",
        "from fractions import Fraction\nclass Lie(Fraction):\n"
        "    def __sub__(self, other): return 0\n    __rsub__ = __sub__\n"
        "def half(): return Lie(9)",
        (
            "import pytest\nassert half() == pytest.approx(0.5)",
            "import pytest\nassert 0.5 == pytest.approx(half())",
        ),
        reference="from fractions import Fraction\ndef half(): return Fraction(1, 2)",
    ),
)
