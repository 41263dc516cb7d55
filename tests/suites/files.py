"""A solution, and test files about it as people write them; pytest itself runs each as well."""

SOLUTION = '''
import logging
import warnings

LIMIT = 10


class Stack:
    def __init__(self, items=()):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return len(self.items)

    def pop(self):
        if not self.items:
            raise IndexError("empty")
        return self.items.pop()


class Full(ValueError):
    """Too many."""


def add(a, b):
    return a + b


def halve(n):
    return n / 2


def greet(name):
    print(f"hello {name}")


def guard(n):
    if n > LIMIT:
        raise Full(f"{n} is more than {LIMIT}")
    return n


def ask():
    return helper() + 1


def helper():
    return 41


def old():
    warnings.warn("use add", DeprecationWarning)
    return 1


def log(text):
    logging.getLogger("solution").warning("said %s", text, extra={"size": len(text)})


def log_error(text):
    try:
        int(text)
    except ValueError:
        logging.getLogger("solution").exception("no number")


async def later(n):
    return n + 1
'''

FILES = {
    "functions": """
from solution import add
def test_add(): assert add(1, 2) == 3
def test_wrong(): assert add(1, 2) == 4
def testify(): assert add("a", "b") == "ab"
def helper_test(): assert False
""",
    "classes": """
import solution
class TestStack:
    def setup_method(self, method):
        self.stack = solution.Stack([1])
    def test_push(self):
        assert self.stack.push(2) == 2
    def test_pop(self):
        assert self.stack.pop() == 1
    def test_fails(self):
        assert self.stack.pop() == 2
    def helper(self): assert False
class TestOuter:
    class TestInner:
        def test_it(self): assert solution.add(1, 1) == 2
class TestWithInit:
    def __init__(self): pass
    def test_never(self): assert False
class NotATest:
    def test_never(self): assert False
class TestOff:
    __test__ = False
    def test_never(self): assert False
""",
    "fixtures with names of tests": """
import pytest
from solution import add
@pytest.fixture(scope="module", params=[1, 2])
def test_number(request): return request.param
def test_add(test_number): assert add(test_number, 1) == test_number + 1
class TestInner:
    @pytest.fixture
    def test_text(self): return "a"
    def test_texts(self, test_text, test_number): assert add(test_text, "b") == "ab"
    def test_fails(self, test_number): assert add(test_number, 1) == 2
""",
    "unittest": """
import unittest
from solution import Stack, guard, Full
class StackCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.made = 1
    @classmethod
    def tearDownClass(cls): del cls.made
    def setUp(self): self.stack = Stack()
    def tearDown(self): self.stack = None
    def test_push(self): self.assertEqual(self.stack.push(1), self.made)
    def test_error(self):
        with self.assertRaisesRegex(Full, "is more"): guard(11)
    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n): self.assertEqual(guard(n), n)
    def test_sub_fails(self):
        for n in range(3):
            with self.subTest(n=n): self.assertNotEqual(guard(n), 1)
    def test_a_fails(self): self.assertEqual(guard(1), 2)
    @unittest.skip("no")
    def test_skipped(self): self.fail()
    @unittest.skipIf(True, "no")
    def test_skipped_if(self): self.fail()
    def test_cleanup(self): self.addCleanup(self.stack.push, 1)
    def helper(self): self.fail()
class Sub(StackCase):
    def test_more(self): self.assertIsInstance(self.stack.items, list)
if __name__ == "__main__":
    unittest.main()
""",
    "async unittest": """
import unittest
from solution import later
class Later(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self): self.n = 1
    async def test_later(self): self.assertEqual(await later(self.n), 2)
    async def test_wrong(self): self.assertEqual(await later(self.n), 3)
""",
    "parametrize": """
import enum, re
import pytest
from solution import add, Stack
class Color(enum.Enum):
    RED = 1
@pytest.mark.parametrize("a,b,expected", [(1, 2, 3), (2, 2, 5), ("x", "y", "xy")])
def test_add(a, b, expected): assert add(a, b) == expected
@pytest.mark.parametrize("n", [1, 2.5, None, True, "text", "", b"by", Color.RED, re.compile("a+"), add, Stack, [1], {"a": 1}, "a", "a", "a1", "é", "a\\nb"])
def test_ids(n): assert add(1, 1) == 2
@pytest.mark.parametrize("x", [0, 1])
@pytest.mark.parametrize("y", [2, 3], ids=["two", None])
def test_product(x, y): assert add(x, y) == x + y
@pytest.mark.parametrize(("a", "b"), [pytest.param(1, 2, id="one-two"), pytest.param(3, 4, marks=pytest.mark.skip)])
def test_param(a, b): assert add(a, b) == a + b
@pytest.mark.parametrize("n", [1, 2], ids=lambda n: f"n{n}")
class TestClass:
    def test_one(self, n): assert add(n, 0) == n
    @pytest.mark.parametrize("m", "ab")
    def test_two(self, m, n): assert add(m, m) == m * 2
@pytest.mark.parametrize("n", [])
def test_nothing(n): assert False
""",
    "fixtures": """
import pytest
from solution import Stack
LOG = []
@pytest.fixture(scope="module")
def shared():
    LOG.append("begin")
    yield Stack()
    LOG.append("end")
@pytest.fixture(autouse=True)
def counted(): LOG.append("test")
@pytest.fixture(params=["a", "b"], ids=["first", "second"])
def letter(request): return request.param
@pytest.fixture(name="named")
def _named(letter): return letter * 2
@pytest.fixture
def factory(request):
    made = []
    request.addfinalizer(made.clear)
    def make(n):
        made.append(n)
        return Stack(range(n))
    return make
def test_shared(shared): assert shared.push(1) == 1
def test_shared_again(shared): assert shared.push(1) == 2
def test_letters(letter): assert letter in "ab"
def test_named(named, letter): assert named == letter + letter
def test_factory(factory): assert factory(3).pop() == 2
def test_log(): assert LOG.count("begin") == 1 and LOG.count("test") == 8
def test_getfixturevalue(request): assert request.getfixturevalue("factory")(1).pop() == 0
@pytest.mark.usefixtures("shared")
class TestIt:
    @pytest.fixture
    def letter(self): return "z"
    def test_override(self, letter): assert letter == "z"
    def test_through(self, named): assert named == "zz"
@pytest.fixture
def number(): return 1
class TestWrap:
    @pytest.fixture
    def number(self, number): return number + 1
    def test_number(self, number): assert number == 2
@pytest.mark.parametrize("doubled", [1, 2], indirect=True)
def test_indirect(doubled): assert doubled in (2, 4)
@pytest.fixture
def doubled(request): return request.param * 2
class TestNode:
    @pytest.mark.parametrize("k", ["a", "b.c"])
    def test_node(self, request, k): assert request.node.name == f"test_node[{k}]"
@pytest.fixture
def breaks(): raise RuntimeError("setup")
def test_broken_setup(breaks): assert True
@pytest.fixture
def breaks_late():
    yield 1
""",
    "builtin fixtures": """
import logging, os, sys, warnings
import pytest
import solution
def test_capsys(capsys):
    solution.greet("you")
    print("more", file=sys.stderr)
    assert capsys.readouterr() == ("hello you\\n", "more\\n")
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == ""
def test_monkeypatch_solution(monkeypatch):
    monkeypatch.setattr(solution, "helper", lambda: 1)
    assert solution.ask() == 2
def test_monkeypatch_undone(): assert solution.ask() == 42
def test_monkeypatch_path(monkeypatch):
    monkeypatch.setattr("solution.helper", lambda: 2)
    assert solution.ask() == 3
def test_setenv(monkeypatch):
    monkeypatch.setenv("SOMETHING", "1")
    assert os.environ["SOMETHING"] == "1"
def test_env_undone(): assert "SOMETHING" not in os.environ
def test_setitem(monkeypatch):
    d = {"a": 1}
    with monkeypatch.context() as m:
        m.setitem(d, "a", 2)
        m.delitem(d, "a")
    assert d == {"a": 1}
def test_caplog(caplog):
    with caplog.at_level(logging.INFO): solution.log("x")
    assert [r.getMessage() for r in caplog.records] == ["said x"]
    assert "said x" in caplog.text and caplog.records[0].size == 1
def test_caplog_of_an_error(caplog):
    solution.log_error("x")
    assert caplog.records[0].exc_info[0] is ValueError and caplog.records[0].levelname == "ERROR"
    assert "no number" in caplog.text and "ValueError: invalid literal" in caplog.text
def test_recwarn(recwarn):
    assert solution.old() == 1
    assert len(recwarn) == 1 and issubclass(recwarn.pop(DeprecationWarning).category, DeprecationWarning)
def test_limit(monkeypatch):
    monkeypatch.setattr(solution, "LIMIT", 1)
    with pytest.raises(solution.Full): solution.guard(2)
""",
    "raises": """
import pytest
from solution import Full, guard, Stack, old, halve
is_full = pytest.raises(Full)
is_full_or_empty = pytest.raises((Full, IndexError), match="more")
def test_named_blocks():
    with is_full: guard(11)
    with is_full_or_empty: guard(12)
def test_named_block_again():
    with is_full: guard(1)
def test_raises():
    with pytest.raises(Full) as info: guard(11)
    assert "11 is more" in str(info.value) and info.type is Full
def test_match():
    with pytest.raises(ValueError, match=r"\\d+ is more"): guard(11)
def test_no_match():
    with pytest.raises(ValueError, match="^less"): guard(11)
def test_not_raised():
    with pytest.raises(ValueError): guard(1)
def test_other():
    with pytest.raises(KeyError): Stack().pop()
def test_several():
    with pytest.raises((KeyError, IndexError)): Stack().pop()
def test_called(): pytest.raises(IndexError, Stack().pop)
def test_excinfo_match():
    with pytest.raises(IndexError) as info: Stack().pop()
    info.match("emp")
def raise_groups():
    raise ExceptionGroup("g", [Full("full"), ExceptionGroup("h", [KeyError(halve(2))])])
def test_groups():
    with pytest.raises(ExceptionGroup) as info: raise_groups()
    assert info.group_contains(Full, match="fu") and info.group_contains(KeyError, depth=2)
    assert not info.group_contains(KeyError, depth=1) and not info.group_contains(Full, match="no")
def test_groups_fail():
    with pytest.raises(ExceptionGroup) as info: raise_groups()
    assert info.group_contains((KeyError, IndexError), depth=1)
def test_warns():
    with pytest.warns(DeprecationWarning, match="use"): old()
def test_no_warning():
    with pytest.warns(UserWarning): guard(1)
def test_deprecated():
    with pytest.deprecated_call(): old()
def test_fail():
    pytest.fail("always")
def test_approx():
    assert halve(1) == pytest.approx(0.5)
    assert halve(1) != pytest.approx(0.6)
    assert [halve(1), halve(2)] == pytest.approx([0.5, 1.0])
    assert {"a": halve(1)} == pytest.approx({"a": 0.5 + 1e-9})
    assert halve(2) == pytest.approx(1.1, abs=0.2) and halve(2) != pytest.approx(1.1, rel=0.01)
    assert halve(2) == pytest.approx(1.1, rel=0.1)
def test_approx_fails(): assert halve(1) == pytest.approx(0.51)
def test_approx_length(): assert [halve(1)] == pytest.approx([0.5, 0.5])
""",
    "skips and marks": """
import sys
import pytest
from solution import add
pytestmark = pytest.mark.slow
@pytest.mark.skip(reason="no")
def test_skip(): assert False
@pytest.mark.skipif(sys.version_info > (3,), reason="always")
def test_skipif(): assert False
@pytest.mark.skipif("sys.version_info < (3,)", reason="never")
def test_not_skipped(): assert add(1, 1) == 2
@pytest.mark.anything(1, a=2)
def test_marked(): assert add(1, 1) == 2
@pytest.mark.skip
class TestSkipped:
    def test_never(self): assert False
@pytest.mark.xfail(False, reason="no")
def test_no_xfail(): assert add(1, 1) == 2
""",
    "xunit": """
import solution
LOG = []
def setup_module(module): LOG.append("module")
def teardown_module(): LOG.clear()
def setup_function(function): LOG.append(function.__name__)
def test_first(): assert LOG == ["module", "test_first"]
class TestClass:
    @classmethod
    def setup_class(cls): cls.stack = solution.Stack([1])
    def setup_method(self): self.more = 1
    def teardown_method(self): self.more = 0
    def test_it(self): assert self.stack.pop() == self.more
    @staticmethod
    def test_static(): assert solution.add(1, 2) == 3
""",
    "patches": """
from unittest import mock
from unittest.mock import patch
import importlib
import solution
from solution import ask
@patch("solution.helper", return_value=1)
def test_patch(helper):
    assert ask() == 2
    helper.assert_called_once_with()
def test_undone(): assert ask() == 42
def test_patch_object():
    with patch.object(solution, "helper", lambda: 0): assert solution.ask() == 1
def test_reload():
    importlib.reload(solution)
    assert solution.ask() == 42
def test_assigned():
    saved, solution.helper = solution.helper, lambda: 5
    try: assert solution.ask() == 6
    finally: solution.helper = saved
def test_names():
    assert {"add", "ask", "Stack"} <= set(dir(solution))
    assert hasattr(solution, "add") and not hasattr(solution, "missing")
    assert getattr(solution, "add")(1, 2) == 3
def test_callback():
    callback = mock.Mock(return_value=3)
    assert solution.add(callback(1), 1) == 4
    callback.assert_called_with(1)
""",
    "star": """
from solution import *
def test_add(): assert add(1, 2) == 3
def test_stack():
    s = Stack()
    s.push(1)
    assert s.pop() == 1
def test_limit(): assert LIMIT == 10
""",
    "alias": """
import solution as sut
from solution import add as plus, Stack as S
def test_sut(): assert sut.add(1, 2) == plus(1, 2)
def test_class(): assert S([1]).pop() == 1
def test_module_name(): assert sut.__name__ == "solution"
""",
    "shared state": """
from solution import Stack
STACK = Stack()
def test_a(): assert STACK.push(1) == 1
def test_b(): assert STACK.push(1) == 2
def test_c():
    import solution
    assert solution.Stack is Stack
""",
    "ends of a class and a module": """
import unittest
import solution
def check(): assert solution.add(1, 2) == 4
def setUpModule(): unittest.addModuleCleanup(lambda: None)
class TestBegin(unittest.TestCase):
    @classmethod
    def setUpClass(cls): assert solution.add(1, 2) == 4
    def test_a(self): pass
    def test_b(self): pass
class TestEnd(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.addClassCleanup(check)
    def test_a(self): pass
""",
    "fixtures of a test case": """
import unittest
import pytest
import solution
SEEN = []
@pytest.fixture(autouse=True)
def seen():
    SEEN.append(1)
    yield
    SEEN.pop()
@pytest.fixture(scope="class")
def stack(request): request.cls.stack = solution.Stack([1])
@pytest.mark.usefixtures("stack")
class TestStack(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def capture(self, capsys): self.capsys = capsys
    def setUp(self): self.assertEqual(SEEN, [1])
    def test_stack(self): self.assertEqual(self.stack.pop(), 1)
    def test_print(self):
        solution.greet("you")
        assert self.capsys.readouterr().out == "hello you\\n"
class TestLater(unittest.IsolatedAsyncioTestCase):
    async def test_seen(self): self.assertEqual(SEEN, [1])
""",
    "a module that computes": """
import unittest
import pytest
import solution
STACK = solution.Stack()
for n in range(3): STACK.push(n)
TOTAL = sum(STACK.items)
TEXT = str(TOTAL)
LENGTH = len(TEXT)
first, *rest = STACK.items
with pytest.raises(IndexError): solution.Stack().pop()
assert TOTAL == 3
NEXT = [TOTAL + 1] + rest
class Case(unittest.TestCase):
    def test_it(self): self.assertEqual((TEXT, LENGTH, NEXT), ("3", 1, [4, 1, 2]))
ENDED = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Case))
assert ENDED.wasSuccessful()
""",
    "annotations": """
import abc
from collections.abc import Callable as Function
from typing import Callable, Generator, Generic, List, Optional, TypeVar, Union
import pytest
from solution import Full, Stack
T = TypeVar("T", bound=Stack)
class Box(Generic[T]): pass
class Both(Full, Stack): pass
@pytest.fixture
def stack() -> Generator[Stack, None, None]: yield Stack([1])
class TestStack:
    def stacks(self, one: Optional[Stack] = None) -> List[Stack]: return [one or Stack()]
    def make(self, how: Callable[[int], Stack], other: Function[[Stack], int]) -> Union[Stack, int]: ...
    def test_it(self, stack: Stack): assert self.stacks(stack)[0].pop() == 1
""",
}
