"""Exceptions by their origin: what the solution raises, drops, or stops on purpose."""

from tests.integrity.programs import Honest

_STOPS_KEY_ERROR = """
class Ignoring:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): return kind is KeyError
    async def __aenter__(self): return self
    async def __aexit__(self, kind, error, trace): return kind is KeyError
class Transaction(list):
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        self.clear()
        return kind is KeyError
def look(key): raise KeyError(key)
async def later(key): raise KeyError(key)
"""

HONEST: dict[str, Honest] = {
    "alias of a builtin exception": Honest(
        "Err = ValueError\ndef f(x): raise Err('x')\n",
        (
            "try:\n    f(1)\n    assert False\nexcept Exception as e:\n"
            "    assert isinstance(e, Err) and type(e) == Err and issubclass(type(e), Err)",
            "import unittest\nwith unittest.TestCase().assertRaises(Err) as caught:\n    f(1)\n"
            "assert isinstance(caught.exception, Err) and type(caught.exception) == Err",
            "assert Err == ValueError and issubclass(Err, Exception) and isinstance(Err(1), Err)",
        ),
    ),
    "with around a function of the test": Honest(
        _STOPS_KEY_ERROR,
        (
            "def use(key):\n    known = key\n    look(known)\nwith Ignoring():\n    use(1)",
            "def use(key):\n    return look(key)\nwith Ignoring():\n    got = use(1)",
            "def use(key):\n    raise KeyError(key)\nwith Ignoring():\n    use(1)",
            "def use(key):\n    with Ignoring() as outer:\n        look(key)\nwith Ignoring():\n"
            "    use(1)",
        ),
    ),
    "with around a loop": Honest(
        _STOPS_KEY_ERROR, ("with Ignoring():\n    for key in (1, 2):\n        look(key)",)
    ),
    "with on several lines": Honest(
        _STOPS_KEY_ERROR,
        (
            "with (\n    Ignoring() as one,\n    Ignoring(\n    ) as two,\n):\n    x = 1\n    look(x)",
        ),
    ),
    "async with": Honest(
        _STOPS_KEY_ERROR,
        (
            "import asyncio\nasync def use(key): await later(key)\nasync def main():\n"
            "    async with Ignoring():\n        await later(1)\n"
            "    async with Ignoring(), Ignoring():\n        await use(1)\nasyncio.run(main())",
        ),
    ),
    "with of a subclass of list": Honest(
        _STOPS_KEY_ERROR,
        (
            "with Transaction([1]) as changes:\n    changes.append(2)\nassert changes == []",
            "with Transaction():\n    look(1)",
        ),
    ),
    "finally that jumps": Honest(
        "def f(x):\n    if x: raise ValueError\n    return 1\n",
        (
            "def test():\n    try:\n        return f(0)\n    finally:\n        return 2\n"
            "assert test() == 2",
            "count = 0\nwhile True:\n    try:\n        try:\n            f(1)\n"
            "        except ValueError:\n            count += 1\n    finally:\n"
            "        if count: break\nassert count == 1",
            "def test():\n    try:\n        f(1)\n    except ValueError:\n        try:\n"
            "            return f(0)\n        finally:\n            return 2\nassert test() == 2",
            "def test(jump):\n    try:\n        f(1)\n    finally:\n        if jump: return 1\n"
            "try:\n    test(False)\n    assert False\nexcept ValueError:\n    pass",
            "def test(jump):\n    try:\n        try:\n            f(1)\n        finally:\n"
            "            if jump: return 1\n    except:\n        return 2\nassert test(False) == 2",
        ),
    ),
    "bare except": Honest(
        "def f(x): raise StopAsyncIteration\n",
        ("caught = False\ntry:\n    f(1)\nexcept:\n    caught = True\nassert caught",),
    ),
    "threads that an exception ends": Honest(
        "import threading\nclass Account:\n    def __init__(self):\n        self.balance = 100\n"
        "        self.lock = threading.Lock()\n    def take(self, amount):\n"
        "        with self.lock:\n            if self.balance < amount: raise ValueError('too much')\n"
        "            self.balance -= amount\n",
        (
            "import threading\naccount = Account()\ndef take():\n    account.take(10)\n"
            "threads = [threading.Thread(target=each, args=args) for _ in range(10)"
            " for each, args in ((take, ()), (account.take, (10,)))]\n"
            "for each in threads: each.start()\nfor each in threads: each.join()\n"
            "assert account.balance == 0",
        ),
    ),
    "jobs that fail": Honest(
        "def f(x):\n    if x > 2: raise ValueError\n    return x\n",
        (
            "from concurrent.futures import ThreadPoolExecutor, as_completed\n"
            "def job(x):\n    got = f(x)\n    return got + 1\n"
            "with ThreadPoolExecutor(2) as pool:\n    jobs = [pool.submit(job, x) for x in range(5)]\n"
            "    done = [each for each in as_completed(jobs) if each.exception() is None]\n"
            "assert sorted(each.result() for each in done) == [1, 2, 3]",
        ),
    ),
    "tasks that fail": Honest(
        "async def f(x):\n    if x: raise ValueError\n    return x\n",
        (
            "import asyncio\nasync def job(x):\n    got = await f(x)\n    return got + 1\n"
            "async def main():\n    jobs = [asyncio.create_task(job(x)) for x in range(3)]\n"
            "    await asyncio.wait(jobs)\n"
            "    assert [each.exception() is None for each in jobs] == [True, False, False]\n"
            "    alone = asyncio.create_task(f(1))\n    await asyncio.sleep(0.01)\n"
            "    assert alone.done()\nasyncio.run(main())",
        ),
    ),
    "task that takes time to be cancelled": Honest(
        "import asyncio\nasync def slow():\n    try: await asyncio.sleep(9)\n"
        "    finally: await asyncio.sleep(0.03)\nasync def quick(x): return x\n",
        (
            "import asyncio\nasync def main():\n    task = asyncio.create_task(slow())\n"
            "    await asyncio.sleep(0.01)\n    task.cancel()\n    await asyncio.sleep(0.01)\n"
            "    assert await quick(2) == 2\n    await asyncio.wait([task])\n"
            "    assert task.cancelled()\nasyncio.run(main())",
        ),
    ),
    "arithmetic of subclasses of builtins that are returned": Honest(
        "from collections import Counter\nclass Name(str):\n"
        "    def __add__(self, other): return Name(str(self) + str(other))\n"
        "class Count(int):\n    def __add__(self, other): return Count(int(self) + int(other))\n"
        "    __radd__ = __add__\nclass Row(list):\n"
        "    def __add__(self, other): return Row([*self, *other])\n"
        "    def __iadd__(self, other):\n        self.extend(other)\n        return self\n"
        "class Bag(Counter):\n    def __sub__(self, other): return Bag(Counter.__sub__(self, other))\n"
        "def name(): return Name('a')\ndef count(): return Count(3)\ndef row(): return Row([1])\n"
        "def bag(text): return Bag(text)\n",
        (
            "assert name() + 'b' == 'ab' and 'b' + name() == 'ba'",
            "assert count() + 4 == 7 and 4 + count() == 7 and sum([count(), count()]) == 6",
            "assert row() + [2] == [1, 2]\nlonger = row()\nlonger += [3]\nassert longer == [1, 3]",
            "from collections import Counter\nassert bag('aab') - Counter('a') == Counter('ab')",
        ),
    ),
    "negative of a computed object": Honest(
        "class V:\n    def __init__(self, x): self.x = x\n"
        "    def __mul__(self, k): return V(self.x * k)\n    def __neg__(self): return V(-self.x)\n"
        "    def __eq__(self, other): return isinstance(other, V) and self.x == other.x\n",
        ("assert -(V(3) * 2) == V(-6)\nassert (-V(3)).x == -3 and (-(V(3) * 2)).x == -6",),
    ),
}
