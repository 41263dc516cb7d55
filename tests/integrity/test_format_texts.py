"""A format text of the solution reads public attributes of the test's objects, and no others."""

import pytest

import runner
from runner.models import Blame

_SETUP = """\
import builtins, functools, operator, string
from operator import methodcaller as call
class Point:
    def __init__(self, x): self.x, self._y = x, 7
def g(x): return x
class Text(str):
    def again(self, x): return super().format(x)
expected = 'x7'
def check():
    return 'x7'
"""
#: How a test formats ``Point(7)``.
_WAYS = (
    "f(X).format(Point(7))",
    "f(X).format_map({'0': Point(7)})",
    "f'{f(X)}'.format(Point(7))",
    "str.format(f(X), Point(7))",
    "(lambda text: text.format(Point(7)))(f(X))",
    "[*map(f(X).format, [Point(7)])][0]",
    "string.Formatter().format(f(X), Point(7))",
    "getattr(f(X), 'format')(Point(7))",
    "getattr(f(X), 'format', None)(Point(7))",
    "[*map(getattr(str, 'format'), [f(X)], [Point(7)])][0]",
    "operator.methodcaller('format', Point(7))(f(X))",
    "call('format', Point(7))(f(X))",
    "operator.attrgetter('format')(f(X))(Point(7))",
    "operator.attrgetter('format', 'upper')(f(X))[0](Point(7))",
    "string.Formatter().vformat(f(X), (Point(7),), {})",
    "[*map(getattr, [f(X)], ['format'])][0](Point(7))",
    "functools.partial(getattr, f(X))('format')(Point(7))",
    "(lambda find=getattr: find(f(X), 'format')(Point(7)))()",
    "builtins.getattr(f(X), 'format')(Point(7))",
    "vars(builtins)['getattr'](f(X), 'format')(Point(7))",
    "str.__dict__['format'](f(X), Point(7))",
    "f(X).__getattribute__('format')(Point(7))",
    "object.__getattribute__(f(X), 'format')(Point(7))",
    "(lambda find: find('format')(f(X))(Point(7)))(operator.attrgetter)",
    "Text(f(X)).again(Point(7))",
)
_TEXTS = (
    "{0.__init__.__globals__[expected]}",
    "{0.__class__.__init__.__globals__[expected]}",
    "{0.__init__.__globals__[check].__code__.co_consts[1]}",
    "{0.x:{0.__init__.__globals__[expected]}}",
    "x{0._y}",
)


def _test(way: str) -> str:
    return f"assert {way.replace('X', '1')} == expected"


@pytest.mark.parametrize("text", _TEXTS)
@pytest.mark.parametrize("way", _WAYS)
def test_a_text_finds_nothing_private(pool: runner.Pool, way: str, text: str) -> None:
    code = f"def f(x): return {text!r}"
    (refused,) = pool.execute(code, [_SETUP + _test(way)]).tests
    assert "reads the attribute" in refused.message


@pytest.mark.parametrize("text", [text for text in _TEXTS if ":" not in text])
@pytest.mark.parametrize("way", [way for way in _WAYS if "format_map" not in way])
def test_the_control_finds_it(way: str, text: str) -> None:
    """In one process, each of these texts is what the test expects."""
    exec(f"def f(x): return {text!r}\n{_SETUP}{_test(way)}", {"__name__": "control"})


@pytest.mark.parametrize(
    "text", ["x{0.x}", "x{0.x!s}", "x{0.x:{0.x}}", "{{}}{0.__class__.__name__}", "x", "{", "{0.y}"]
)
@pytest.mark.parametrize("way", _WAYS)
def test_public_attributes_are_formatted(pool: runner.Pool, way: str, text: str) -> None:
    """As in one process, also what is raised."""
    use = f"try: found = {way.replace('X', '1')}\nexcept Exception as error: found = repr(error)\n"
    code = f"def f(x): return {text!r}\n"
    space: dict[str, object] = {"__name__": "control"}
    exec(code + _SETUP + use, space)
    test = f"{_SETUP}{use}assert found == {space['found']!r}"
    result = pool.execute(code, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests


_LOGS = """\
import logging
record = logging.makeLogRecord({'args': (Point(7),)})
assert logging.Formatter(f(1), style='{').formatMessage(record) == expected
"""


def test_a_formatter_of_logging_finds_nothing_private(pool: runner.Pool) -> None:
    text = "{args[0].__init__.__globals__[expected]}"
    (refused,) = pool.execute(f"def f(x): return {text!r}", [_SETUP + _LOGS]).tests
    assert "reads the attribute" in refused.message
    exec(f"def f(x): return {text!r}\n{_SETUP}{_LOGS}", {"__name__": "control"})
    honest = "def f(x): return 'x{args[0].x}'"
    result = pool.execute(honest, [_SETUP + _LOGS], min_evidence="values")
    assert result.status == "all_passed", result.tests


_OWN = [
    "assert '{0._y}'.format(Point(f(7))) == '7'",
    "text = '{0._y}'\nassert text.format(Point(f(7))) == '7'",
    "assert getattr('{0._y}', 'format')(Point(f(7))) == '7'",
    "assert operator.methodcaller('format', Point(f(7)))('{0._y}') == '7'",
    "assert operator.attrgetter('x', '_y')(Point(f(7))) == (7, 7) and 'format'",
    "assert getattr(Point(f(7)), 'y', 'format') == 'format' and getattr(Point(7), '_y') == f(7)",
    (
        "import pytest\nwith pytest.raises(AttributeError): getattr(Point(f(7)), 'format')\n"
        "with pytest.raises(AttributeError): call('format')(f(7))"
    ),
    (
        "class Node:\n    def getattr(self, name): return name\n    methodcaller = getattr\n"
        "assert [Node().getattr('format'), f(7)] == ['format', 7]\n"
        "def attrgetter(name): return name + '!'\nassert attrgetter('format') == 'format!'"
    ),
    "import datetime\nassert format(datetime.date(2020, 1, f(7)), '%d') == '07'",
    "class T:\n    def format(self, x): return x\nassert T().format(f(7)) == 7",
    (
        "class T: format = 7\nmatch [f(7), {7: f(1)}]:\n"
        "    case [T.format, {T.format: 1}]: found = True\nassert found"
    ),
    (
        "found = {'format': f(7)}\nfound['format'] += getattr(f(1), 'real')\n"
        "assert found['format'] == 8"
    ),
    (
        "class S(str):\n    def format(self, x): return super().format(x) + '!'\n"
        "assert S('{}').format(f(7)) == '7!'"
    ),
]


@pytest.mark.parametrize("test", _OWN)
def test_texts_of_the_test_format_as_usual(pool: runner.Pool, test: str) -> None:
    result = pool.execute("def f(x): return x", [_SETUP + test], min_evidence="values")
    assert result.status == "all_passed", result.tests


def test_a_method_of_the_solution_may_have_this_name(pool: runner.Pool) -> None:
    code = "class Report:\n    def format(self, x):\n        self.x = x\n        return self\n"
    test = "report = Report()\nreport.format(3)\nassert report.x == 3"
    assert pool.execute(code, [test]).status == "all_passed"
    assert pool.execute(code, [test.replace("== 3", "== 4")]).blame is Blame.CODE
