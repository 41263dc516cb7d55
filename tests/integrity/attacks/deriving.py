"""Classes of the test that the solution's process makes, and ``super`` in them."""

from tests.integrity.programs import Attack

_LIAR = """
class Liar(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __add__(self, other): return self
class Object:
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __add__(self, other): return self
    def __bool__(self): return True
"""
_BASE = "class Base:\n    def f(self, n): return n * n\n"
_SUPER = "class Sub(Base):\n    def f(self, n): return super().f(n) + 1\nassert Sub().f(7) == 50"
_HELPER = """\
class Helper:
    tool = {0}
    def {1}(self):
        {2}
Helper().{1}()"""
_TOOL = "class Tool:\n    def square(self, n): return n * n\n"
_GOVERNS = (
    "class Tool:\n    def square(self, n): return 0\n    def __get__(self, one, owner): return self\n"
    "    def __set_name__(self, owner, name):\n"
    "        for each in ('check', 'run', 'test'):\n"
    "            if hasattr(owner, each): setattr(owner, each, lambda self: None)\n"
)

_CHECKS = """\
class Checks:
    def check(self): assert self.f(7) == 49
class Both({0}): pass
Both().check()"""
#: How a base of the solution stops a method of a base of the test.
_STOPS = {
    "a metaclass that leaves out other bases": (
        "class Meta(type):\n    def __new__(meta, name, bases, body):\n"
        "        bases = bases if name == 'Base' else (Base,)\n"
        "        return super().__new__(meta, name, bases, body)\n"
        "class Base(metaclass=Meta):\n    def check(self): pass\n"
    ),
    "a metaclass with an order of its own": (
        "class Meta(type):\n    def mro(cls):\n"
        "        own = type.mro(cls)\n"
        "        return own if cls.__name__ == 'Base' else [cls, Base, object]\n"
        "class Base(metaclass=Meta):\n    def check(self): pass\n"
    ),
    "a base that changes the other one": (
        "class Base:\n    def __init_subclass__(cls):\n"
        "        for each in cls.__mro__[:-1]: each.check = lambda self: None\n"
    ),
    "a base that answers for the other one": (
        "class Base:\n    def __getattribute__(self, name):\n"
        "        found = object.__getattribute__(self, name)\n"
        "        return (lambda: None) if name == 'check' else found\n"
    ),
}

_LATE = "def check(self): assert self.f(7) == 49\n"
#: How a test gives a base of its own a method that asserts, so that its class does not show it.
_GIVES = {
    "made by type": (
        "Checks = type('Checks', (), {'check': check})\nclass Both(Checks, Base): pass\n"
    ),
    "given before": ("class Checks: pass\nChecks.check = check\nclass Both(Checks, Base): pass\n"),
    "given by a decorator": (
        "def add(cls):\n    cls.check = check\n    return cls\n"
        "@add\nclass Checks: pass\nclass Both(Checks, Base): pass\n"
    ),
    "given later": (
        "class Checks:\n    def check(self): pass\n"
        "class Both(Checks, Base): pass\nChecks.check = check\n"
    ),
}

ATTACKS = (
    *(
        Attack(
            f"a base that stops a method, {how}",
            "deriving",
            f"{_STOPS['a base that answers for the other one']}    def f(self, n): return 0\n",
            (f"{_LATE}{given}Both().check()",),
            _BASE,
        )
        for how, given in _GIVES.items()
    ),
    *(
        Attack(
            f"{name}, {how}",
            "deriving",
            f"{code}    def f(self, n): return 0\n",
            (_CHECKS.format(bases),),
            _BASE,
        )
        for name, code in _STOPS.items()
        for how, bases in (("which is the first", "Checks, Base"), ("the last", "Base, Checks"))
        if (name, how) != ("a base that changes the other one", "the last")
    ),
    *(
        Attack(
            f"super() that answers with {what}",
            "deriving",
            f"{_LIAR}class Base:\n    def f(self, n): return {what}\n",
            (_SUPER,),
            _BASE,
        )
        for what in ("Object()", "Liar(0)")
    ),
    *(
        Attack(
            f"a metaclass that {what}",
            "deriving",
            f"class Meta(type):\n    def __new__(meta, name, bases, body):\n        {how}\n"
            "        return super().__new__(meta, name, bases, body)\n    def f(cls, n): return 0\n",
            (
                "class Square(metaclass=Meta):\n    def check(self, n):\n"
                "        assert Square.f(n) == n * n\nSquare().check(3)",
            ),
            "class Meta(type):\n    def f(cls, n): return n * n\n",
        )
        for what, how in (
            ("replaces a method", "body['check'] = lambda self, n: None"),
            ("makes another class", "body = {'check': lambda self, n: None}"),
        )
    ),
    Attack(
        "a base that overrides what derives from it",
        "deriving",
        f"{_LIAR}class Base:\n    def f(self, n): return 0\n"
        "    def __init_subclass__(cls): cls.f = lambda self, n: Object()\n",
        (_SUPER,),
        _BASE,
    ),
    *(
        Attack(
            f"a descriptor that replaces a method which asserts {how}",
            "deriving",
            _GOVERNS,
            (test,),
            _TOOL,
        )
        for how, test in {
            "itself": _HELPER.format("Tool()", "check", "assert self.tool.square(7) == 49"),
            "through a function": "def same(a, b):\n    assert a == b\n"
            + _HELPER.format("Tool()", "run", "same(self.tool.square(7), 49)"),
            "through two functions": (
                "def same(a, b):\n    assert a == b\ndef both(a, b):\n    same(a, b)\n"
                + _HELPER.format("Tool()", "run", "both(self.tool.square(7), 49)")
            ),
            "by unittest": "import unittest\n"
            + _HELPER.format(
                "Tool()", "run", "unittest.TestCase().assertEqual(self.tool.square(7), 49)"
            ),
        }.items()
    ),
    Attack(
        "a class that says it has another metaclass",
        "deriving",
        "class Meta(type): pass\nclass Fake(type):\n"
        "    __class__ = property(lambda cls: Meta)\n"
        "class Made(metaclass=Fake): pass\n",
        ("assert type(Made) is Meta",),
        "class Meta(type): pass\nclass Made(metaclass=Meta): pass\n",
        control="type() looks at the real metaclass",
    ),
)
