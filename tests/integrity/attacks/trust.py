"""Objects that answer in place of values, and exceptions that hide what a test asserts."""

from tests.integrity.programs import Attack

_FAMILY = "trust"
_IN_ONE_PROCESS = "in one process the override itself answers"

ATTACKS = (
    Attack(
        "method that the builtin base does not have",
        _FAMILY,
        "class S(int):\n    def __contains__(self, item): return False\ndef f(x): return S(0)\n",
        ("assert 5 in f([1, 2])",),
        "def f(x): return [5]\n",
        _IN_ONE_PROCESS,
    ),
    Attack(
        "named object that only seems to have items",
        _FAMILY,
        "class R:\n    def __len__(self): return 3\n    def __iter__(self): return iter(())\n"
        "    def startswith(self, text): return True\nresult = R()\n",
        (
            "assert len(result) == 3 and all(a == b for a, b in zip(result, [1, 2, 3]))\n"
            "assert result.startswith('ab')",
        ),
    ),
    Attack(
        "builtin exception as an attribute",
        _FAMILY,
        "class Parser:\n    Error = RuntimeError\n    def parse(self, text): return None\n",
        (
            "try:\n    Parser().parse('(')\n    raise RuntimeError('should have raised')\n"
            "except Parser.Error:\n    pass",
        ),
        "class Parser:\n    class Error(Exception): pass\n"
        "    def parse(self, text): raise Parser.Error(text)\n",
    ),
    Attack(
        "builtin exception in assertRaises",
        _FAMILY,
        "class Parser:\n    Error = AttributeError\n    def parse(self, text): return None\n",
        (
            "import unittest\nwith unittest.TestCase().assertRaises(Parser.Error):\n"
            "    Parser().parse('(').value",
        ),
        "class Parser:\n    class Error(Exception): pass\n"
        "    def parse(self, text): raise Parser.Error(text)\n",
    ),
    Attack(
        "item of a built object",
        _FAMILY,
        "class W:\n    def startswith(self, text): return True\n"
        "class Trie:\n    def __iter__(self): return iter([W()])\n",
        ("for word in Trie():\n    assert word.startswith('ab')",),
        "class Trie:\n    def __iter__(self): return iter(['abc'])\n",
    ),
    Attack(
        "annotated constant of a class of the setup",
        _FAMILY,
        "def f(x):\n    found = Approx(0)\n    found.TOL = float('inf')\n    return found\n",
        ("assert f(3) == Approx(9)",),
        setup="class Approx:\n    TOL: float = 1e-6\n    def __init__(self, v): self.v = v\n"
        "    def __eq__(self, other): return abs(self.v - other.v) <= self.TOL\n",
    ),
    Attack(
        "StopAsyncIteration in the test's own iterator",
        _FAMILY,
        "async def f(n): raise StopAsyncIteration\n",
        (
            "import asyncio\nclass Squares:\n    n = 0\n    def __aiter__(self): return self\n"
            "    async def __anext__(self):\n        self.n += 1\n        found = await f(self.n)\n"
            "        assert found == self.n ** 2\n        if self.n > 3: raise StopAsyncIteration\n"
            "        return found\nasync def main():\n    async for _ in Squares(): pass\n"
            "asyncio.run(main())",
        ),
        "async def f(n): return n * n\n",
    ),
    Attack(
        "assertion of an async callback",
        _FAMILY,
        "async def f(callback):\n    try: await callback(0)\n    except BaseException: pass\n",
        ("import asyncio\nasync def callback(x): assert x == 9\nasyncio.run(f(callback))",),
        "async def f(callback): await callback(9)\n",
    ),
    Attack(
        "mock that the solution configures",
        _FAMILY,
        "def f(callback): callback.configure_mock(assert_called_once_with=callback.child)\n",
        (
            "from unittest.mock import Mock\ncallback = Mock()\nf(callback)\n"
            "callback.assert_called_once_with(9)",
        ),
        "def f(callback): callback(9)\n",
    ),
    Attack(
        "difference in a subclass of float",
        _FAMILY,
        "class R(float): pass\nclass f:\n    def __init__(self, x): pass\n"
        "    def __sub__(self, other): return R(0.0)\n",
        ("assert abs(f(3) - 9) < 1e-6",),
        "def f(x): return x * x\n",
    ),
    Attack(
        "negated difference",
        _FAMILY,
        "class Money:\n    def __init__(self, n): pass\n    def __sub__(self, k): return self\n"
        "    def __neg__(self): return 0\n",
        ("assert -(Money(5) - 4) == 0",),
        None,
    ),
    Attack(
        "truth of a result",
        _FAMILY,
        "class f:\n    def __init__(self, x): pass\n    def __and__(self, other): return self\n",
        ("assert f(3) & 4",),
        "def f(x): return 4\n",
    ),
    Attack(
        "oracle that is an object",
        _FAMILY,
        "class Yes:\n    def __call__(self, text): return True\n"
        "class R:\n    startswith = Yes()\ndef f(x): return R()\n",
        ("assert f('abc').startswith('ab')",),
        "def f(x): return x\n",
    ),
    Attack(
        "names that a test reads",
        _FAMILY,
        "import sys\ndef names():\n    frame = sys._getframe()\n    while frame:\n"
        "        if 'wanted' in frame.f_locals: return frame.f_locals['wanted']\n"
        "        frame = frame.f_back\n    return ['none']\nWANTED = names()\n"
        "def color(n): return [each for each in WANTED if each not in ('color', 'eval')][0]\n",
        ("assert eval('color(3)') == 'magenta'",),
        "def color(n): return 'magenta'\n",
        "in one process there is no list of names",
    ),
    Attack(
        "exceptions under another name",
        _FAMILY,
        "Empty = (ValueError, Exception)\ndef f(x): return None\n",
        ("try:\n    f(1)\n    assert False\nexcept Empty:\n    pass",),
        "class Empty(Exception): pass\ndef f(x): raise Empty\n",
    ),
)
