"""The image with numpy: values of numpy cross, and no object of a solution passes for one."""

import io
import tarfile
from collections.abc import Iterator

import pytest

import runner
from runner import engine, images
from runner.images import store
from runner.models import CallTest, ExecutionResult

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_NP = "import numpy as np\n"


@pytest.fixture(scope="module")
def scientific() -> Iterator[runner.Pool]:
    """A pool of its own."""
    images.build(variant="scientific")
    with runner.Pool(name="scientific", workers=1, spares=1, image="scientific") as pool:
        yield pool


# The pool above lives longer than a test, which the check for leftovers must know.
@pytest.fixture
def pool(scientific: runner.Pool) -> runner.Pool:
    return scientific


def _run(pool: runner.Pool, code: str, *tests: str | CallTest) -> ExecutionResult:
    return pool.execute(_NP + code, [_NP + t if isinstance(t, str) else t for t in tests])


_HONEST = {
    "arrays": ("def f(): return np.arange(6).reshape(2, 3) * 1.5", ("x = f()"
               "\nassert (x == np.arange(6).reshape(2, 3) * 1.5).all() and x.dtype == np.float64")),
    "empty": ("def f(): return np.zeros((0, 3))", "assert f().shape == (0, 3)"),
    "no dimension": ("def f(): return np.array(5)", "assert f() == 5 and f().shape == ()"),
    "in place": ("def f(a): a.sort()", "a = np.array([2, 1]); f(a)\nassert a.tolist() == [1, 2]"),
    "cannot be written": ("def f(a): return a.sum()",
                          "a = np.broadcast_to(np.array([1]), (3,))\nassert f(a) == 3"),
    "not contiguous": ("def f(a): return a.T[::-1]",
                       "assert f(np.eye(2)).tolist() == [[0, 1], [1, 0]]"),
    "numbers": ("def f(x): return np.int64(x) + 1",
                "assert f(2) == 3 and isinstance(f(2), np.int64)"),
    "truth": ("def f(x): return np.all(x)", "assert f([1, 2]) and not f([0])"),
    "times": ("def f(): return np.array(['2020-01-02'], 'M8[D]')",
              "assert f()[0] == np.datetime64('2020-01-02')"),
    "a time": ("def f(x): return x + np.timedelta64(36, 'h')", (
               "x = f(np.datetime64('2020-01-01T00', 'h'))\n"
               "assert x == np.datetime64('2020-01-02T12') and x.dtype == 'M8[h]'\n"
               "assert f(np.timedelta64(1, 'D')) == np.timedelta64(60, 'h')\n"
               "assert np.isnat(f(np.datetime64('NaT')))")),
    "long numbers": ("def f(x): return x / 3, np.clongdouble(x)",
                     ("x = np.longdouble(1)\n"
                     "assert f(x) == (x / 3, 1) and type(f(x)[0]) is type(x)")),
    "a matrix": ("def f(x): return np.matrix([[1, 2], [3, 4]]) * x", (
               "assert (f(2) == np.matrix([[2, 4], [6, 8]])).all() and type(f(1)) is np.matrix\n"
               "assert (f(np.matrix([[1], [1]])) == [[3], [7]]).all()\n"
               "np.testing.assert_array_equal(f(1), np.matrix([[1, 2], [3, 4]]))")),
    "a text": ("def f(x): return x, np.str_('b')", (
               "x = np.array(['a', b'b'])\n"
               "assert f(x[0]) == ('a', 'b') and type(f('')[1]) is np.str_\n"
               "assert f(np.bytes_(b'c'))[0] == b'c' and type(f(x[0])[0]) is np.str_")),
    "texts": ("def f(): return np.array(['a', 'bc'])", "assert f().tolist() == ['a', 'bc']"),
    "a matrix in place": ("def f(m): m[0, 1] = 7",
                          "m = np.matrix('1 2; 3 4'); f(m)\nassert m.tolist() == [[1, 7], [3, 4]]"),
    "fields": (("def f(a): return np.sort(a, order='x'), a['y'].tolist()\n"
                "def pairs(): return np.array([(1, 2.5)], dtype='i4,f8').reshape(1, 1)"),
               ("a = np.array([(2, 'b'), (1, 'a')], dtype=[('x', 'i4'), ('y', 'U3')])\n"
                "assert f(a)[0].tolist() == [(1, 'a'), (2, 'b')] and f(a)[1] == ['b', 'a']\n"
                "assert f(a)[0].dtype == a.dtype and f(a)[0]['x'][0] == 1\n"
                "assert np.array_equal(pairs(), np.array([[(1, 2.5)]], dtype='i4,f8'))")),
    "records": ("def f(a): return np.rec.fromarrays([a.x, a.x * 2], names='p, q')",
                ("made = f(np.rec.fromarrays([[1, 2], ['a', 'b']], names='x, y'))\n"
                 "assert isinstance(made, np.recarray) and made.q.tolist() == [2, 4]\n"
                 "assert (made == np.rec.fromarrays([[1, 2], [2, 4]], names='p, q')).all()")),
    "fields that stay": ("def f(): return np.zeros(2, dtype=[('a', 'f8', (2,)), ('b', 'O')])",
                         "assert len(f()) == 2"),
    "inside others": ("def f(): return {'a': [np.arange(2)]}", "assert f()['a'][0][1] == 1"),
    "linear algebra": ("def f(a): return np.linalg.inv(a) @ a",
                       "assert np.allclose(f(np.array([[1., 2], [3, 4]])), np.eye(2))"),
    "testing": ("def f(): return np.array([1.0, np.nan])",
                "np.testing.assert_allclose(f(), [1.0, np.nan])"),
    "seeds": ("def f(): return np.random.rand(3)", ("np.random.seed(42); a = f()\n"
              "np.random.seed(42)\nassert np.allclose(a, np.random.rand(3))")),
    "objects": ("def f(): return np.array([object(), None], dtype=object)",
                "assert len(f()) == 2"),
    "friends": (("from sortedcontainers import SortedList\nimport mpmath\n"
                "def f(): return list(SortedList([2, 1])), str(mpmath.mpf(1) / 4)"),
                "assert f() == ([1, 2], '0.25')"),
}  # fmt: skip


@pytest.mark.parametrize("name", _HONEST)
def test_values_of_numpy_cross(pool: runner.Pool, name: str) -> None:
    code, test = _HONEST[name]
    result = _run(pool, code, test)
    assert result.status == "all_passed", result.error


def test_calls_compare_plain_values(pool: runner.Pool) -> None:
    code = "def f(): return {'a': np.arange(3), 'b': (np.float32(0.5), np.True_)}"
    expected = {"a": [0, 1, 2], "b": [0.5, True]}
    assert _run(pool, code, CallTest(function="f", expected=expected)).status == "all_passed"
    assert _run(pool, code, CallTest(function="f", expected={"a": [0, 1], "b": []})).passed == 0


_LIAR = """
class H:
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __array__(self, *a, **k): return np.array([1, 2])
    __array_priority__ = 1e9
    def __eq__(self, o): return True
    def __sub__(self, o): return 0
    __rsub__ = __abs__ = __sub__
    def __le__(self, o): return True
    __lt__ = __ge__ = __gt__ = __le__
    def all(self): return True
    def any(self): return True
    max = min = sum = __sub__
class M(np.matrix):
    def __eq__(self, o): return np.matrix([[True]])
    def __rsub__(self, o): return np.matrix([[0, 0]])
    def __array_ufunc__(self, *a, **k): return np.matrix([[True]])
    def __array_function__(self, *a, **k): return True
class R(np.recarray):
    __eq__, __rsub__ = M.__eq__, M.__rsub__
    __array_ufunc__, __array_function__ = M.__array_ufunc__, M.__array_function__
"""

_COMPARISONS = [
    "assert np.allclose(f(), np.array([1, 2]))",
    "assert (f() == np.array([1, 2])).all()",
    "assert (np.array([1, 2]) == f()).all()",
    "assert np.array_equal(f(), [1, 2])",
    "assert np.isclose(f(), 1.0).all()",
    "assert np.max(np.abs(np.array([1, 2]) - f())) < 1e-6",
    "np.testing.assert_allclose(f(), [1, 2])",
    "np.testing.assert_array_equal(f(), np.array([1, 2]))",
]


_OBJECTS = ["H()", "M([[7, 7]])", "np.rec.fromarrays([[7, 7]], names='a').view(R)"]


@pytest.mark.parametrize("made", _OBJECTS)
@pytest.mark.parametrize("comparison", _COMPARISONS)
def test_no_object_computes_with_the_tests_arrays(
    pool: runner.Pool, comparison: str, made: str
) -> None:
    result = _run(pool, f"{_LIAR}\ndef f(): return {made}", comparison)
    assert (result.passed, result.conclusive, result.blame) == (0, True, "code")


@pytest.mark.parametrize("made", _OBJECTS)
def test_numpy_itself_lets_them(pool: runner.Pool, made: str) -> None:
    """The control: the same object, made by the test, passes such comparisons."""
    control = f"{_LIAR}\ndef f(): return {made}\nassert np.array_equal(f(), np.array([1, 2]))"
    assert _run(pool, "", control).status == "all_passed"


def test_what_comes_is_checked(pool: runner.Pool) -> None:
    """Repeatable, in one thread, with the environment dropped, and no other instructions."""
    code = "import os, threading\ndef f(): return np.random.rand(2), threading.active_count()"
    prints = "x, threads = f()\nprint(x.tolist(), threads)"
    one, other = (_run(pool, code, prints) for _ in range(2))
    assert one.stdout == other.stdout
    assert one.stdout.endswith(" 1\n")
    features = (
        "from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__ as found\n"
        "def f(): return [n for n in __cpu_dispatch__ if n.startswith('AVX512') and found[n]]"
    )
    result = _run(pool, features, "assert f() == []")
    assert result.status == "all_passed", result.tests[0].actual


def test_only_what_is_named_can_be_imported(pool: runner.Pool) -> None:
    assert _run(pool, "import pandas", "pass").status == "runtime_error"
    assert _run(pool, "import os\nos.fork()", "pass").passed == 0


def test_the_image_has_no_more_programs_than_the_plain_one() -> None:
    images.build(variant="scientific")
    with store.connected(None) as api, engine.translated("export the image"):
        container = api.create_container(images.image_reference("scientific"))["Id"]
        try:
            data = b"".join(api.export(container))
        finally:
            api.remove_container(container, force=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        programs = [
            member.name
            for member in archive.getmembers()
            if member.isfile() and member.mode & 0o111 and "/ld-" not in member.name
        ]
    # The engine puts a few files of its own into the other directories.
    assert [name for name in programs if name.startswith("usr/")] == ["usr/bin/python3.13"]
    assert not any(name.startswith(("bin/", "sbin/", "opt/")) for name in programs)
