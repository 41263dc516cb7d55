"""An object that the solution returns has as many items as it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runner
from runner.models import Blame
from runner.worker.judge.trust.counting_session import LengthRecord

_LIAR = """
class Own:
    def __iter__(self): return self
    def __next__(self): raise StopIteration
class R:
    def __len__(self): return 3
    def {METHOD}
def f(x): return R()
result = R()
"""
_METHODS = (
    "__iter__(self): return iter(())",
    "__iter__(self): return (x for x in ())",
    "__iter__(self): return iter((2, 4))",
    "__iter__(self): return Own()",
    "__getitem__(self, at): raise IndexError",
)
_HONEST = """
class R:
    def __init__(self, items): self.items = items
    def __len__(self): return len(self.items)
    def __{NAME}__(self, *at): return getattr(self.items, '__{NAME}__')(*at)
def f(x): return R([2, 4, 6])
result = f(1)
"""
_TESTS = (
    "r = f(1)\nassert len(r) == 3\nfor a, b in zip(r, [2, 4, 6]): assert a == b",
    "r = f(1)\nassert len(r) == 3\nfor b, a in zip([2, 4, 6], r): assert a == b",
    "r, want = f(1), [2, 4, 6]\nassert len(r) == len(want) and all(map(int.__eq__, r, want))",
    "r = f(1)\nassert len(r) == 3\nfor n, a in enumerate(r, 1): assert a == 2 * n",
    "assert len(result) == 3\nfor a, b in zip(result, [2, 4, 6]): assert a == b",
)
_ANYTHING = "__iter__(self): return iter(range(1000))"
_TESTS_OF_MEMBERS = (
    "r = f(1)\nassert len(r) == 3\nassert 2 in r and 4 in r and 6 in r",
    "r = f(1)\nassert len(r) == 3\nassert {2, 4, 6} <= {*r}",
)
_LIES = [(method, test) for method in _METHODS for test in _TESTS]
_LIES += [(_ANYTHING, test) for test in _TESTS_OF_MEMBERS]


@pytest.mark.parametrize(("method", "test"), _LIES)
def test_items_are_as_many_as_the_length(pool: runner.Pool, method: str, test: str) -> None:
    """Control: in one process, each of these tests passes."""
    code = _LIAR.replace("{METHOD}", method)
    result = pool.execute(code, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    if "(2, 4)" not in method:
        exec(f"{code}\n{test}", {"__name__": "control"})


@pytest.mark.parametrize("name", ["iter", "getitem"])
@pytest.mark.parametrize("test", [*_TESTS, *_TESTS_OF_MEMBERS])
def test_items_of_honest_objects_count(pool: runner.Pool, test: str, name: str) -> None:
    result = pool.execute(_HONEST.replace("{NAME}", name), [test])
    assert result.status == "all_passed", result.tests


_OF_CLASS = """
class f:
    def __init__(self, x): pass
    def __len__(self): return 3
    def {METHOD}
"""


@pytest.mark.parametrize("test", [*_TESTS[:-1], *_TESTS_OF_MEMBERS])
def test_a_length_of_an_instance_is_no_value(pool: runner.Pool, test: str) -> None:
    """A class may count other things than it yields. Control: without a minimum, it passes."""
    method = _ANYTHING if test in _TESTS_OF_MEMBERS else _METHODS[0]
    code = _OF_CLASS.replace("{METHOD}", method)
    result = pool.execute(code, [test], min_evidence="values")
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    assert pool.execute(code, [test]).evidence == "objects"


_NAMED = """
class Item:
    def __init__(self, name): self.name = name
class R:
    def __init__(self, names): self.items = [*map(Item, names)]
    def __len__(self): return {LENGTH}
    def __iter__(self): return iter(self.items)
def f(): return R({NAMES})
"""
_TESTS_OF_NAMES = [
    "r = f()\nassert len(r) == 2\nfor item, name in zip(r, 'ab'): assert item.name == name",
    "r = f()\nassert len(r) == 2 and all(item.name == name for item, name in zip(r, 'ab'))",
]


@pytest.mark.parametrize("test", _TESTS_OF_NAMES)
def test_attributes_of_items_leave_the_length(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the test passes."""
    wrong = _NAMED.replace("{LENGTH}", "2").replace("{NAMES}", "'a'")
    result = pool.execute(wrong, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    exec(f"{wrong}\n{test}", {"__name__": "control"})
    right = _NAMED.replace("{LENGTH}", "len(self.items)").replace("{NAMES}", "'ab'")
    assert pool.execute(right, [test]).status == "all_passed"


_BY_INDEX = """
class R:
    def __len__(self): return 3
    def __getitem__(self, at):
        if at in {HAS}: return (2, 4, 6)[at]
        raise IndexError
def f(x): return R()
"""
_TESTS_BY_INDEX = [
    "r = f(1)\nassert len(r) == 3\nfor a, b in zip(reversed(r), [6, 4, 2]): assert a == b",
    "r = f(1)\nassert all(a == b for a, b in zip(reversed(r), [6, 4, 2])) and len(r) == 3",
    "r = f(1)\nassert len(r) == 3 and str(r)\nfor a, b in zip(r, [2, 4, 6]): assert a == b",
]


@pytest.mark.parametrize("has", ["()", "(0,)", "(2,)", "(0, 2)"])
@pytest.mark.parametrize("test", _TESTS_BY_INDEX)
def test_indices_in_both_directions_agree_with_the_length(
    pool: runner.Pool, test: str, has: str
) -> None:
    """Control: in one process, each of these tests passes."""
    code = _BY_INDEX.replace("{HAS}", has)
    result = pool.execute(code, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    exec(f"{code}\n{test}", {"__name__": "control"})
    honest = pool.execute(_BY_INDEX.replace("{HAS}", "range(3)"), [test])
    assert honest.status == "all_passed", honest.tests


_QUEUE = """
class Queue:
    def __init__(self): self.items = [1, 2, 3]
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def push(self, item): self.items.append(item)
class Draining(Queue):
    def __iter__(self): return self
    def __next__(self):
        if not self.items: raise StopIteration
        return self.items.pop(0)
def make(kind='Queue'): return globals()[kind]()
def push(queue): queue.push(4)
"""
_CHANGING = [
    "q = Queue()\nassert len(q) == 3\nq.push(4)\nassert [*q] == [1, 2, 3, 4] and len(q) == 4",
    "q = Draining()\nassert len(q) == 3 and [*q] == [1, 2, 3] and len(q) == 0",
    "q = Queue()\nassert len(q) == 3\nq.items.append(4)\nassert [*q] == [1, 2, 3, 4]",
    "q = Queue()\nassert len(q) == 3\nq.items = [4]\nassert [*q] == [4] and len(q) == 1",
    "q = make()\nassert len(q) == 3 and [*q] == [1, 2, 3]\nq.push(4)\nassert [*q] == [1, 2, 3, 4]",
    "q = make()\nassert len(q) == 3\npush(q)\nassert [*q] == [1, 2, 3, 4] and len(q) == 4",
    "q = make()\nrest = iter(q)\nassert next(rest) == 1 and len(q) == 3 and [*rest] == [2, 3]",
    "q = make('Draining')\nall_ = []\nwhile len(q): all_.append(next(q))\nassert all_ == [1, 2, 3]",
    "q = make('Draining')\nassert len(q) == 3 and [*q] == [1, 2, 3] and len(q) == 0 and [*q] == []",
    "q = make()\nassert len(q) == 3\nassert [a for a, _ in zip(q, 'ab')] == [1, 2] and 9 not in q",
]


@pytest.mark.parametrize("test", _CHANGING)
def test_objects_may_change(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_QUEUE, [test])
    assert result.status == "all_passed", result.tests


_AGAIN = """
class R:
    asked = 0
    def __len__(self):
        R.asked += 1
        return 3 if R.asked == 1 else 0
    def __getitem__(self, at): raise IndexError
    def __iter__(self): return iter(())
    def __reversed__(self): return iter(())
def f(x):
    R.asked = 0
    return R()
"""
_LIES_OF_AGAIN = [
    "r, want = f(1), [2, 4, 6]\nassert len(r) == 3\nfor i in range(len(r)): assert r[i] == want[i]",
    "r = f(1)\nassert len(r) == 3\nfor a, b in zip(list(r), [2, 4, 6]): assert a == b",
    "r = f(1)\nassert len(r) == 3\nfor a, b in zip([*r], [2, 4, 6]): assert a == b",
    "r = f(1)\nassert all(a == b for a, b in zip(r, [2, 4, 6]))\nassert len(r) == 3",
    "r = f(1)\nassert len(r) == 3\nfor a, b in zip(reversed(r), [6, 4, 2]): assert a == b",
]


@pytest.mark.parametrize("test", _LIES_OF_AGAIN)
def test_an_object_sticks_to_its_length(pool: runner.Pool, test: str) -> None:
    """Control: in one process, each of these tests passes."""
    result = pool.execute(_AGAIN, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    exec(f"{_AGAIN}\n{test}", {"__name__": "control"})
    honest = pool.execute(_SEQUENCE, [test])
    assert honest.status == "all_passed", honest.tests


_SEQUENCE = """
class R:
    items = [2, 4, 6]
    def __len__(self): return 3
    def __getitem__(self, at): return self.items[at]
    def __iter__(self): return iter(self.items)
    def __reversed__(self): return reversed(self.items)
def f(x): return R()
"""
_SPARSE = """
class Sparse:
    def __init__(self): self.items = {}
    def __len__(self): return len(self.items)
    def __getitem__(self, at): return self.items.get(at, 0)
    def __setitem__(self, at, item): self.items[at] = item
class Bag:
    def __init__(self): self.items = []
    def __len__(self): return len(self.items)
    def __iter__(self):
        self.at = 0
        return self
    def __next__(self):
        self.at += 1
        if self.at > len(self.items): raise StopIteration
        return self.items[self.at - 1]
    def __iadd__(self, other): self.items += other.items; return self
def sparse(): return Sparse()
def bag(*items):
    made = Bag()
    made.items += items
    return made
"""
_OTHERS = [
    "s = sparse()\ns[7] = 'x'\nassert len(s) == 1 and s[7] == 'x' and s[0] == 0 and s[1] == 0",
    "b = bag(1)\nassert len(b) == 1\nb += bag(2)\nassert [*b] == [1, 2] and len(b) == 2",
    "b = bag(1, 2)\nassert len(b) == 2 and [*b] == [1, 2] and [x for x in b] == [1, 2]",
    "b = bag(1, 2)\nassert len(b) == 2\nfor x in b: break\nassert x == 1 and [*b] == [1, 2]",
]


@pytest.mark.parametrize("test", _OTHERS)
def test_a_length_may_count_other_things_than_indices(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_SPARSE, [test])
    assert result.status == "all_passed", result.tests


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_only_an_iteration_of_the_length_agrees(
    said: int, count: int, before: int, own: bool
) -> None:
    record, number, iterator = LengthRecord(), 7, 7 if own else 8
    assert record.say(number, said)
    record.begin(number, iterator)
    assert [record.count(iterator) for _ in range(count)] == [at < said for at in range(count)]
    assert record.end(iterator) is (count == said)
    if not own:
        assert record.say(number, said) is (count == said)
    record.forget()
    record.begin(number, iterator)
    for _ in range(before):
        assert record.count(iterator)
    assert record.end(iterator)
    assert record.say(number, said) is (said == before or (own and before > 0))


@given(st.integers(0, 5), st.integers(0, 5))
def test_only_an_iteration_by_indices_of_the_length_agrees(said: int, count: int) -> None:
    record = LengthRecord()
    assert record.say(7, said)
    for at in range(count):
        record.index(7, at)
    assert record.end_by_index(7, count) is (count >= said)
    record.forget()
    assert record.end_by_index(7, 0)
    assert record.say(7, said) is (said == 0)
    record.forget()
    assert record.say(7, 9)
    assert record.end_by_index(7, 3)  # not an iteration


_DIFFERENCE = """
class D:
    def __init__(self, parts): self.parts = parts
    def __sub__(self, other): return D([] if other == 4 else [1])
    def __iter__(self): return iter(self.parts)
    def __len__(self): return len(self.parts)
def f(x): return D([x])
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert len(D([4]) - 4) == 0",
        "d = D([4]) - 4\n[*d]\nassert len(d) == 0",
        "d = D([4]) - 4\nassert [*map(len, [[*d], d])] == [0, 0]",
        "d = D([4]) - 4\nassert [ask(d) for ask in (list, len)] == [[], 0]",
        "assert list(f(4) - 4) == []",
    ],
)
def test_only_a_list_in_the_making_may_do_without_a_length(pool: runner.Pool, test: str) -> None:
    """Control: in one process, each of these tests passes."""
    result = pool.execute(_DIFFERENCE, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    exec(f"{_DIFFERENCE}\n{test}", {"__name__": "control"})


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_backward_iteration_reaches_the_first_index(said: int, count: int) -> None:
    record = LengthRecord()
    assert record.say(7, said)
    indices = range(said - 1, -1, -1)
    for at in indices[:count]:
        record.index(7, at)
    for at in indices[count : count + 1]:
        assert not record.end_by_index(7, at)
    assert record.end_by_index(7, said + 9)
