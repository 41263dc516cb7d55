"""A class that a test derives from the solution's asserts what it would in one process."""

import pytest

import runner
from runner.models import Blame

_CHECK = "    def check(self):\n        assert self.run() == 9\n"
_USES = {
    "a method": f"{_CHECK}C().check()",
    "a method, twice": f"{_CHECK}c = C()\nc.check()\nc.check()",
    "a bound method": f"{_CHECK}c = C()\nm = c.check\nm()",
    "a method of the class": f"{_CHECK}C.check(C())",
    "a class method": f"    @classmethod\n{_CHECK.replace('self.', 'self().')}C.check()",
    "a property": f"    @property\n{_CHECK}C().check",
    "a call": f"{_CHECK.replace('check', '__call__')}C()()",
    "an initializer": f"{_CHECK.replace('check', '__init__')}C()",
    "the end of a block": (
        "    def __enter__(self): return self\n"
        f"{_CHECK.replace('check(self)', '__exit__(self, *_)')}with C(): pass"
    ),
    "a function": "    def check(self):\n        same(self.run(), 9)\nC().check()",
    "a cached property": (
        f"    import functools\n    @functools.cached_property\n{_CHECK}c = C()\nc.check\nc.check"
    ),
    "a property that is set": (
        "    @property\n    def check(self): pass\n    @check.setter\n"
        f"{_CHECK.replace('self)', 'self, x)')}C().check = 3"
    ),
    "a method after a patch": (
        f"{_CHECK}from unittest import mock\nwith mock.patch.object(C, 'check', lambda c: 4):\n"
        "    assert C().check() == 4\nC().check()"
    ),
    "what it calls": (
        "    def is_right(self): return self.run() == 9\n"
        f"{_CHECK.replace('self.run() == 9', 'self.is_right()')}C().check()"
    ),
    "a lambda": "    check = lambda self: same(self.run(), 9)\nC().check()",
    "a conditional method": f"    if True:\n{_CHECK.replace('    ', '        ')}C().check()",
    "a keyword": f"{_CHECK.replace('self)', 'self, x)').replace('9', 'x')}C().check(x=9)",
    "an argument": f"{_CHECK.replace('self)', 'self, x=0)').replace('9', 'x')}C().check(9)",
    "a generator": f"{_CHECK}        yield\nlist(C().check())",
    "a method set later": (
        "    pass\ndef check(self):\n    assert self.run() == 9\nC.check = check\nC().check()"
    ),
    "a name that no text shows": (
        "    locals()['check'] = lambda self: same(self.run(), 9)\nC().check()"
    ),
    "a name that a loop makes": (
        "    for name in ['check']: vars()[name] = lambda self: same(self.run(), 9)\nC().check()"
    ),
    "an executed text": "    exec('def check(self): assert self.run() == 9')\nC().check()",
    "one of two names": "    check, x = (lambda self: same(self.run(), 9)), 3\nC().check()",
    "super": f"{_CHECK}class D(C):\n    def go(self): super().check()\nD().go()",
    "a grandchild": f"{_CHECK}class D(C): pass\nD().check()",
}
_NAMES = "('is_right', 'check', '__call__', '__init__', '__exit__')"
_BASE = "class Base:\n    def run(self): return 0\n"
_ANOTHER = """
class Other:
    def __getattr__(self, name): return lambda *_: None
    def __call__(self): pass
    def __enter__(self): pass
    def __exit__(self, *_): pass
class Meta(type):
    def __call__(cls): return Other()
class Base(metaclass=Meta):
    def run(self): return 0
"""
_GUARDED = """
class Base:
    def run(self): return 0
    def __init_subclass__(cls):
        own = cls.__dict__.get('check')
        def check(self):
            try: return own(self)
            except BaseException: pass
        if callable(own): cls.check = check
"""
_HIDDEN = """
class Base:
    def run(self): return 0
    def __getattribute__(self, name):
        return (lambda *_: None) if name == 'check' else object.__getattribute__(self, name)
"""
_WRAPPED = f"""{_BASE}
    def __init_subclass__(cls):
        own = cls.__dict__.get('check')
        def check(self, *_, **__):
            {{}}
        if callable(own): cls.check = check
"""
_OF_ANOTHER = (
    _WRAPPED.format("return own(Nine(), *_, **__)")
    + """
class Nine:
    def run(self): return 9
"""
)
_HELPED = f"{_BASE}    def __init_subclass__(cls): cls.is_right = lambda self: True\n"
_STOPPED = _WRAPPED.replace("return 0", "raise KeyError").format(
    "try: own(self, *_, **__)\n            except BaseException: return []"
)
_WITH_ANOTHER = _WRAPPED.format("return own(self, 0) if _ or __ else []")
_NOT_ITERATED = _WRAPPED.format("return [own(self, *_, **__)][1:]")
_WRONG = {
    "of another object": _OF_ANOTHER,
    "stopped": _STOPPED,
    "with another argument": _WITH_ANOTHER,
    "with another helper": _HELPED,
    "not iterated": _NOT_ITERATED,
    "nothing": _BASE,
    "a replacement": f"{_BASE}    def __init_subclass__(cls):\n"
    f"        for name in {_NAMES}: setattr(cls, name, lambda *_: None)\n",
    "a value in its place": f"{_BASE}    def __init_subclass__(cls):\n        cls.check = None\n",
    "another attribute": _HIDDEN,
    "another class": _ANOTHER,
    "a handler": _GUARDED,
}
_SAME = "def same(a, b):\n    assert a == b\n"


@pytest.mark.parametrize("use", _USES.values(), ids=_USES)
@pytest.mark.parametrize("code", _WRONG.values(), ids=_WRONG)
def test_a_base_leaves_no_assertion_out(pool: runner.Pool, code: str, use: str) -> None:
    test = f"{_SAME}class C(Base):\n{use}"
    result = pool.execute(code, [test])
    assert result.passed == 0
    assert result.blame is Blame.CODE


_HONEST_CONTROLS = {
    "nothing",
    "a value in its place",
    "with another argument",
    "with another helper",
    "not iterated",
}


@pytest.mark.parametrize("name", sorted(_WRONG.keys() - _HONEST_CONTROLS))
def test_the_control_is_fooled(name: str) -> None:
    exec(f"{_WRONG[name]}\nclass C(Base):\n{_USES['a method']}", {"__name__": "control"})


_WRAPPING = """
import functools
class Base:
    def run(self): return 9
    def __init_subclass__(cls):
        super().__init_subclass__()
        own = cls.__dict__.get('check')
        if type(own).__name__ != 'function': return
        @functools.wraps(own)
        def check(self, *args, **named): return own(self, *args, **named)
        cls.check = check
"""
_RIGHT = {"plain": _BASE.replace("0", "9"), "wrapping": _WRAPPING}


@pytest.mark.parametrize("use", _USES.values(), ids=_USES)
@pytest.mark.parametrize("code", _RIGHT.values(), ids=_RIGHT)
def test_an_honest_base_may_wrap_what_asserts(pool: runner.Pool, code: str, use: str) -> None:
    result = pool.execute(code, [f"{_SAME}class C(Base):\n{use}"])
    assert result.status == "all_passed", result.tests


_MADE = """
class Base:
    def run(self): return {0}
    @classmethod
    def new(cls): return {1}
    def __copy__(self): return type(self).new()
    def __enter__(self): return type(self).new()
    def __exit__(self, *_): pass
def make(cls): return cls.new()
"""
_MADE_BY = {
    "a function": "make(C).check()",
    "a class method": "C.new().check()",
    "a copy": "import copy\ncopy.copy(C()).check()",
    "a block": "with C() as c: c.check()",
}


@pytest.mark.parametrize("use", _MADE_BY.values(), ids=_MADE_BY)
def test_an_instance_that_the_solution_makes_asserts_as_well(pool: runner.Pool, use: str) -> None:
    test = f"class C(Base):\n{_CHECK}{use}"
    lie = "type('E', (cls,), {'check': lambda self: None})()"
    assert pool.execute(_MADE.format(9, "cls()"), [test]).status == "all_passed"
    assert pool.execute(_MADE.format(0, lie), [test]).passed == 0


_OPERATORS = {
    "__eq__": "C() == C()",
    "__add__": "C() + C()",
    "__setattr__": "C().x = 3",
    "__delattr__": "del C().x",
    "__getitem__": "C()[3]",
}


def test_a_class_without_a_statement_asserts_as_well(pool: runner.Pool) -> None:
    test = (
        "def check(self):\n    assert self.run() == 9\n"
        "C = type('C', (Base,), {'check': check})\nC().check()"
    )
    lie = f"{_BASE}    def __init_subclass__(cls): cls.check = lambda self: None\n"
    assert pool.execute(_BASE.replace("0", "9"), [test]).status == "all_passed"
    assert pool.execute(lie, [test]).passed == 0


@pytest.mark.parametrize("name", _OPERATORS)
def test_an_operator_that_asserts_runs(pool: runner.Pool, name: str) -> None:
    test = (
        f"class C(Base):\n    def {name}(self, *_):\n        assert self.run() == 9\n"
        f"        return True\n{_OPERATORS[name]}"
    )
    lie = f"{_BASE}    def __init_subclass__(cls): cls.{name} = lambda *_: True\n"
    assert pool.execute(_BASE.replace("0", "9"), [test]).status == "all_passed"
    assert pool.execute(lie, [test]).passed == 0


#: Special methods for which Python, or the judge, has a default, and how a test uses them.
_DEFAULTS = {
    "__bool__": ("self", "True", "assert C()"),
    "__len__": ("self", "1", "assert C()"),
    "__eq__": ("self, other", "False", "assert C() != C()"),
    "__ne__": ("self, other", "True", "assert C() != C()"),
    "__hash__": ("self", "1", "assert isinstance(hash(C()), int)"),
    "__repr__": ("self", "'C'", "assert repr(C())"),
    "__str__": ("self", "'C'", "assert str(C())"),
    "__format__": ("self, how", "'C'", "assert f'{C()}'"),
    "__contains__": ("self, x", "True", "c = C()\nassert c in c"),
    "__iadd__": ("self, x", "self", "c = C()\nc += C()"),
}


@pytest.mark.parametrize("name", _DEFAULTS)
def test_a_special_method_that_the_solution_deletes_is_missed(pool: runner.Pool, name: str) -> None:
    """Control: in one process, Python's own method answers, and nothing is asserted."""
    parameters, answer, use = _DEFAULTS[name]
    test = (
        "class C(Base):\n    def __iter__(self): return iter([self])\n"
        "    def __add__(self, other): return self\n"
        f"    def {name}({parameters}):\n        assert self.run() == 9\n"
        f"        return {answer}\n{use}"
    )
    deletes = f"    def __init_subclass__(cls): del cls.{name}\n"
    result = pool.execute(f"{_BASE}{deletes}", [test])
    assert (result.passed, result.blame) == (0, Blame.CODE)
    exec(f"{_BASE}{deletes}{test}", {"__name__": "control"})
    right = pool.execute(_BASE.replace("0", "9"), [test])
    assert right.status == "all_passed", right.tests
    assert pool.execute(_BASE, [test]).passed == 0


_DESCRIPTORS = {
    "a subclass of property": ("class prop(property): pass\n", "prop", "C().check"),
    "a subclass of classmethod": ("class of(classmethod): pass\n", "of", "C.check()"),
    "a method by type": ("import functools\n", "functools.singledispatchmethod", "C().check(3)"),
    "a descriptor of the test": (
        (
            "class D:\n    def __init__(self, f): self.f = f\n"
            "    def __get__(self, one, cls): return self.f(one)\n"
        ),
        "D",
        "C().check",
    ),
}


@pytest.mark.parametrize("name", _DESCRIPTORS)
def test_a_descriptor_that_asserts_is_not_left_out(pool: runner.Pool, name: str) -> None:
    """Control: in one process, what the base puts in its place asserts nothing."""
    before, decorator, use = _DESCRIPTORS[name]
    test = (
        f"{before}class C(Base):\n    @{decorator}\n    def check(self, x=0):\n"
        f"        assert x == 9\n{use}"
    )
    code = f"{_BASE}    def __init_subclass__(cls): cls.check = lambda *_: None\n"
    result = pool.execute(code, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE)
    exec(f"{code}{test}", {"__name__": "control"})


_JUDGES = {
    "__eq__": ("==", "assert C() == 9 and 9 == C() and C() in [9]"),
    "__ne__": ("!=", "assert C() != 0 and not C() != 9"),
    "__lt__": ("<", "assert C() < 10 and not C() < 9"),
    "__contains__": ("==", "assert 9 in C() and 0 not in C()"),
}


@pytest.mark.parametrize("asserts", [True, False])
@pytest.mark.parametrize("name", _JUDGES)
def test_the_tests_own_operator_judges_a_value(pool: runner.Pool, name: str, asserts: bool) -> None:
    """Not what the base puts in its place, nor what lies about its attributes."""
    symbol, use = _JUDGES[name]
    check = "        assert isinstance(x, int)\n" if asserts else ""
    test = (
        f"class C(Base):\n    def {name}(self, x):\n{check}        return self.run() {symbol} x\n"
    )
    right = _BASE.replace("0", "9")
    result = pool.execute(right, [test + use])
    assert (result.status, result.evidence) == ("all_passed", "objects"), result.tests
    replaced = f"    def __init_subclass__(cls): cls.{name} = lambda *_: True\n"
    liar = f"class L(int):\n    def {name}(self, x): return True\n"
    wrong = (_BASE, _BASE + replaced, liar + _BASE.replace("return 0", "return L(0)"))
    for code in wrong:
        result = pool.execute(code, [test + use])
        assert (result.passed, result.blame) == (0, Blame.CODE)


_UNNAMED = {
    "of a list": "all = [lambda self: same(self.run(), 9)]\n",
    "wrapped": (
        "import functools\ndef wrapped(own):\n    @functools.wraps(own)\n"
        "    def function(self): return own(self)\n    return function\n"
        "all = [wrapped(lambda self: same(self.run(), 9))]\n"
    ),
    "a property": "all = [property(lambda self: same(self.run(), 9))]\n",
}
_REPLACES = """
class Base:
    def run(self): return {0}
    def __init_subclass__(cls): change(cls)
def change(cls):
    if 'go' in vars(cls) and {0} == 0: cls.go = lambda self: None
    return cls
"""


@pytest.mark.parametrize("made", _UNNAMED.values(), ids=_UNNAMED)
@pytest.mark.parametrize(
    "head", ["class C(Base):", "@change\nclass C:\n    def run(self): return Base().run()"]
)
def test_a_method_asserts_by_any_name(pool: runner.Pool, made: str, head: str) -> None:
    """Also where no name in the class body leads to the assertion; control: in one process."""
    use = "C().go" if "property" in made else "C().go()"
    test = f"{_SAME}{made}{head}\n    go = all[0]\n{use}"
    exec(f"{_REPLACES.format(0)}{test.replace('C().go()', 'C().go')}", {"__name__": "control"})
    assert pool.execute(_REPLACES.format(0), [test]).passed == 0
    right = pool.execute(_REPLACES.format(9), [test])
    assert right.status == "all_passed", right.tests
