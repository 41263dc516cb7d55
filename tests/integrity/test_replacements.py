"""What a test replaces in a library is replaced for the solution, in whatever way it does so."""

import pytest

import runner

_IMPORTS = """\
import functools, json, logging, shlex, sys, textwrap, unittest.mock
import xml.etree.ElementTree as trees
from concurrent import futures
from unittest.mock import Mock, patch
"""

#: What a solution must not use: the owner by a test's own name for it, the attribute, and a use.
_USED = {
    "a function": ("shlex", "quote", "import shlex\ndef f(): return shlex.quote('1')"),
    "a module of another name": (
        *("trees", "fromstring"),
        "import xml.etree.ElementTree as e\ndef f(): return e.fromstring('<a>1</a>').text",
    ),
    "a module of a package": (
        *("futures", "ThreadPoolExecutor"),
        "import concurrent.futures as c\ndef f():\n    with c.ThreadPoolExecutor(): return '1'",
    ),
    "a method": (
        *("textwrap.TextWrapper", "wrap"),
        "import textwrap\ndef f(): return textwrap.TextWrapper().wrap('1')[0]",
    ),
    "a method of a base": (
        *("logging.Handler", "setLevel"),
        "import logging\ndef f(): return '1' if logging.NullHandler().setLevel(0) is None else '2'",
    ),
    "a function of sys": (
        "sys",
        "getsizeof",
        "import sys\ndef f(): return str(1 % sys.getsizeof(0))",
    ),
}

_COUNTS = {
    "a mock": "spy = Mock(side_effect=OWNER.NAME)\ndef uses(): return spy.call_count\n",
    "a function": "def spy(*args, **names):\n    used.append(1)\n    return real(*args, **names)\n",
    "an object": "class Spy:\n    def __call__(self, *args, **names):\n        used.append(1)\n"
    "        return real(*args, **names)\nspy = Spy()\n",
    "a partial": "def count(real, *args, **names):\n    used.append(1)\n"
    "    return real(*args, **names)\nspy = functools.partial(count, OWNER.NAME)\n",
    "a method": "class Spy:\n    def call(self, *args, **names):\n        used.append(1)\n"
    "        return real(*args, **names)\nspy = Spy().call\n",
}
_COMMON = "used = []\nreal = OWNER.NAME\ndef uses(): return len(used)\n"

_WAYS = {
    "patch.object": "with patch.object(OWNER, 'NAME', spy): assert f() == '1'\n",
    "patch.multiple": "with unittest.mock.patch.multiple(OWNER, NAME=spy): assert f() == '1'\n",
    "start": "p = patch.object(OWNER, 'NAME', spy)\np.start()\nassert f() == '1'\np.stop()\n",
    "setattr": "setattr(OWNER, 'NAME', spy)\nassert f() == '1'\n",
    "an assignment": "OWNER.NAME = spy\nassert f() == '1'\n",
    "monkeypatch": "def test(monkeypatch):\n    monkeypatch.setattr(OWNER, 'NAME', spy)\n"
    "    assert f() == '1'\n    assert uses() == 0\n",
}
_HONEST = "def f(): return '1'"


def _passes(pool: runner.Pool, code: str, *parts: str) -> bool:
    result = pool.execute(code, ["".join((_IMPORTS, *parts))])
    assert result.conclusive, result
    return result.status == "all_passed"


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("used", _USED)
def test_a_solution_uses_what_the_test_has_put_in_place(
    pool: runner.Pool, used: str, way: str
) -> None:
    """Control: it passes the same test if that replaces nothing."""
    owner, name, code = _USED[used]
    check = "" if way == "monkeypatch" else "assert uses() == 0\n"

    def made(*parts: str) -> str:
        return "".join(parts).replace("OWNER", owner).replace("NAME", name)

    for spy in _COUNTS.values():
        test = made(_COMMON, spy, _WAYS[way], check)
        assert _passes(pool, _HONEST, test)
        assert not _passes(pool, code, test)
    assert _passes(pool, code, "assert f() == '1'")


def test_replacements_end_with_the_test(pool: runner.Pool) -> None:
    code = "import textwrap\ndef f(): return textwrap.TextWrapper().wrap('1')"
    replaced = "import textwrap\ntextwrap.TextWrapper.wrap = lambda *_: 5\nassert f() == 5"
    result = pool.execute(code, [replaced, "assert f() == ['1']"] * 2)
    assert result.status == "all_passed", result


_ABSENT = {
    "delattr": "def test(monkeypatch):\n    monkeypatch.delattr('shlex.quote')\n"
    "    assert f() == 5",
    "del": "import shlex\ndel shlex.quote\nassert f() == 5",
    "of a class": "def test(monkeypatch):\n    monkeypatch.delattr('textwrap.TextWrapper.wrap')\n"
    "    assert f() == 5",
    "None as a module": "import sys\nfrom unittest.mock import patch\n"
    "with patch.dict(sys.modules, {'colorsys': None}):\n    assert f() == 5",
    "None by monkeypatch": "import sys\ndef test(monkeypatch):\n"
    "    monkeypatch.setitem(sys.modules, 'colorsys', None)\n    assert f() == 5",
}


@pytest.mark.parametrize("way", _ABSENT)
def test_what_a_test_removes_is_absent(pool: runner.Pool, way: str) -> None:
    """Control: without the removal the solution finds it, and it is back afterwards."""
    code = (
        "def f():\n    try:\n        import colorsys, shlex, textwrap\n"
        "        return shlex.quote and textwrap.TextWrapper.wrap and 4\n"
        "    except (AttributeError, ImportError):\n        return 5"
    )
    result = pool.execute(code, ["assert f() == 4", _ABSENT[way], "assert f() == 4"])
    assert result.status == "all_passed", result
