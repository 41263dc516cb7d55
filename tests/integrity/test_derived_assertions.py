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
    "a grandchild": f"{_CHECK}class D(C): pass\nD().check()",
}
_NAMES = "('check', '__call__', '__init__', '__exit__')"
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
_WRONG = {
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


@pytest.mark.parametrize("name", sorted(_WRONG.keys() - {"nothing", "a value in its place"}))
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
        def check(self): return own(self)
        cls.check = check
"""
_RIGHT = {"plain": _BASE.replace("0", "9"), "wrapping": _WRAPPING}


@pytest.mark.parametrize("use", _USES.values(), ids=_USES)
@pytest.mark.parametrize("code", _RIGHT.values(), ids=_RIGHT)
def test_an_honest_base_may_wrap_what_asserts(pool: runner.Pool, code: str, use: str) -> None:
    result = pool.execute(code, [f"{_SAME}class C(Base):\n{use}"])
    assert result.status == "all_passed", result.tests
