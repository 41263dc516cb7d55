"""Standard streams and streams in memory."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "prints": Honest(
        """\
def f():
    print('hi')
import sys

def g():
    sys.stderr.write('e')""",
        (
            """\
import io, contextlib
b = io.StringIO()
with contextlib.redirect_stdout(b):
    f()
    print('x')
    f()
assert b.getvalue() == 'hi\\nx\\nhi\\n'""",
            """\
import sys, io
o = sys.stdout
sys.stdout = io.StringIO()
f()
s = sys.stdout.getvalue()
sys.stdout = o
assert s == 'hi\\n'""",
            """\
from unittest.mock import patch
import io
with patch('sys.stdout', new_callable=io.StringIO) as m:
    f()
    assert m.getvalue() == 'hi\\n'""",
        ),
    ),
    "input": Honest(
        """\
def f():
    return int(input()) + 1""",
        (
            """\
import io, sys
sys.stdin = io.StringIO('4\\n')
assert f() == 5""",
            """\
from unittest.mock import patch
with patch('builtins.input', return_value='4'):
    assert f() == 5""",
        ),
    ),
    "stringio": Honest(
        """\
def f(fp):
    return fp.read().upper()

def w(fp):
    fp.write('x')""",
        (
            """\
import io
assert f(io.StringIO('ab')) == 'AB'""",
            """\
import io
b = io.StringIO()
w(b)
assert b.getvalue() == 'x'""",
        ),
    ),
    "stringio csv": Honest(
        """\
import csv

def rows(fp):
    return list(csv.DictReader(fp))

def lines(fp):
    return [l.strip() for l in fp]""",
        (
            """\
import io
assert rows(io.StringIO('a,b\\n1,2\\n')) == [{'a': '1', 'b': '2'}]
assert lines(io.StringIO('x\\ny\\n')) == ['x', 'y']""",
        ),
    ),
    "file-like stdout": Honest(
        """\
import sys

def f():
    sys.stdout.write('a')
    sys.stdout.flush()""",
        ("f()",),
    ),
    "print file cb": Honest(
        """\
def f(out):
    print('x', file=out)""",
        (
            """\
import io
b = io.StringIO()
f(b)
assert b.getvalue() == 'x\\n'""",
        ),
    ),
    "bytesio": Honest(
        """\
def f(b):
    return b.read(2)""",
        (
            """\
import io
assert f(io.BytesIO(b'abc')) == b'ab'""",
        ),
    ),
    "stderr redirect": Honest(
        """\
import sys

def f():
    print('e', file=sys.stderr)""",
        (
            """\
import io, contextlib
b = io.StringIO()
with contextlib.redirect_stderr(b):
    f()
assert b.getvalue() == 'e\\n'""",
        ),
    ),
    "stderr": Honest(
        """\
import sys
def f(): print("err",file=sys.stderr); print("out")""",
        (
            """\
import io, contextlib
e=io.StringIO(); o=io.StringIO()
with contextlib.redirect_stderr(e), contextlib.redirect_stdout(o): f()
assert e.getvalue()=="err\\n" and o.getvalue()=="out\\n"
""",
        ),
    ),
    "temporary files in memory": Honest(
        """\
import tempfile

def f(text):
    with tempfile.NamedTemporaryFile("w+") as named, tempfile.TemporaryFile() as plain:
        named.write(text)
        plain.write(text.encode())
        named.seek(0)
        plain.seek(0)
        return named.read(), plain.read()

def g():
    return tempfile.gettempdir()""",
        ("assert f('abc') == ('abc', b'abc')", "assert g() == '/tmp'"),
    ),
}
