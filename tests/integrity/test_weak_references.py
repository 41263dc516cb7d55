"""A weak reference of a test shows whether the solution keeps an object."""

import pytest

import runner
from runner.models import Blame, Evidence

_KEEPS = """
kept = []
class C: pass
def make():
    made = C()
    kept.append(made)
    return made
def see(one): kept.append(one)
"""
_DROPS = """
class C: pass
def make(): return C()
def see(one): pass
"""
_TEST = """
import gc, weakref
from weakref import ref
one = {MADE}
r = {REF}(one)
assert r() is one
see(one)
del one
gc.collect()
assert r() {IS} None
"""
_WAYS = [(made, ref) for made in ("C()", "make()") for ref in ("weakref.ref", "ref")]


def _program(made: str, ref: str, answer: str) -> str:
    return _TEST.replace("{MADE}", made).replace("{REF}", ref).replace("{IS}", answer)


@pytest.mark.parametrize(("made", "ref"), _WAYS)
@pytest.mark.parametrize(("answer", "right"), [("is", _DROPS), ("is not", _KEEPS)])
def test_an_object_lives_as_long_as_the_solution_keeps_it(
    pool: runner.Pool, made: str, ref: str, answer: str, right: str
) -> None:
    """Control: in one process, the right solution passes and the wrong one fails."""
    test = _program(made, ref, answer)
    wrong = _KEEPS if right is _DROPS else _DROPS
    result = pool.execute(wrong, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    honest = pool.execute(right, [test])
    assert honest.status == "all_passed", honest.tests
    exec(f"{right}\n{test}", {"__name__": "control"})
    with pytest.raises(AssertionError):
        exec(f"{wrong}\n{test}", {"__name__": "control"})


_TWO = """
import gc, unittest, weakref
one, other = make(), make()
first, second = weakref.ref(one), weakref.ref(one)
assert first == second and hash(first) == hash(second) and len({first, second}) == 1
assert first != weakref.ref(other) and isinstance(first, weakref.ref)
"""


def test_two_references_to_one_object_are_equal(pool: runner.Pool) -> None:
    """A pass rests on ``objects``: the solution says which reference is which."""
    result = pool.execute(_DROPS, [_TWO])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests
    assert pool.execute(_DROPS.replace("C()", "kept") + "kept = C()", [_TWO]).passed == 0


_FINALIZES = """
import weakref
class Cache:
    def __init__(self): self.values = weakref.WeakValueDictionary()
    def get(self, key): return self.values.setdefault(key, Value())
class Value: pass
def at_end(value, log): return weakref.finalize(value, log.append, 'end')
"""
_COLLECTS = [
    (
        "import gc, unittest, weakref\nc = Cache()\none = c.get(1)\nassert c.get(1) is one\n"
        "assert len(c.values) == 1\ndel one\ngc.collect()\nassert len(c.values) == 0"
    ),
    (
        "import gc, weakref\nlog, one = [], Value()\nend = at_end(one, log)\nassert end.alive\n"
        "del one\ngc.collect()\nassert log == ['end'] and not end.alive"
    ),
]


@pytest.mark.parametrize("test", _COLLECTS)
def test_a_test_collects_in_the_solutions_process(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_FINALIZES, [test])
    assert result.status == "all_passed", result.tests
    exec(f"{_FINALIZES}\n{test}", {"__name__": "control"})


_OTHERS = [
    "import weakref\nall_ = weakref.WeakSet()\nall_.add(C())\nassert len(all_) == 0",
    "import weakref\nall_ = weakref.WeakValueDictionary()\nall_[1] = make()\nassert 1 not in all_",
    "import weakref\nends = []\n_ = weakref.finalize(C(), ends.append, 1)\nassert ends == [1]",
    "import weakref\nends = []\nr = weakref.ref(C(), ends.append)\nassert ends == [r]",
]


@pytest.mark.parametrize("test", _OTHERS)
def test_what_follows_a_proxy_rests_on_objects(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_DROPS, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests


_OWN = [
    "import weakref\nclass D: pass\none = D()\nr = weakref.ref(one)\nsee(one)\nassert r() is one",
    "import weakref\nclass D: pass\nr = weakref.ref(D())\nsee(1)\nassert r() is None",
    (
        "import weakref\nclass D:\n    def m(self): return 5\none = D()\n"
        "r = weakref.WeakMethod(one.m)\nassert r()() == 5 and isinstance(r, weakref.ref)\n"
        "class R(weakref.ref):\n    def get(self): return self()\n"
        "see(one)\nassert R(one).get() is one"
    ),
    "import weakref\ntry: weakref.ref(3)\nexcept TypeError: see(1)",
]


@pytest.mark.parametrize("test", _OWN)
def test_objects_of_the_test_have_their_own(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_DROPS, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests
