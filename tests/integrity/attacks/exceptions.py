"""Exceptions of the solution that hide the assertions of a test, and exceptions of the test."""

from tests.integrity.programs import Attack

_FAMILY = "exceptions"
_NOTHING = "def f(x): return None\n"
_RAISES = "class Err(Exception): pass\ndef f(x): raise Err(x)\n"
_SQUARE = "def f(x): return x * x\n"
_ASYNC_SQUARE = "async def f(x): return x * x\n"

#: What a test asks of the exception that it has caught: each is true of its own assertion as well.
_QUESTIONS = {
    "isinstance": ("Exception", "assert isinstance(error, Err)"),
    "a comparison of classes": ("AssertionError", "assert type(error) == Err"),
    "a comparison the other way round": ("AssertionError", "assert Err == type(error)"),
    "a tuple of classes": ("AssertionError", "assert type(error) in (Err, KeyError)"),
    "issubclass": ("Exception", "assert issubclass(type(error), Err)"),
    "match": ("Exception", "match error:\n        case Err(): pass\n        case _: raise"),
}
_ALIASES = [
    Attack(
        f"builtin exception under another name, by {name}",
        _FAMILY,
        f"Err = {alias}\n{_NOTHING}",
        (f"try:\n    f(1)\n    assert False\nexcept Exception as error:\n    {question}",),
        _RAISES,
    )
    for name, (alias, question) in _QUESTIONS.items()
] + [
    Attack(
        "builtin exception under another name, asked for later",
        _FAMILY,
        f"Err = Exception\n{_NOTHING}",
        (
            "caught = []\ntry:\n    f(1)\n    assert False\nexcept Exception as error:\n"
            "    caught.append(error)\nassert all(isinstance(each, Err) for each in caught)",
        ),
        _RAISES,
    ),
    Attack(
        "class that takes the test's exceptions for its instances",
        _FAMILY,
        "from abc import ABC\nclass Err(ABC): pass\nErr.register(Exception)\n" + _NOTHING,
        (
            "try:\n    f(1)\n    assert False\nexcept Exception as error:\n"
            "    assert isinstance(error, Err)",
        ),
        _RAISES,
    ),
    Attack(
        "builtin exception that the test has passed before",
        _FAMILY,
        "class Parser:\n    Err = Exception\n    def parse(self, text, error): return None\n",
        (
            "parser = Parser()\ntry:\n    parser.parse('(', Exception)\n    assert False\n"
            "except parser.Err:\n    pass",
        ),
        "class Parser:\n    class Err(Exception): pass\n"
        "    def parse(self, text, error): raise Parser.Err(text)\n",
    ),
    Attack(
        "builtin exception that takes a group with an assertion",
        _FAMILY,
        "Err = Exception\nasync def f(x):\n    if not x: raise ValueError\n    return 0\n",
        (
            "import asyncio\nasync def one(x): assert await f(x) == x * x\nasync def main():\n"
            "    try:\n        async with asyncio.TaskGroup() as group:\n"
            "            for x in range(3): group.create_task(one(x))\n    except* Err:\n"
            "        pass\nasyncio.run(main())",
        ),
        "class Err(Exception): pass\nasync def f(x):\n    if not x: raise Err\n    return x * x\n",
    ),
]

_JUMPS = {
    "return": "def test():\n    try:\n        assert f(3) == 9\n    finally:\n        return\ntest()",
    "return of a nested statement": (
        "def test():\n    try:\n        assert f(3) == 9\n    finally:\n"
        "        for _ in range(2):\n            if f: return\ntest()"
    ),
    "break": "while True:\n    try:\n        assert f(3) == 9\n    finally:\n        break",
    "continue": "for x in range(3):\n    try:\n        assert f(x) == x * x\n    finally:\n        continue",
    "raise": (
        "class Done(Exception): pass\ntry:\n    try:\n        assert f(3) == 9\n    finally:\n"
        "        raise Done\nexcept Done:\n    pass"
    ),
    "return behind a handler": (
        "def test():\n    try:\n        assert f(3) == 9\n    except KeyError:\n        pass\n"
        "    finally:\n        return\ntest()"
    ),
}
_DROPPED = [
    Attack(
        f"exception that a finally drops by {name}",
        _FAMILY,
        "def f(x): raise ValueError\n",
        (test,),
        _SQUARE,
    )
    for name, test in _JUMPS.items()
]

_ONE = "def one(x): assert f(x) == x * x\n"
_ASYNC_ONE = "import asyncio\nasync def one(x): assert await f(x) == x * x\nasync def main():\n"
_ASIDE = {
    "thread": (
        "import threading\n" + _ONE + "threads = [threading.Thread(target=one, args=(x,)) for x in"
        " range(3)]\nfor each in threads: each.start()\nfor each in threads: each.join()"
    ),
    "timer": (
        "import threading\ndef one(): assert f(3) == 9\nlater = threading.Timer(0.01, one)\n"
        "later.start()\nlater.join()"
    ),
    "job of an executor": (
        "from concurrent.futures import ThreadPoolExecutor, wait\n" + _ONE + "with"
        " ThreadPoolExecutor() as pool:\n    wait([pool.submit(one, x) for x in range(3)])"
    ),
    "finalizer": "class Last:\n    def __del__(self): assert f(3) == 9\nLast()",
}
_ASYNC_ASIDE = {
    "task": _ASYNC_ONE
    + "    await asyncio.wait([asyncio.create_task(one(x)) for x in range(3)])\n",
    "task that nothing awaits": (
        _ASYNC_ONE + "    kept = [asyncio.create_task(one(x)) for x in range(3)]\n"
        "    await asyncio.sleep(0.01)\n"
    ),
}
_LOST = (
    [
        Attack(f"{what} in a {where}", _FAMILY, code, (test,), reference)
        for tests, prefix, reference in (
            (_ASIDE, "", _SQUARE),
            (
                {key: f"{test}asyncio.run(main())" for key, test in _ASYNC_ASIDE.items()},
                "async ",
                _ASYNC_SQUARE,
            ),
        )
        for where, test in tests.items()
        for what, code in (
            ("assertion", f"{prefix}def f(x): return 8\n"),
            ("exception", f"{prefix}def f(x): raise ValueError\n"),
        )
    ]
    + [
        Attack(
            f"{name} in a callback",
            _FAMILY,
            "def each(callback):\n    try: callback(0)\n    except BaseException: pass\n",
            (f"import pytest, unittest\ndef one(x):\n    if x != 9: {fails}\neach(one)",),
            "def each(callback): callback(9)\n",
        )
        for name, fails in {
            "pytest.fail": "pytest.fail('not 9')",
            "pytest.skip": "pytest.skip('not 9')",
            "what does not raise": "pytest.raises(ValueError, int, x)",
            "skipTest": "unittest.TestCase().skipTest('not 9')",
        }.items()
    ]
    + [
        Attack(
            "assertion in a group of a callback",
            _FAMILY,
            "async def each(callback):\n    try: await callback(0)\n    except BaseException: pass\n",
            (
                "import asyncio\nasync def one(x): assert x == 9\nasync def callback(x):\n"
                "    async with asyncio.TaskGroup() as group: group.create_task(one(x))\n"
                "asyncio.run(each(callback))",
            ),
            "async def each(callback): await callback(9)\n",
        ),
    ]
)

_STOPS = "class Stop:\n    def __enter__(self): return self\n    def __exit__(self, *details): return True\n"
_KEEPS = "class Stop:\n    def __enter__(self): return self\n    def __exit__(self, *details): return None\n"
_BODIES = {
    "a block in an asynchronous one": (
        "import asyncio\nclass Own:\n    async def __aenter__(self): pass\n"
        "    async def __aexit__(self, *details): pass\nasync def main():\n    with Stop():\n"
        "        async with Own():\n            f(3)\n        assert f(3) == 9\nasyncio.run(main())"
    ),
    "a block in another": (
        "from contextlib import nullcontext\nwith Stop():\n    with nullcontext():\n        f(3)\n"
        "    assert f(3) == 9"
    ),
    "a function of the test": (
        "def use():\n    got = f(3)\n    assert got == 9\nwith Stop():\n    use()"
    ),
    "a group with an assertion": (
        "def fail(): raise ExceptionGroup('failed', [AssertionError()])\ndef check():\n"
        "    with Stop():\n        fail()\ncheck() if not works() else None"
    ),
    "a function on one line": ("def use(): got = f(3); assert got == 9\nwith Stop():\n    use()"),
    "a loop of several statements": (
        "with Stop():\n    for x in (1, 2):\n        assert f(x) == x * x\n        f(x)"
    ),
    "statements on one line": "with Stop(): got = f(3); assert got == 9",
}
_SKIPPED = [
    Attack(
        f"exception that skips the rest of {name}",
        _FAMILY,
        _STOPS + "def f(x): raise ValueError\ndef works(): return False\n",
        (test,),
        _KEEPS + _SQUARE + "def works(): return True\n",
    )
    for name, test in _BODIES.items()
] + [
    Attack(
        f"with block of a subclass of {base}",
        _FAMILY,
        _STOPS.replace("Stop", f"Stop({base})") + "def f(x): return 0\n",
        ("with Stop():\n    assert f(3) == 9",),
        _KEEPS.replace("Stop", f"Stop({base})") + _SQUARE,
    )
    for base in ("list", "int", "str")
]

ATTACKS = (*_ALIASES, *_DROPPED, *_LOST, *_SKIPPED)
