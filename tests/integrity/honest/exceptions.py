"""Exceptions, exits, and context managers."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "exc group": Honest(
        """\
def f():
    raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])""",
        (
            """\
try:
    f()
except* ValueError as e:
    assert e.exceptions[0].args == ('a',)
except* TypeError:
    pass""",
        ),
    ),
    "raised beside a caught assertion": Honest(
        "def f(n):\n    if n: raise ValueError(n)\n    return 0",
        (
            """\
def attempts():
    for n in range(3):
        try:
            assert f(n) == 1
        except AssertionError:
            try: f(n + 1)
            except ValueError as error: return error.args
assert attempts() == (1,)""",
            """\
import pytest
with pytest.raises(AssertionError): assert f(0) == 1
with pytest.raises(ValueError):
    try: raise KeyError
    finally: f(1)""",
        ),
    ),
    "except star": Honest(
        'def f(): raise ExceptionGroup("g",[ValueError(1),TypeError(2)])',
        (
            """\
try: f()
except* ValueError as eg: assert len(eg.exceptions)==1
except* TypeError as eg: pass""",
        ),
    ),
    "exc attr": Honest(
        """\
class E(Exception):

    def __init__(s, code):
        super().__init__('m')
        s.code = code

def f():
    raise E(5)""",
        (
            """\
try:
    f()
except E as e:
    assert e.code == 5 and str(e) == 'm'
else:
    assert 0""",
            """\
try:
    f()
except Exception as e:
    assert type(e).__name__ == 'E'""",
        ),
    ),
    "pytest raises-like": Honest(
        """\
def f(x):
    if x < 0:
        raise ValueError('neg')
    return x""",
        (
            """\
import contextlib

class Raises:

    def __init__(s, t):
        s.t = t

    def __enter__(s):
        return s

    def __exit__(s, t, v, tb):
        assert t is not None and issubclass(t, s.t)
        s.v = v
        return True
with Raises(ValueError) as r:
    f(-1)
assert 'neg' in str(r.v)""",
            """\
import unittest

class T(unittest.TestCase):

    def test(self):
        with self.assertRaises(ValueError):
            f(-1)
        self.assertEqual(f(2), 2)
r = unittest.TextTestRunner(stream=__import__('io').StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
assert r.wasSuccessful() and r.testsRun == 1""",
        ),
    ),
    "cause": Honest(
        """\
class E(Exception):
    pass

def f():
    try:
        {}['a']
    except KeyError as e:
        raise E('x') from e""",
        (
            """\
try:
    f()
except E as e:
    assert isinstance(e.__cause__, KeyError)
else:
    assert 0""",
        ),
    ),
    "notes": Honest(
        """\
def f():
    e = ValueError('x')
    e.add_note('hint')
    raise e""",
        (
            """\
try:
    f()
except ValueError as e:
    assert e.__notes__ == ['hint']""",
        ),
    ),
    "exit tb": Honest(
        """\
class C:

    def __enter__(s):
        return s

    def __exit__(s, t, v, tb):
        s.seen = (t, str(v), tb is not None)
        return True""",
        (
            """\
c = C()
with c:
    raise ValueError('q')
assert c.seen[0] is ValueError and c.seen[1] == 'q'""",
        ),
    ),
    "exit": Honest(
        """\
import sys

def f():
    sys.exit(3)""",
        (
            """\
try:
    f()
except SystemExit as e:
    assert e.code == 3
else:
    assert 0""",
        ),
    ),
    "exit builtin": Honest(
        """\
def f():
    exit(2)""",
        (
            """\
try:
    f()
except SystemExit as e:
    assert e.code == 2
else:
    assert 0""",
        ),
    ),
    "KeyboardInterrupt expected": Honest(
        """\
def f():
    raise KeyboardInterrupt""",
        (
            """\
try:
    f()
except KeyboardInterrupt:
    pass
else:
    assert 0""",
        ),
    ),
    "exc from cb class": Honest(
        """\
def f(cb):
    try:
        cb()
    except ValueError as e:
        return (type(e).__name__, str(e))""",
        (
            """\
class My(ValueError):
    pass

def cb():
    raise My('m')
assert f(cb) == ('My', 'm')""",
        ),
    ),
    "exc passthrough": Honest(
        """\
def f(cb):
    cb()""",
        (
            """\
class My(Exception):

    def __init__(s, c):
        s.c = c

def cb():
    raise My(3)
try:
    f(cb)
except My as e:
    assert e.c == 3
else:
    assert 0""",
        ),
    ),
    "return exception": Honest(
        """\
def f():
    return ValueError('x')""",
        (
            """\
e = f()
assert isinstance(e, ValueError) and e.args == ('x',) and (str(e) == 'x')""",
        ),
    ),
    "custom exc str": Honest(
        """\
class E(Exception):

    def __str__(s):
        return 'E!' + self_name(s)

def self_name(s):
    return type(s).__name__

def f():
    raise E()""",
        (
            """\
try:
    f()
except E as e:
    assert str(e) == 'E!E'""",
        ),
    ),
    "exc hierarchy": Honest(
        """\
class A(Exception):
    pass

class B(A, KeyError):
    pass

def f():
    raise B('k')""",
        (
            """\
for T in (A, B, KeyError, LookupError):
    try:
        f()
    except T as e:
        assert isinstance(e, B)
    else:
        assert 0""",
            "assert issubclass(B, A) and B.__mro__[1] is A",
        ),
    ),
    "OSError": Honest(
        """\
def f():
    raise FileNotFoundError(2, 'gone', 'x.txt')""",
        (
            """\
try:
    f()
except OSError as e:
    assert e.errno == 2 and e.filename == 'x.txt' and isinstance(e, FileNotFoundError)""",
        ),
    ),
    "UnicodeError": Honest(
        """\
def f():
    b'\\xff'.decode()""",
        (
            """\
try:
    f()
except UnicodeDecodeError as e:
    assert e.start == 0 and e.reason""",
        ),
    ),
    "exc store": Honest(
        """\
class R:

    def __init__(s):
        s.err = None

    def run(s, f):
        try:
            return f()
        except Exception as e:
            s.err = e""",
        (
            """\
r = R()
x = ValueError('z')

def f():
    raise x
r.run(f)
assert r.err is x or r.err.args == ('z',)""",
        ),
    ),
    "json exc": Honest(
        """\
import json

def f(s):
    return json.loads(s)""",
        (
            """\
import json
try:
    f('{')
except json.JSONDecodeError as e:
    assert e.pos == 1 and e.msg
else:
    assert 0""",
        ),
    ),
    "stat exc": Honest(
        """\
import statistics

def f(s):
    return statistics.mean(s)""",
        (
            """\
import statistics
try:
    f([])
except statistics.StatisticsError:
    pass""",
        ),
    ),
    "setup exc": Honest(
        """\
def f():
    raise Bad(3)""",
        (
            """\
try:
    f()
except Bad as e:
    assert e.code == 3
else:
    assert 0""",
        ),
        """\
class Bad(Exception):

    def __init__(self, code):
        super().__init__('bad')
        self.code = code""",
    ),
    "typed exc": Honest(
        """\
class AppError(Exception):
    code=500
    def __init__(s,m,*,detail=None):
        super().__init__(m); s.detail=detail
    def __str__(s): return f"[{s.code}] {s.args[0]}"
class NF(AppError): code=404
def f(): raise NF("x",detail={"a":1})""",
        (
            """\
try:
    f()
except AppError as e:
    assert e.code==404 and e.detail=={"a":1} and str(e)=="[404] x" and type(e).__name__=="NF" and isinstance(e,NF)
else: assert 0""",
        ),
    ),
    "cause chain": Honest(
        """\
def f():
    try:
        int("x")
    except ValueError as e:
        raise RuntimeError("bad") from e
def g():
    try:
        int("x")
    except ValueError:
        raise KeyError("k")
def h():
    try: int("x")
    except ValueError: raise KeyError("k") from None""",
        (
            """\
try: f()
except RuntimeError as e: assert isinstance(e.__cause__, ValueError) and "invalid literal" in str(e.__cause__)
try: g()
except KeyError as e: assert isinstance(e.__context__, ValueError) and e.__cause__ is None
try: h()
except KeyError as e: assert e.__suppress_context__ and e.__cause__ is None""",
        ),
    ),
    "unicode exc": Honest(
        'def f(b): return b.decode("utf-8")',
        (
            """\
try: f(b"\\xff")
except UnicodeDecodeError as e: assert e.start==0 and e.reason
else: assert 0""",
        ),
    ),
    "import err": Honest(
        """\
def f():
    import nonexistent_mod""",
        (
            """\
try: f()
except ImportError as e: assert e.name in ("nonexistent_mod", None)
else: assert 0""",
        ),
    ),
    "self cause": Honest(
        """\
def f():
    e=ValueError("x")
    raise e from e""",
        (
            """\
try: f()
except ValueError as e: assert e.args==("x",)""",
        ),
    ),
    "setup exc back": Honest(
        """\
def f(x):
    if x<0: raise Bad(x,"neg")
    return x""",
        (
            """\
try: f(-1)
except Bad as e: assert e.code==-1 and str(e)=="neg: -1"
else: assert 0""",
        ),
        """\
class Bad(Exception):
    def __init__(self, code, msg):
        super().__init__(f"{msg}: {code}")
        self.code=code
        self._m=msg
""",
    ),
    "ctx": Honest(
        """\
class C:

    def __enter__(s):
        return 5

    def __exit__(s, *a):
        return True""",
        (
            """\
with C() as x:
    assert x == 5
    raise ValueError""",
        ),
    ),
    "ctx deco on test": Honest(
        """\
import contextlib

@contextlib.contextmanager
def swallow(*types):
    try:
        yield
    except types:
        pass""",
        (
            """\
with swallow(KeyError):
    raise KeyError
try:
    with swallow(KeyError):
        raise ValueError('v')
except ValueError as e:
    assert e.args == ('v',)""",
        ),
    ),
    "errors of the standard library": Honest(
        """\
import argparse, configparser, csv, io, sqlite3, subprocess, xml.etree.ElementTree as tree, zipfile

def insert_twice():
    base = sqlite3.connect(":memory:")
    base.execute("create table t (x unique)")
    base.executemany("insert into t values (?)", [(1,), (1,)])

def read(text):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser.get("a", "b")

def parse(text): return tree.fromstring(text).tag
def unpack(data): return zipfile.ZipFile(io.BytesIO(data)).namelist()
def fail(status): raise subprocess.CalledProcessError(status, ["ls"])
def positive(text):
    if int(text) <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return int(text)
def rows(text): return list(csv.reader([text], strict=True))""",
        (
            """\
import sqlite3
try:
    insert_twice()
    assert False
except sqlite3.IntegrityError as error:
    assert 'UNIQUE' in str(error) and isinstance(error, sqlite3.Error)""",
            """\
import configparser, xml.etree.ElementTree as ET, zipfile, argparse, csv, unittest
case = unittest.TestCase()
with case.assertRaises(configparser.NoSectionError) as caught:
    read('')
assert caught.exception.section == 'a'
case.assertRaises(configparser.Error, read, '[a]')
case.assertRaises(ET.ParseError, parse, '<a>')
case.assertRaises(zipfile.BadZipFile, unpack, b'')
case.assertRaisesRegex(argparse.ArgumentTypeError, 'not positive', positive, '0')
case.assertRaises(csv.Error, rows, '"a"b')
assert parse('<a/>') == 'a' and positive('3') == 3""",
            """\
import subprocess
try:
    fail(3)
    assert False
except subprocess.CalledProcessError as error:
    assert error.returncode == 3 and error.cmd == ['ls']""",
        ),
    ),
    "exceptions of libraries that the test raises": Honest(
        """\
import urllib.error
class Failed(Exception):
    def __init__(self, code): self.code = code
def load(fetch):
    try:
        return fetch('http://a')
    except urllib.error.HTTPError as error:
        raise Failed((error.code, error.reason, error.url)) from error
    except ValueError as error:
        return error.line
    except OSError as error:
        return error.filename, error.errno""",
        (
            """\
import io, urllib.error
from unittest.mock import Mock
import pytest
fetch = Mock(side_effect=urllib.error.HTTPError('http://a', 503, 'busy', {}, io.BytesIO()))
with pytest.raises(Failed) as caught:
    load(fetch)
assert caught.value.code == (503, 'busy', 'http://a')
assert isinstance(caught.value.__cause__, urllib.error.HTTPError)""",
            """\
from unittest.mock import Mock
error = ValueError(1)
error.line = 3
assert load(Mock(side_effect=error)) == 3
assert load(Mock(side_effect=FileNotFoundError(2, 'none', 'a.txt'))) == ('a.txt', 2)""",
        ),
    ),
    "causes of exceptions of the test": Honest(
        "def load(find, error):\n    try: return find()\n"
        "    except Exception as found: raise error('no') from found\n"
        "def plain(error): raise error('no')\n",
        (
            """\
import pytest
class Missing(Exception):
    def __init__(self, key): self.key = key
class Failed(RuntimeError): pass
def find(): raise Missing('a')
with pytest.raises(Failed, match='no') as caught: load(find, Failed)
assert isinstance(caught.value.__cause__, Missing) and caught.value.__cause__.key == 'a'
with pytest.raises(Failed) as caught: load({}.popitem, Failed)
assert type(caught.value.__cause__) is KeyError
with pytest.raises(Failed) as caught: plain(Failed)
assert caught.value.__cause__ is None""",
        ),
    ),
}
