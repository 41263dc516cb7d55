"""No solution passes a suite by what suites have beyond asserts; each attack has its control."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import runner
from runner.models import Blame, ExecutionStatus, SuiteTest


class Attack(NamedTuple):
    """A solution that cannot add, and a suite."""

    code: str
    suite: str
    doctest: bool = False


_CASES = """
import unittest
import solution
class AddTest(unittest.TestCase):
    def test_add(self): self.assertEqual(solution.add(1, 2), 3)
"""
_FUNCTIONS = "import pytest\nimport solution\ndef test_add(): assert solution.add(1, 2) == 3\n"
_STAR = "from solution import *\ndef test_add(): assert add(1, 2) == 3\n"
_SCRIPT = "import solution\nassert solution.add(1, 2) == 3\n"

ATTACKS = {
    "raises a skip": Attack(
        "import unittest\ndef add(a, b): raise unittest.SkipTest('later')", _CASES
    ),
    "raises a skip, in a function": Attack(
        "import unittest\ndef add(a, b): raise unittest.SkipTest('later')", _FUNCTIONS
    ),
    "raises a skip while it loads": Attack(
        "import unittest\nraise unittest.SkipTest('all')", _CASES
    ),
    "exits": Attack("import sys\ndef add(a, b): sys.exit(0)", _FUNCTIONS),
    "exits a script": Attack("import sys\ndef add(a, b): sys.exit(0)", _SCRIPT),
    "exits while it loads": Attack("import sys\nsys.exit(0)", _SCRIPT),
    "leaves": Attack("import os\ndef add(a, b): os._exit(0)", _CASES),
    "expected failure": Attack(
        "def add(a, b): return 0",
        _CASES.replace("    def test", "    @unittest.expectedFailure\n    def test"),
    ),
    "xfail": Attack(
        "def add(a, b): return 0", _FUNCTIONS.replace("def test", "@pytest.mark.xfail\ndef test")
    ),
    "xfail of one class": Attack(
        "def add(a, b): raise KeyError",
        _FUNCTIONS.replace("def test", "@pytest.mark.xfail(raises=KeyError)\ndef test"),
    ),
    "skip by an answer": Attack(
        "def ready(): return False\ndef add(a, b): return 0",
        "import pytest, solution\ndef test_add():\n    if not solution.ready(): pytest.skip('not ready')\n    assert solution.add(1, 2) == 3",
    ),
    "skip in a fixture": Attack(
        "def ready(): return False\ndef add(a, b): return 0",
        "import pytest, solution\n@pytest.fixture\ndef ready():\n    if not solution.ready(): pytest.skip('not ready')\ndef test_add(ready): assert solution.add(1, 2) == 3",
    ),
    "skip in setUp": Attack(
        "def ready(): return False\ndef add(a, b): return 0",
        _CASES.replace(
            "    def test",
            "    def setUp(self):\n        if not solution.ready(): self.skipTest('not ready')\n    def test",
        ),
    ),
    "skip in setUpClass": Attack(
        "def ready(): return False\ndef add(a, b): return 0",
        _CASES.replace(
            "    def test",
            "    @classmethod\n    def setUpClass(cls):\n        if not solution.ready(): raise unittest.SkipTest('not ready')\n    def test",
        ),
    ),
    "skip at the module": Attack(
        "READY = False\ndef add(a, b): return 0",
        "import pytest, solution\nif not solution.READY: pytest.skip('not ready', allow_module_level=True)\n"
        + _FUNCTIONS,
    ),
    "tests of its own": Attack(
        "import unittest\ndef test_add(): pass\nclass AddTest(unittest.TestCase):\n    def test_add(self): pass\ndef add(a, b): return 0",
        "from solution import *\nfrom solution import test_add, AddTest\ndef test_it(): assert add(1, 2) == 3",
    ),
    "docstrings of its own": Attack(
        'def add(a, b):\n    """\n    >>> 1\n    1\n    """\n    return 0',
        "import doctest, solution\ndef test_docs(): assert doctest.testmod(solution).failed == 0 and solution.add(1, 2) == 3",
    ),
    "examples of its own": Attack(
        'def add(a, b):\n    """\n    >>> 1\n    1\n    """\n    return 0',
        '"""\n>>> add(1, 2)\n3\n"""\nfrom solution import add\n',
        doctest=True,
    ),
    "names of pytest": Attack(
        "class pytest:\n    @staticmethod\n    def approx(x): return 0\n    class mark: pass\ndef add(a, b): return 0\ndef isclose(*_): return True\nimport math",
        "import pytest\nfrom math import isclose\nfrom solution import *\ndef test_add(): assert add(1, 2) == pytest.approx(3) and isclose(add(1, 2), 3)",
    ),
    "names of builtins": Attack(
        "def len(_): return 1\ndef abs(_): return 0\ndef isinstance(*_): return True\ndef all(_): return True\ndef add(a, b): return 0",
        "from solution import *\ndef test_add(): assert abs(add(1, 2) - 3) < 1 and all([add(1, 2) == 3])",
    ),
    "names of the test": Attack(
        "EXPECTED = 0\ndef check(got): return True\ndef add(a, b): return 0",
        "EXPECTED = 3\ndef check(got): assert got == EXPECTED\nfrom solution import *\ndef test_add(): check(add(1, 2))",
    ),
    "all of its own": Attack(
        "__all__ = ['add', 'assert_', 'unittest']\nimport types\nunittest = types.SimpleNamespace(TestCase=object)\ndef add(a, b): return 0",
        "import unittest\nfrom solution import *\nclass AddTest(unittest.TestCase):\n    def test_add(self): self.assertEqual(add(1, 2), 3)",
    ),
    "replaces the modules": Attack(
        "import sys, types\nsys.modules['unittest'] = sys.modules['pytest'] = types.ModuleType('x')\ndef add(a, b): return 0",
        _CASES,
    ),
    "a wrong length": Attack(
        "import collections.abc\nclass Pair(collections.abc.Sequence):\n    def __len__(self): return 2\n    def __iter__(self): return iter(())\n    def __getitem__(self, at): raise IndexError\ndef add(a, b): return Pair()",
        "import pytest, solution\ndef test_add(): assert solution.add(1, 2) == pytest.approx([3, 0])",
    ),
    "no array": Attack(
        "class Array:\n    ndim = 1\n    def ravel(self): return self\n    def tolist(self): return []\nArray.__module__ = 'numpy'\ndef add(a, b): return Array()",
        "import pytest, solution\ndef test_add(): assert solution.add(1, 2) == pytest.approx(3)",
    ),
    "swallows a callback while the suite loads": Attack(
        "def apply(f):\n    try: f()\n    except AssertionError: pass\ndef add(a, b): return 0",
        "import solution\ndef check(): assert solution.add(1, 2) == 3\nDONE = solution.apply(check)\ndef test_add(): assert DONE is None",
    ),
    "catches by its class": Attack(
        "Error = AssertionError\ndef add(a, b): return 0\ndef fail(): pass",
        "import pytest, solution\ndef test_add():\n    with pytest.raises(solution.Error):\n        solution.fail()\n        assert solution.add(1, 2) == 3",
    ),
    "raises what is expected": Attack(
        "class Wrong(AssertionError): pass\ndef add(a, b): raise Wrong", _CASES
    ),
    "swallowed by a loop": Attack(
        "def add(a, b): raise StopIteration",
        "import solution\ndef test_add(): assert all(map(lambda n: solution.add(n, 2) == 3, [1, 2]))",
    ),
    "hides a test": Attack(
        "def add(a, b): return 0\ndef deco(f): return None",
        "import solution\n@solution.deco\ndef test_add(): assert solution.add(1, 2) == 3\ndef test_b(): pass",
    ),
    "removes a test": Attack(
        "import sys\ndef add(a, b): return 0\ndef names(): return ['test_add']",
        "import solution\ndef test_add(): assert solution.add(1, 2) == 3\nfor name in solution.names():\n    globals().pop(name, None)\ndef test_b(): pass",
    ),
    "renames a test": Attack(
        "def add(a, b): return 0\nNAMES = ['add']",
        "import pytest, solution\n@pytest.mark.parametrize('name', ['add'], ids=lambda name: solution.NAMES[0])\ndef test_it(name): assert solution.add(1, 2) == 3",
    ),
    "an exception of a thread": Attack(
        "def add(a, b): raise KeyError",
        "import threading, solution\ndef test_add():\n    t = threading.Thread(target=lambda: print(solution.add(1, 2) + 'x'))\n    t.start(); t.join()",
    ),
    "one test for another": Attack(
        "COUNT = []\ndef add(a, b):\n    COUNT.append(1)\n    return 3 if len(COUNT) == 1 else 0",
        _FUNCTIONS + "def test_again(): assert solution.add(1, 2) == 3\n",
    ),
}

_REFERENCE = "def add(a, b): return a + b\n"


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_passes(pool: runner.Pool, name: str) -> None:
    attack = ATTACKS[name]
    suite = SuiteTest(code=attack.suite, doctest=attack.doctest)
    result = pool.execute(attack.code, [suite], timeout=2.0, max_retries=1)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame in (Blame.CODE, Blame.TESTS)


#: pytest itself, or Python in one process, fails these as well.
_NOT_FOOLED = {
    *("raises a skip while it loads", "exits", "skip at the module", "tests of its own"),
    *("docstrings of its own", "examples of its own", "all of its own", "replaces the modules"),
    *("raises what is expected", "renames a test", "one test for another"),
    *("no array", "a wrong length"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - _NOT_FOOLED))
def test_the_control_is_fooled(tmp_path: Path, name: str) -> None:
    """With the solution in the process of the tests, the same attack passes."""
    attack = ATTACKS[name]
    (tmp_path / "solution.py").write_text(attack.code)
    (tmp_path / "test_it.py").write_text(attack.suite)
    options = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    command = [sys.executable, *([] if attack.suite == _SCRIPT else options), "test_it.py"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize("suite", [_CASES, _FUNCTIONS, _STAR, _SCRIPT])
def test_the_suites_are_fair(pool: runner.Pool, suite: str) -> None:
    assert pool.execute(_REFERENCE, [SuiteTest(code=suite)]).status is ExecutionStatus.ALL_PASSED
