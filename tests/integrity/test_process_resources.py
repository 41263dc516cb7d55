"""What a test reads of its process's threads, tasks, memory and CPU time is not the solution's."""

import threading
from typing import Any

import pytest

import runner
from runner.models import Evidence

#: How a test checks a resource, what uses too much of it, and what does not.
_CHECKS = {
    "threads": (
        (
            "import threading\nbefore = threading.active_count()\nf()\n"
            "assert threading.active_count() == before"
        ),
        (
            "import threading\nend = threading.Event()\ndef f():\n"
            "    threading.Thread(target=end.wait, args=(1,), daemon=True).start()"
        ),
        (
            "import threading\ndef f():\n    made = threading.Thread(target=print)\n"
            "    made.start()\n    made.join()"
        ),
    ),
    "names of threads": (
        "import threading\nf()\nassert 'w' not in [each.name for each in threading.enumerate()]",
        (
            "import threading\nend = threading.Event()\ndef f():\n"
            "    threading.Thread(target=end.wait, args=(1,), name='w', daemon=True).start()"
        ),
        "def f(): pass",
    ),
    "tasks": (
        (
            "import asyncio\nasync def main():\n    await f()\n"
            "    assert len(asyncio.all_tasks()) == 1\nasyncio.run(main())"
        ),
        "import asyncio\nasync def f(): f.task = asyncio.create_task(asyncio.sleep(9))",
        "import asyncio\nasync def f(): await asyncio.create_task(asyncio.sleep(0))",
    ),
    "memory": (
        (
            "import tracemalloc\ntracemalloc.start()\nf()\n"
            "_, peak = tracemalloc.get_traced_memory()\ntracemalloc.stop()\nassert peak < 100_000"
        ),
        "def f(): return len([*range(100_000)])",
        "def f(): return len(range(100_000))",
    ),
    "CPU time": (
        (
            "from time import process_time\nbefore = process_time()\nf()\n"
            "assert process_time() - before < 0.03"
        ),
        "def f():\n    for n in range(6_000_000): n + 1",
        "def f(): pass",
    ),
    "CPU time, by a library": (
        (
            "import time, timeit\n"
            "assert timeit.timeit(lambda: f(), number=1, timer=time.process_time) < 0.03"
        ),
        "def f():\n    for n in range(6_000_000): n + 1",
        "def f(): pass",
    ),
    "a setting": (
        (
            "from decimal import getcontext\nbefore = getcontext().prec\nf()\n"
            "assert getcontext().prec == before"
        ),
        "import decimal\ndef f(): decimal.getcontext().prec -= 1",
        "def f(): pass",
    ),
    "the state of a generator": (
        "import random\nbefore = random.getstate()\nf()\nassert random.getstate() == before",
        "import random\ndef f(): return random.random()",
        "def f(): pass",
    ),
    "what a module keeps": (
        "import sys\nf()\nassert 'not there' not in sys.modules",
        "import sys\ndef f(): sys.modules['not there'] = sys",
        "import sys\ndef f(): sys.modules.pop('not there', None)",
    ),
    "what a module keeps, by unittest": (
        (
            "import sys, unittest\nbefore = sys.path[:]\nf()\n"
            "unittest.TestCase().assertEqual(sys.path, before)"
        ),
        "import sys\ndef f(): sys.path.insert(0, 'there')",
        "def f(): pass",
    ),
    "all variables": (
        "import os\nbefore = dict(os.environ)\nf()\nassert dict(os.environ) == before",
        "import os\ndef f(): os.environ['NOT_THERE'] = '1'",
        "import os\ndef f(): os.environ.pop('NOT_THERE', None)",
    ),
    "a level": (
        "import logging\nf()\nassert logging.getLogger('a').level == logging.NOTSET",
        "import logging\ndef f(): logging.getLogger('a').setLevel(10)",
        "import logging\ndef f(): logging.getLogger('a').setLevel(0)",
    ),
    "objects": (
        (
            "import gc\nf()\ngc.collect()\n"
            "assert not [each for each in gc.get_objects() if isinstance(each, C)]"
        ),
        "class C: pass\nkept = []\ndef f(): kept.append(C())",
        "class C: pass\ndef f(): C()",
    ),
}


@pytest.mark.parametrize("what", _CHECKS)
def test_a_resource_of_the_solution_is_not_seen(pool: runner.Pool, what: str) -> None:
    """Control: in one process, the test passes the right solution and fails the wrong one."""
    test, wrong, right = _CHECKS[what]
    for code in (wrong, right):
        result = pool.execute(code, [test])
        assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests
    assert pool.execute(wrong, [test], min_evidence="values").passed == 0
    space: dict[str, Any] = {"__name__": "control", "end": threading.Event()}
    exec(f"{right}\n{test}", space)
    with pytest.raises(AssertionError):
        exec(f"{wrong}\n{test}", space)
    space["end"].set()


def test_the_solution_measures_its_own_objects(pool: runner.Pool) -> None:
    """Control: a proxy is as large as any other."""
    test = "import sys\nassert sys.getsizeof(A()) < sys.getsizeof(B())"
    wrong = "class A: pass\nclass B: pass\n"
    right = f"{wrong}class A: __slots__ = ()\n"
    result = pool.execute(right, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests
    assert pool.execute(wrong, [test]).passed == 0


_OTHERS = [
    "assert [*enumerate(f([3]))] == [(0, 3)]",
    (
        "class Log:\n    times = 2\n    def enumerate(self): return [1]\nassert f(Log.times) == 2\n"
        "assert f(Log().enumerate()) == [1]"
    ),
    (
        "import time\nbefore = time.perf_counter()\nassert f(3) == 3\n"
        "assert time.perf_counter() - before < 9"
    ),
    (
        "import time\nfrom unittest.mock import patch\n"
        "with patch('time.process_time', return_value=7): assert now() == f(7)"
    ),
    "import time\ntime.process_time = lambda: 7\nassert now() == f(7)",
    (
        "import threading\nseen = []\nt = threading.Thread(target=lambda: seen.append(f(3)))\n"
        "t.start()\nt.join()\nassert seen == [3]"
    ),
    "import gc\nassert f(3) == 3 and gc.collect() >= 0",
    "from decimal import getcontext\ngetcontext().prec = 5\nassert f(3) == 3",
    "import random\nstate = random.getstate()\nrandom.setstate(state)\nassert f(3) == 3",
    "import sys\nassert f([3]) == [3] and sys.getsizeof(f([3])) > 8",
    (
        "import io, sys\nsys.stdout = io.StringIO()\nf(print(3))\ngot = sys.stdout.getvalue()\n"
        "sys.stdout = sys.__stdout__\nassert got == '3\\n'"
    ),
]


@pytest.mark.parametrize("test", _OTHERS)
def test_what_reads_no_resource_is_worth_values(pool: runner.Pool, test: str) -> None:
    code = "import time\ndef f(x): return x\ndef now(): return time.process_time()"
    result = pool.execute(code, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests
