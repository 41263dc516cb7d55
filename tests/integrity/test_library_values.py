"""A test hands over values of library classes: named tuples, texts and containers of their own."""

import pytest

import runner
from runner.models import Evidence

_IMPORTS = (
    "import ast, difflib, email.header, http.cookies, inspect, io, json, os, sched, shutil, string,"
    " sys, time, tokenize, types, urllib.parse\n"
)

#: What makes a value whose class a library derives from a builtin type, and its parts by name.
_VALUES = {
    "time.gmtime(86400)": "x.tm_yday, x[0], len(x), x.tm_zone, x.tm_gmtoff",
    "time.struct_time((2020, 1, 2, 3, 4, 5, 6, 7, 0), {'tm_zone': 'X'})": "x.tm_zone, x.tm_hour",
    "urllib.parse.urlparse('http://a.b:80/c?d')": "x.hostname, x.port, x[2], x.geturl()",
    "urllib.parse.urlsplit('http://a.b/c')": "x.netloc, x._replace(path='/d').geturl()",
    "difflib.SequenceMatcher(None, 'ab', 'xab').get_matching_blocks()[0]": "x.a, x.b, x.size",
    "next(tokenize.generate_tokens(io.StringIO('x = 1').readline))": "x.string, x.start, x[0]",
    "inspect.getfullargspec(lambda a, *b: 0)": "x.args, x.varargs, x[0]",
    "shutil._ntuple_diskusage(3, 2, 1)": "x.total, x.free, sum(x)",
    "os.terminal_size((80, 24))": "x.columns, x.lines, x[1]",
    "http.cookies.SimpleCookie('a=b; c=d')": "sorted(x), x['a'].value, len(x)",
    "sys.float_info": "x.max, x.dig, x[0]",
}

_USE = {
    "a builtin takes a structure": (
        "import time\ndef f(x): return time.strftime('%Y-%m-%d', x), time.asctime(x)[:3]",
        "import time\nassert f(time.gmtime(0)) == ('1970-01-01', 'Thu')",
    ),
    "its class is a library's": (
        (
            "import time, urllib.parse\n"
            "def f(x): return isinstance(x, (time.struct_time, urllib.parse.ParseResult))"
        ),
        "import time, urllib.parse\nassert f(time.gmtime(0)) and f(urllib.parse.urlparse('a'))",
    ),
    "in a list": (
        "def f(xs): return [each.size for each in xs]",
        (
            "import difflib\n"
            "blocks = difflib.SequenceMatcher(None, 'abc', 'abd').get_matching_blocks()\n"
            "assert f(blocks) == [2, 0]"
        ),
    ),
    "a container that the solution changes": (
        "def f(jar):\n    jar['new'] = 'x'\n    del jar['old']",
        (
            "import http.cookies\njar = http.cookies.SimpleCookie('old=1; kept=2')\nf(jar)\n"
            "assert sorted(jar) == ['kept', 'new'] and jar['new'].value == 'x'"
        ),
    ),
    "back as it was": (
        "def f(x): return x",
        (
            "import time, difflib\n"
            "assert f(time.gmtime(0))[:3] == (1970, 1, 1)\n"
            "assert f(difflib.Match(1, 2, 3)) == (1, 2, 3)"
        ),
    ),
}

_TEXT = """
class Text(str):
    def shout(self, mark="!"): return self.upper() + mark
    def filled(self, value): return self.format(value)
    def format(self, *args): return super().format(*args)
    pretty = str.format
    kept = property(lambda self: self + "?")
"""


def test_methods_of_a_text_of_the_tests_own_class(pool: runner.Pool) -> None:
    code = "def f(text): return text.shout(), text.shout('.'), text.kept, text.filled(3)"
    test = f"{_TEXT}assert f(Text('a')) == ('A!', 'A.', 'a?', 'a')"
    result = pool.execute(code, [test])
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error


@pytest.mark.parametrize("use", ["pretty({})", "pretty(f)", "filled(f)", "filled({})"])
def test_such_a_method_reaches_no_other_object(pool: runner.Pool, use: str) -> None:
    """A text that is formatted could read what the judge knows of an object."""
    test = f"{_TEXT}assert f(Text('{{0.__class__}}')) is not None"
    assert pool.execute(f"def f(text): return text.{use}", [test]).passed == 0


_LIES = """
class Any:
    def __eq__(self, other): return True
    __hash__ = None
def derived(x):
    class Derived(type(x)):
        __slots__ = ()
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __getattribute__(self, name): return Any()
        __hash__ = None
    return tuple.__new__(Derived, x)
def patched(x):
    kind = type(x)
    try:
        kind.__eq__ = lambda self, other: True
        kind.a = Any()
    except TypeError:
        pass
    return x[0]
def replaced(x):
    import difflib
    difflib.Match.size = Any()
    return difflib.Match(0, 0, 9)
"""


@pytest.mark.parametrize("made", _VALUES)
def test_the_solution_reads_the_parts(pool: runner.Pool, made: str) -> None:
    code = f"import time\ndef f(x): return {_VALUES[made]}"
    result = pool.execute(code, [f"{_IMPORTS}x = {made}\nassert f(x) == ({_VALUES[made]})"])
    assert result.status == "all_passed", result.error
    assert result.evidence is Evidence.VALUES
    wrong = f"def f(x): return tuple({_VALUES[made]}) + (1,)"
    assert (
        pool.execute(wrong, [f"{_IMPORTS}x = {made}\nassert f(x) == ({_VALUES[made]})"]).passed == 0
    )


@pytest.mark.parametrize(("code", "test"), _USE.values(), ids=_USE)
def test_the_solution_uses_them(pool: runner.Pool, code: str, test: str) -> None:
    exec(f"{code}\n{test}", {})
    result = pool.execute(code, [test])
    assert result.status == "all_passed", result.error


@pytest.mark.parametrize(
    "lie",
    ["derived(x) == (1, 2, 3)", "patched(x) == 1", "x.b == patched(x)", "replaced(x).size == 3"],
)
def test_a_solution_that_lies_about_them_fails(pool: runner.Pool, lie: str) -> None:
    result = pool.execute(_LIES, [f"import difflib\nx = difflib.Match(7, 2, 5)\nassert {lie}"])
    assert result.passed == 0
    assert result.conclusive
