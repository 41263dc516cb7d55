"""What a solution draws or writes with packages and does not return."""

from collections.abc import Iterator

import pytest

import runner
from runner import images
from runner.models import ExecutionResult

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def data() -> Iterator[runner.Pool]:
    """A pool of its own."""
    images.build(variant="data")
    with runner.Pool(name="figures", workers=1, spares=0, image="data") as pool:
        yield pool


# The pool above lives longer than a test, which the check for leftovers must know.
@pytest.fixture
def pool(data: runner.Pool) -> runner.Pool:
    return data


_DRAWS = """\
import matplotlib.pyplot as plt
def f(data):
    plt.plot(data)
    plt.title('T')
"""

_FINDS = [
    "assert plt.gca().get_title() == 'T' and len(plt.gca().lines) == 1",
    "assert len(plt.gcf().axes) == 1 and plt.gcf() is plt.gca().figure",
    "assert plt.get_fignums() == [1] and plt.fignum_exists(1) and not plt.fignum_exists(2)",
    "plt.clf()\nassert len(plt.gcf().axes) == 0",
    "plt.close()\nassert plt.get_fignums() == [] and not plt.fignum_exists(1)",
    "plt.close('all')\nf([2])\nplt.close(plt.gcf())\nassert plt.get_fignums() == []",
]


def _run(pool: runner.Pool, code: str, test: str) -> ExecutionResult:
    whole = f"import matplotlib.pyplot as plt\nf([1, 2])\n{test}"
    return pool.execute(code, [whole], timeout=20.0)


@pytest.mark.parametrize("test", _FINDS)
def test_a_test_finds_the_figures_of_the_solution(pool: runner.Pool, test: str) -> None:
    result = _run(pool, _DRAWS, test)
    assert (result.status, result.evidence) == ("all_passed", "objects"), result.error
    control = _run(pool, "def f(data): pass", test)
    assert control.status != "all_passed" or test.startswith("plt.cl")  # which undoes it


def test_only_a_test_that_looks_up_figures_imports_the_module(pool: runner.Pool) -> None:
    """It takes longer than most tests."""
    test = (
        "import io, sys\nio.StringIO().close()\nassert f() == 1 and 'matplotlib' not in sys.modules"
    )
    assert pool.execute("def f(): return 1", [test], timeout=20.0).status == "all_passed"


_OWN = [
    "fig, ax = plt.subplots()\nassert plt.gcf() is fig and plt.gca() is ax",
    "fig = plt.figure()\nassert type(plt.gcf()) is plt.Figure and plt.fignum_exists(fig.number)",
]


@pytest.mark.parametrize("test", _OWN)
def test_a_test_that_draws_has_its_own_figure(pool: runner.Pool, test: str) -> None:
    """What it expects may be computed with it."""
    liar = (
        "import matplotlib.pyplot as plt\ndef f(data): pass\n"
        "plt.gcf = plt.gca = plt.subplots = plt.figure = lambda *_, **__: 5\n"
    )
    assert _run(pool, liar, test).status == "all_passed"


@pytest.mark.parametrize("code", [_DRAWS + "    return 7\n", "def f(data): return 7"])
def test_to_close_figures_is_no_evidence(pool: runner.Pool, code: str) -> None:
    result = _run(pool, code, "assert f([1]) == 7\nplt.close('all')")
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error
    closing = "import matplotlib.pyplot as plt\nplt.close('all')"
    assert pool.execute(code, [closing], timeout=20.0).evidence == "none"


_DUMPS = """\
import joblib, numpy, pandas, pickle
def f(data): return pandas.DataFrame({'a': data})
def dump(data):
    frame = f(data)
    frame.to_pickle('t')
    joblib.dump(frame, 'j')
    with open('p', 'wb') as file: pickle.dump(frame, file)
    numpy.save('n.npy', numpy.array([{'a': data[0]}], dtype=object))
"""
_LOADS = """\
import joblib, numpy, pandas, pickle
frame = pandas.DataFrame({'a': [1, 2]})
dump([1, 2])
with open('p', 'rb') as file:
    found = [pandas.read_pickle('t'), joblib.load('j'), pickle.load(file)]
for each in found:
    pandas.testing.assert_frame_equal(each, frame)
assert numpy.load('n.npy', allow_pickle=True)[0] == {'a': 1}
"""


def test_a_test_reads_the_pickles_of_the_solution(pool: runner.Pool) -> None:
    result = pool.execute(_DUMPS, [_LOADS], timeout=20.0, files={})
    assert (result.status, result.evidence) == ("all_passed", "objects"), result.error
    wrong = _DUMPS.replace("f(data)\n", "f(data) + 1\n")
    control = pool.execute(wrong, [_LOADS], timeout=20.0, files={})
    assert control.status != "all_passed"
