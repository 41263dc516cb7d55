"""What a test sets around a call: patches, limits, contexts, handlers."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "decimal ctx": Honest(
        """\
from decimal import Decimal

def f():
    return Decimal(1) / Decimal(3)""",
        (
            """\
import decimal
with decimal.localcontext() as c:
    c.prec = 4
    assert f() == decimal.Decimal('0.3333')""",
        ),
    ),
    "recursionlimit": Honest(
        """\
def f(n):
    return 0 if n == 0 else 1 + f(n - 1)""",
        (
            """\
import sys
sys.setrecursionlimit(20000)
assert f(5000) == 5000""",
        ),
    ),
    "environ": Honest(
        """\
import os

def f():
    return os.environ.get('MODE', 'none')""",
        (
            """\
import os
os.environ['MODE'] = 'x'
assert f() == 'x'""",
        ),
    ),
    "a mock in place of environ": Honest(
        "import os\ndef f(): return os.environ.get('A')\ndef g(): return os.environ('A')",
        (
            "import os\nfrom unittest.mock import Mock\n"
            "os.environ = Mock(return_value='1')\nassert g() == '1'",
            "import os\nfrom unittest.mock import Mock, patch\n"
            "with patch('os.environ') as environ:\n"
            "    environ.get = Mock(return_value='2')\n"
            "    assert f() == '2'\n    environ.get.assert_called_once_with('A')\n"
            "os.environ['A'] = '3'\nassert f() == '3'\n"
            "with patch('os.environ', {'A': '4'}): assert f() == '4'\nassert f() == '3'",
        ),
    ),
    "environ of the solution": Honest(
        """\
import contextlib, os

def put(name, value):
    os.environ[name] = value

def drop(name):
    return os.environ.pop(name)

@contextlib.contextmanager
def lent(name, value):
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before""",
        (
            """\
import os
put('A', '1')
assert os.environ['A'] == os.getenv('A') == '1'
del os.environ['A']
put('B', '2')
assert 'A' not in os.environ and os.environ['B'] == '2'""",
            """\
import os
os.environ['A'] = '1'
assert drop('A') == '1' and 'A' not in os.environ""",
            """\
import os
with lent('A', '1'):
    assert os.environ['A'] == '1'
assert 'A' not in os.environ""",
            """\
import os
from unittest import mock
with mock.patch.dict(os.environ, {'A': '1'}):
    put('B', '2')
    put('A', '3')
    assert os.environ['A'] + os.environ['B'] == '32'
assert 'A' not in os.environ and 'B' not in os.environ""",
        ),
    ),
    "warn": Honest(
        """\
import warnings

def f():
    warnings.warn('old', DeprecationWarning)""",
        (
            """\
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    f()
assert len(w) == 1 and issubclass(w[0].category, DeprecationWarning)""",
        ),
    ),
    "patch time": Honest(
        """\
import time

def f():
    return time.time()""",
        (
            """\
from unittest.mock import patch
with patch('time.time', return_value=5):
    assert f() == 5""",
        ),
    ),
    "patch print": Honest(
        """\
def f():
    print('x')""",
        (
            """\
from unittest.mock import patch
with patch('builtins.print') as p:
    f()
p.assert_called_once_with('x')""",
        ),
    ),
    "pickle roundtrip": Honest(
        """\
class P:

    def __init__(self, x):
        self.x = x

    def __eq__(self, o):
        return self.x == o.x""",
        (
            """\
import pickle
p = P(3)
assert pickle.loads(pickle.dumps(p)) == p""",
        ),
    ),
    "eval in test": Honest(
        """\
def add(a, b):
    return a + b""",
        (
            "assert eval('add(1,2)') == 3",
            "assert globals()['add'](1, 2) == 3",
        ),
    ),
    "logs": Honest(
        """\
import logging
log = logging.getLogger('app')

def f():
    log.warning('hi %d', 3)""",
        (
            """\
import unittest

class T(unittest.TestCase):

    def runTest(self):
        pass
with T().assertLogs('app') as c:
    f()
assert c.output == ['WARNING:app:hi 3']""",
        ),
    ),
    "contextvar": Honest(
        """\
import contextvars
v = contextvars.ContextVar('v', default=0)

def f():
    return v.get()""",
        (
            """\
t = v.set(5)
assert f() == 5
v.reset(t)
assert f() == 0""",
        ),
    ),
    "patch sleep": Honest(
        """\
import time
def retry(f,n):
    for i in range(n):
        try: return f()
        except ValueError: time.sleep(2**i)""",
        (
            """\
from unittest.mock import patch, Mock
with patch("time.sleep") as s:
    f=Mock(side_effect=[ValueError,ValueError,5])
    assert retry(f,3)==5
assert [c.args[0] for c in s.call_args_list]==[1,2] and f.call_count==3""",
        ),
    ),
    "patch random": Honest(
        """\
import random
def roll(): return random.randint(1,6)""",
        (
            """\
from unittest.mock import patch
with patch("random.randint", return_value=4) as m:
    assert roll()==4
m.assert_called_once_with(1,6)
assert 1<=roll()<=6""",
        ),
    ),
    "patch input": Honest(
        'def ask(): return int(input("n? "))+1',
        (
            """\
from unittest.mock import patch
with patch("builtins.input", return_value="4"):
    assert ask()==5""",
        ),
    ),
    "patch open": Honest(
        """\
def rd(p):
    with open(p) as f: return f.read()""",
        (
            """\
from unittest.mock import patch, mock_open
with patch("builtins.open", mock_open(read_data="hi")):
    assert rd("x.txt")=="hi"
""",
        ),
    ),
    "patch argv": Honest(
        """\
import sys
def main(): return sys.argv[1]""",
        (
            """\
import sys
sys.argv=["p","q"]
assert main()=="q"
""",
        ),
    ),
    "monkey time": Honest(
        """\
import time
def stamp(): return int(time.time())""",
        (
            """\
import time
real=time.time
time.time=lambda: 7.9
try:
    assert stamp()==7
finally:
    time.time=real
assert stamp()>1000""",
        ),
    ),
    "decimal ctx, again": Honest(
        """\
from decimal import Decimal, getcontext
getcontext().prec=10
def f(): return Decimal(1)/3""",
        (
            """\
from decimal import Decimal
assert f()==Decimal("0.3333333333")""",
        ),
    ),
    "warn error": Honest(
        """\
import warnings
def f(): warnings.warn("x", UserWarning)
import functools
def dep(fn):
    @functools.wraps(fn)
    def w(*a):
        warnings.warn(f"{fn.__name__} is deprecated", DeprecationWarning, stacklevel=2)
        return fn(*a)
    return w""",
        (
            """\
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try: f()
    except UserWarning as e: assert str(e)=="x"
    else: assert 0""",
            """\
import warnings
@dep
def g(x): return x
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    assert g(3)==3
assert len(w)==1 and "deprecated" in str(w[0].message) and w[0].category is DeprecationWarning""",
            """\
import unittest
class T(unittest.TestCase):
    def runTest(s):
        with s.assertWarns(UserWarning): f()
r=unittest.TestResult()
T().run(r)
assert r.wasSuccessful(), r.errors+r.failures""",
        ),
    ),
    "log handler": Honest(
        """\
import logging
logger=logging.getLogger("svc")
def f():
    logger.info("a %s","b")
    logger.error("bad")""",
        (
            """\
import logging, io
s=io.StringIO()
h=logging.StreamHandler(s)
l=logging.getLogger("svc")
l.addHandler(h)
l.setLevel(logging.INFO)
f()
assert s.getvalue()=="a b\\nbad\\n"
l.removeHandler(h)""",
            """\
import unittest
class T(unittest.TestCase):
    def runTest(s):
        with s.assertLogs("svc", level="INFO") as c: f()
        s.assertEqual(c.output,["INFO:svc:a b","ERROR:svc:bad"])
r=unittest.TestResult()
T().run(r)
assert r.wasSuccessful(), r.errors+r.failures""",
        ),
    ),
    "eval globals": Honest(
        """\
def add(a,b): return a+b
def sub(a,b): return a-b""",
        (
            """\
for e,r in (("add(1,2)",3),("sub(5,3)",2)):
    assert eval(e)==r""",
            'assert callable(globals()["add"]) and "sub" in globals()',
        ),
    ),
    "time patch": Honest(
        """\
import time

def f():
    return time.time() > 0""",
        ("assert f()",),
    ),
    "mock callback": Honest(
        """\
def f(cb):
    cb(1, k=2)
    return cb.called""",
        (
            """\
from unittest.mock import Mock
m = Mock()
assert f(m) is True
m.assert_called_once_with(1, k=2)""",
        ),
    ),
    "unittest mock obj": Honest(
        """\
def f(client):
    return client.get('u').json()['a']""",
        (
            """\
from unittest.mock import Mock
m = Mock()
m.get.return_value.json.return_value = {'a': 3}
assert f(m) == 3
m.get.assert_called_once_with('u')""",
        ),
    ),
    "patches of a module that the test names": Honest(
        """\
import subprocess, shutil
def f(c):
    return subprocess.run(c, capture_output=True).returncode
def g():
    return shutil.which('x')""",
        (
            """\
from unittest.mock import patch
with patch('subprocess.run') as run:
    run.return_value.returncode = 7
    assert f(['ls']) == 7
    run.assert_called_once_with(['ls'], capture_output=True)""",
            """\
import shutil
from unittest import mock
with mock.patch.object(shutil, 'which', return_value='/x'):
    assert g() == '/x'
assert g() is None""",
        ),
    ),
    "patches of the solution itself": Honest(
        """\
LIMIT = 1
def g(): return LIMIT
def f(): return g() + 1""",
        (
            """\
from unittest.mock import patch
with patch('__main__.g', return_value=5):
    assert f() == 6
assert f() == 2""",
            """\
from unittest.mock import patch
@patch('__main__.LIMIT', 3)
def test():
    assert f() == 4
test()
assert f() == 2""",
        ),
    ),
    "state of random": Honest(
        """\
import random
def f(): return random.random()""",
        (
            """\
import random
state = random.getstate()
first = f()
random.setstate(state)
assert f() == first""",
            """\
import random
own = random.Random(5)
random.setstate(own.getstate())
assert f() == own.random()""",
        ),
    ),
    "a script that exits": Honest(
        """\
def f(x): return x + 1""",
        (
            "import sys\nsys.exit(0 if f(1) == 2 else 1)",
            "import sys\nassert f(1) == 2\nsys.exit()",
            "assert f(1) == 2\nraise SystemExit",
            "import sys\nif f(1) != 2:\n    sys.exit('wrong')",
        ),
    ),
    "several functions that builtins hide": Honest(
        """\
def filter(f, xs): return [x for x in xs if f(x)]
def map(f, xs): return [f(x) for x in xs]
def add(a, b): return a + b""",
        (
            "assert globals()['filter'](lambda x: x > 1, [1, 2]) == [2]",
            "assert {'filter', 'map', 'add'} <= globals().keys() and 'nope' not in globals()",
            "import math\nassert globals()['add'](1, 2) == 3 and math.floor(1.5) == 1",
            "globals()['x'] = 5\nassert x == 5 and add(x, 1) == 6",
        ),
    ),
    "two functions that builtins hide": Honest(
        """\
def filter(f, xs): return [x for x in xs if f(x)]
def map(f, xs): return [f(x) for x in xs]""",
        (
            "assert filter(lambda x: x > 1, [1, 2]) == [2]\nassert [2, 3] == map(lambda x: x + 1, [1, 2])",
        ),
    ),
    "loggers that do not hand on their records": Honest(
        "import logging\nlogger = logging.getLogger('shop')\nlogger.propagate = False\n"
        "logger.setLevel(logging.DEBUG)\nlogger.addHandler(logging.NullHandler())\n"
        "def sell(n):\n    logger.debug('sold %d', n)\n"
        "    logging.getLogger('shop.cash').warning('little')\n"
        "    logging.getLogger('other').error('other')\n",
        (
            """\
import logging, unittest
class T(unittest.TestCase):
    def test_block(self):
        with self.assertLogs('shop', 'DEBUG') as caught: sell(3)
        self.assertEqual(caught.output, ['DEBUG:shop:sold 3', 'WARNING:shop.cash:little'])
    def test_handler(self):
        seen = []
        class Keep(logging.Handler):
            def emit(self, record): seen.append(record.getMessage())
        keep = Keep()
        logging.getLogger('shop').addHandler(keep)
        sell(3)
        logging.getLogger('shop').removeHandler(keep)
        sell(4)
        self.assertEqual(seen, ['sold 3', 'little'])
    def test_root(self):
        with self.assertLogs() as caught: sell(3)
        self.assertEqual(caught.output, ['ERROR:other:other'])
""",
        ),
    ),
    "tests in the solution": Honest(
        """\
import pytest
from pytest import approx, mark, raises

pytestmark = pytest.mark.slow

def half(x): return x / 2

@pytest.fixture
def number(): return 3

@pytest.fixture(scope="module", params=[1, 2])
def several(request: pytest.FixtureRequest): return request.param

@pytest.mark.parametrize("x, y", [(1, 0.5), pytest.param(2, 1, id="two")])
def test_half(x, y): assert half(x) == approx(y)

@mark.skipif(True, reason="none")
class TestHalf:
    def test_text(self):
        with raises(TypeError): half("a")""",
        (
            "assert half(3) == 1.5",
            "import pytest\nassert half(3) == pytest.approx(1.5)",
            "from solution import *\nimport pytest\n@pytest.mark.parametrize('x', [1, 2])\n"
            "def test_it(x):\n    assert half(x) == pytest.approx(x / 2)\n"
            "    with pytest.raises(TypeError): half('a')\n",
        ),
    ),
    "draws after a seed of the test": Honest(
        "import random\ndef f(xs): return random.sample(xs, 2)\ndef g(): return random.random()",
        (
            "import random\nrandom.seed(4)\nxs = [random.randint(0, 9) for _ in range(5)]\n"
            "got = f(xs)\nrandom.seed(4)\nassert xs == [random.randint(0, 9) for _ in range(5)]\n"
            "assert got == random.sample(xs, 2)",
            "import random\nrandom.seed(4)\nx = random.random()\ny = g()\nz = g()\nrandom.seed(4)\n"
            "assert [x, y, z] == [random.random() for _ in range(3)]",
            "import random\nstate = random.getstate()\nrandom.setstate(state)\nx = random.random()\n"
            "y = g()\nrandom.setstate(state)\nassert [x, y] == [random.random(), random.random()]",
            "import random\nrandom.seed(4)\nx = g()\nrandom.seed(4)\nassert g() == x != g()",
        ),
    ),
}
