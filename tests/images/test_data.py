"""The image with packages of an index: preloaded ones, and those that a request imports."""

from collections.abc import Iterator

import pytest

import runner
from runner import images
from runner.models import ExecutionResult
from runner.worker.packages.image_names import IMAGES
from runner.worker.packages.libraries import LACKS_LIBRARY

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def data() -> Iterator[runner.Pool]:
    """A pool of its own."""
    images.build(variant="data")
    with runner.Pool(name="data", workers=1, spares=0, image="data") as pool:
        yield pool


# The pool above lives longer than a test, which the check for leftovers must know.
@pytest.fixture
def pool(data: runner.Pool) -> runner.Pool:
    return data


def _run(pool: runner.Pool, code: str, *tests: str, files: bool = False) -> ExecutionResult:
    return pool.execute(code, list(tests), timeout=20.0, files={} if files else None)


_PROGRAMS = """\
# pandas
import pandas as pd
def f():
    frame = pd.DataFrame({'a': [1, 2, 2], 'b': [1.0, 2.0, 4.0]})
    return frame.groupby('a')['b'].mean().to_dict()
# test: assert f() == {1: 1.0, 2: 3.0}

# numpy
import numpy as np
def f(): return np.linalg.solve(np.eye(2), [1, 2]).tolist()
# test: assert f() == [1.0, 2.0]

# scipy
from scipy import optimize, stats
def f(): return round(stats.norm.cdf(0), 6), round(optimize.brentq(lambda x: x * x - 2, 0, 2), 6)
# test: assert f() == (0.5, 1.414214)

# sklearn
from sklearn.linear_model import LinearRegression
def f(): return round(float(LinearRegression().fit([[0], [1]], [1, 3]).predict([[2]])[0]), 6)
# test: assert f() == 5.0

# matplotlib
import io
import matplotlib.pyplot as plt
def f():
    figure, ax = plt.subplots()
    ax.plot([1, 2])
    ax.set_title('T')
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out, format='png')
    return ax.get_title(), out.getvalue()[1:4]
# test: assert f() == ('T', b'PNG')

# seaborn
import seaborn as sns
def f(): return len(sns.color_palette('deep'))
# test: assert f() == 10

# statsmodels
import statsmodels.api as sm
def f():
    model = sm.OLS([1.0, 3.0, 5.0], sm.add_constant([0.0, 1.0, 2.0]))
    return [round(float(x), 6) for x in model.fit().params]
# test: assert f() == [1.0, 2.0]

# sympy
import sympy
def f():
    x = sympy.Symbol('x')
    return str(sympy.diff(x**2 * sympy.sin(x), x))
# test: assert f() == 'x**2*cos(x) + 2*x*sin(x)'

# networkx
import networkx as nx
def f(): return nx.shortest_path(nx.path_graph(4), 0, 3)
# test: assert f() == [0, 1, 2, 3]

# lxml and bs4
from bs4 import BeautifulSoup
from lxml import etree
def f(): return etree.fromstring('<a><b/></a>')[0].tag, BeautifulSoup('<p>x</p>', 'lxml').p.text
# test: assert f() == ('b', 'x')

# pillow
import io
from PIL import Image
def f():
    out = io.BytesIO()
    Image.new('RGB', (2, 3), 'red').save(out, 'PNG')
    return Image.open(out).size
# test: assert f() == (2, 3)

# zones
import pytz
from dateutil import parser
def f(): return str(pytz.timezone('Europe/Rome')), parser.parse('2020-01-02').year
# test: assert f() == ('Europe/Rome', 2020)

# faker
from faker import Faker
def f():
    Faker.seed(1)
    return len(Faker().name().split())
# test: assert f() >= 2

# requests
import requests
def f():
    try:
        requests.get('http://127.0.0.1:9/', timeout=1)
    except requests.exceptions.ConnectionError:
        return 'no network'
# test: assert f() == 'no network'
"""
_HONEST = {each.partition("\n")[0][2:]: each for each in _PROGRAMS.split("\n\n")}


@pytest.mark.parametrize("files", [False, True], ids=["without files", "with files"])
@pytest.mark.parametrize("name", _HONEST)
def test_packages_work(pool: runner.Pool, name: str, files: bool) -> None:
    code, _, test = _HONEST[name].partition("# test: ")
    result = _run(pool, code, test, files=files)
    assert result.status == "all_passed", result


def test_tests_import_packages_too(pool: runner.Pool) -> None:
    test = (
        "import pandas as pd\nfrom scipy import stats\nassert f() == pd.Timestamp(2020, 1, 2).year"
    )
    assert _run(pool, "def f(): return 2020", test).status == "all_passed"


_PD = "import numpy as np\nimport pandas as pd\n"

_TABLES = {
    "frame": "pd.DataFrame({'a': [1, 2], 'b': [.5, np.nan], 'c': ['x', None], 'd': [True, False]})",
    "empty frame": "pd.DataFrame()",
    "columns of one name": "pd.DataFrame([[1, 2]], columns=['a', 'a'])",
    "labels": "pd.DataFrame({'v': [1, 2]}, index=['k', 'l'])",
    "levels": "pd.DataFrame({'v': [1, 2]}, index=pd.MultiIndex.from_product([['a'], [1, 2]]))",
    "times": "pd.DataFrame({'t': pd.date_range('2020', periods=2, tz='Europe/Rome')})",
    "categories": "pd.DataFrame({'c': pd.Categorical(['a', None], ordered=True)})",
    "nullable": "pd.DataFrame({'i': pd.array([1, None], dtype='Int64')})",
    "objects": "pd.DataFrame({'o': np.array(['q', 3, None], dtype=object)})",
    "groups": "pd.DataFrame({'x': [1, 2, 2]}).groupby('x').sum()",
    "series": "pd.Series([1, 2], name='n')",
    "nested": "pd.DataFrame({'l': [[1, [2]], {'k': (3, {4})}]})",
    "types": "pd.DataFrame({'a': [1], 'b': ['x'], 'c': [.5]}).dtypes",
    "other types": "pd.Series([pd.Int64Dtype(), pd.DatetimeTZDtype('ns', 'UTC')])",
    "texts": "pd.Series(['a', 'b'])",
    "spans": "pd.Series(pd.to_timedelta([1, 2], unit='s'))",
    "counts": "pd.Series(['a', 'b', 'a']).value_counts()",
    "index": "pd.date_range('2020', periods=3, freq='ME')",
    "weeks of a month": "pd.date_range('2020', periods=3, freq='WOM-2FRI')",
    "quarters of a year": "pd.date_range('2020', periods=3, freq='REQ-L-DEC-SAT-4')",
    "range": "pd.RangeIndex(3, name='x')",
}  # fmt: skip


@pytest.mark.parametrize("name", _TABLES)
def test_tables_cross_in_both_directions(pool: runner.Pool, name: str) -> None:
    """Exactly: type, names, types of columns, missing values."""
    made = _TABLES[name]
    code = f"{_PD}def f(): return {made}\ndef same(x): return x"
    test = (
        f"{_PD}made = {made}\nkind = type(made).__name__\n"
        "equal = getattr(pd.testing, {'DataFrame': 'assert_frame_equal', 'Series':"
        " 'assert_series_equal'}.get(kind, 'assert_index_equal'))\n"
        "equal(f(), made)\nequal(same(made), made)\nassert type(f()) is type(made)"
    )
    result = _run(pool, code, test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result


def test_changes_of_a_table_arrive(pool: runner.Pool) -> None:
    code = (
        f"{_PD}def f(x):\n    x['b'] = x['a'] * 2\n    x.drop(index=0, inplace=True)\n"
        "    x.attrs['of'] = ['f']\n    x.index.name = 'n'\n    x['l'] = [[3]]"
    )
    test = (
        f"{_PD}x = pd.DataFrame({{'a': [1, 2]}})\nf(x)\nassert x['b'].tolist() == [4]\n"
        "assert (x.attrs, x.index.name, x['l'].tolist()) == ({'of': ['f']}, 'n', [[3]])"
    )
    assert _run(pool, code, test).status == "all_passed"


def test_the_shape_of_an_array_changes_in_place(pool: runner.Pool) -> None:
    code = f"{_PD}def f(x): x.shape = (2, 3)"
    test = f"{_PD}x = np.arange(6)\nf(x)\nassert x.shape == (2, 3) and x[1, 0] == 3"
    assert _run(pool, code, test).status == "all_passed"
    wrong = _run(pool, f"{_PD}def f(x): x.shape = (3, 2)", test)
    assert (wrong.passed, wrong.blame) == (0, "code")


def test_other_objects_in_a_table_that_has_crossed_become_texts(pool: runner.Pool) -> None:
    code = f"{_PD}def f(x):\n    x['b'] = [f, [f]]\n    x['p'] = pd.Period('2020')\n    return 1"
    test = (
        f"{_PD}x = pd.DataFrame({{'a': [1, 2]}})\nassert f(x) == 1\n"
        "assert x['a'].tolist() == [1, 2]\n"
        "text = '<function object, which does not cross>'\n"
        "assert x['b'].tolist() == [text, [text]]\n"
        "assert 'Period' in x['p'][0]"
    )
    result = _run(pool, code, test)
    assert result.status == "all_passed", result


def test_moments_are_values(pool: runner.Pool) -> None:
    code = (
        f"{_PD}a, b = pd.Timestamp(2020, 1, 2, tz='UTC'), pd.Timedelta('1D')\n"
        "def f(): return a, b, pd.NaT, pd.NA"
    )
    test = (
        f"{_PD}a, b, c, d = f()\nassert a == pd.Timestamp(2020, 1, 2, tz='UTC')\n"
        "assert b == pd.Timedelta('1D') and c is pd.NaT and d is pd.NA"
    )
    result = _run(pool, code, test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result


_ZONES = {
    "pytz": "import pytz\nzone = pytz.timezone('US/Eastern')\n"
    "def made(): return zone.localize(datetime.datetime(2024, 7, 1, 12))\n",
    "UTC": "import pytz\nzone = pytz.utc\n"
    "def made(): return datetime.datetime(2024, 7, 1, 12, tzinfo=zone)\n",
    "an offset of pytz": "import pytz\nzone = pytz.FixedOffset(90)\n"
    "def made(): return datetime.datetime(2024, 7, 1, 12, tzinfo=zone)\n",
    "dateutil": "from dateutil import tz\nzone = tz.gettz('Asia/Tokyo')\n"
    "def made(): return datetime.datetime(2024, 7, 1, 12, tzinfo=zone)\n",
    "an offset of dateutil": "from dateutil import tz\nzone = tz.tzoffset('X', 3600)\n"
    "def made(): return datetime.datetime(2024, 7, 1, 12, tzinfo=zone)\n",
}


@pytest.mark.parametrize("name", _ZONES)
def test_zones_of_packages_are_values(pool: runner.Pool, name: str) -> None:
    """Also alone, and as arguments."""
    code = f"import datetime\n{_ZONES[name]}"
    own = code.replace("made", "mine").replace("zone", "own").replace("timeown", "timezone")
    test = (
        f"{own}assert made() == mine() and made().tzinfo == mine().tzinfo\n"
        "assert made().utcoffset() == mine().utcoffset() and repr(made()) == repr(mine())\n"
        "assert zone == own and str(zone) == str(own)\n"
        "assert now(own).tzname() == datetime.datetime(2020, 1, 1, tzinfo=own).tzname()"
    )
    more = "def now(tz): return datetime.datetime(2020, 1, 1, tzinfo=tz)\n"
    result = _run(pool, code + more, test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result
    wrong = code.replace(", 12", ", 13") + more
    assert _run(pool, wrong, test).passed == 0


def test_spans_of_dateutil_are_values(pool: runner.Pool) -> None:
    code = (
        "from dateutil.relativedelta import FR, relativedelta\n"
        "def f(n): return relativedelta(months=n, days=2, weekday=FR(-1))"
    )
    test = (
        "import datetime\nfrom dateutil.relativedelta import FR, relativedelta\n"
        "assert f(14) == relativedelta(years=1, months=2, days=+2, weekday=FR(-1))\n"
        "assert datetime.date(2024, 1, 1) + f(1) == datetime.date(2024, 2, 2)"
    )
    result = _run(pool, code, test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result
    assert _run(pool, code.replace("FR(-1)", "FR(1)"), test).passed == 0


def test_a_zone_that_its_package_does_not_find_stays_on_its_side(pool: runner.Pool) -> None:
    """Even after another zone of its type."""
    code = (
        "import io, pytz\nfrom dateutil import tz\n"
        "named = tz.gettz('Asia/Tokyo')\n"
        "read = tz.tzfile(io.BytesIO(pytz.open_resource('Asia/Tokyo').read()), 'own')\n"
        "def zones(): return [named, read]"
    )
    test = (
        "import datetime\nfrom dateutil import tz\nnoon = datetime.datetime(2024, 7, 1, 12)\n"
        "assert zones()[0] == tz.gettz('Asia/Tokyo')\n"
        "assert zones()[1].utcoffset(noon) == datetime.timedelta(hours=9)"
    )
    assert _run(pool, code, test).status == "all_passed"
    assert _run(pool, code.replace("io.BytesIO(", "io.BytesIO(b'x' + "), test).passed == 0
    assert _run(pool, code.replace("Asia/Tokyo", "Asia/Seoul"), test).passed == 0


_FALSE_ZONES = {
    "an unknown zone": "('pytz', '_p', 'Mars/Base')",
    "an offset that the zone never had": "('pytz', '_p', 'US/Eastern', 60, 0, 'EST')",
    "a file": "('dateutil.tz', 'tzfile', '../../etc/passwd')",
    "another module": "('os', 'system', 'true')",
    "another function": "('pytz', 'open_resource', 'UTC')",
}


@pytest.mark.parametrize("parts", _FALSE_ZONES.values(), ids=_FALSE_ZONES)
def test_a_zone_is_found_only_in_its_package(pool: runner.Pool, parts: str) -> None:
    """A solution that replaces what describes a zone gets nothing made of its message."""
    code = (
        "import sys, datetime, pytz\n"
        "zones = next(m for n, m in sys.modules.items() if n.endswith('library_values'))\n"
        f"def f():\n    zones.spec_of = lambda _: {parts}\n    return pytz.utc"
    )
    result = _run(pool, code, "import pytz\nassert f() is not None")
    assert (result.passed, result.blame) == (0, "code"), result
    assert "not a value" in str(result.error)


_LIAR = """
class H:
    __module__, __qualname__ = "pandas", "DataFrame"
    __pandas_priority__ = 1e9
    _typ = "dataframe"
    shape, dtype, ndim, size, dtypes = (2,), np.dtype('int64'), 1, 2, 0
    def __len__(self): return 2
    def __iter__(self): return iter([7, 7])
    def __getitem__(self, i): return self
    def __getattr__(self, name): return lambda *a, **k: self
    def __array__(self, *a, **k): return np.array([1, 2])
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __eq__(self, o): return True
    def __ne__(self, o): return False
    def __bool__(self): return True
    def __hash__(self): return 0
    def __sub__(self, o): return 0
    __rsub__ = __abs__ = __sub__
    def __le__(self, o): return True
    __lt__ = __ge__ = __gt__ = __le__
class F(pd.DataFrame):
    def __eq__(self, o): return True
    def equals(self, o): return True
    def all(self, *a, **k): return True
class S(pd.Series):
    def __eq__(self, o): return True
    def equals(self, o): return True
    def all(self, *a, **k): return True
"""

_COMPARISONS = [
    "pd.testing.assert_series_equal(f(), made)",
    "pd.testing.assert_frame_equal(f(), made.to_frame())",
    "assert made.equals(f())",
    "assert f().equals(made)",
    "assert (f() == made).all()",
    "assert (made == f()).all()",
    "assert (made - f()).abs().max() < 1e-6",
    "assert abs(made - f()).sum() == 0",
    "assert made.eq(f()).all()",
    "assert made.isin([f()]).all()",
    "assert np.allclose(made, f())",
    "assert pd.Series(f()).equals(made)",
    "assert made.compare(f()).empty",
    "assert f()['a'].tolist() == made.tolist()",
]


@pytest.mark.parametrize("liar", ["H()", "F({'a': [7]})", "S([7])"])
@pytest.mark.parametrize("comparison", _COMPARISONS)
def test_no_object_passes_for_a_table(pool: runner.Pool, comparison: str, liar: str) -> None:
    test = f"{_PD}made = pd.Series([1, 2], name='a')\n{comparison}"
    result = _run(pool, f"{_PD}{_LIAR}\ndef f(): return {liar}", test)
    assert (result.passed, result.blame) == (0, "code"), result


_ASKED = [
    "array_equal(f(), [1, 2])",
    "array_equiv(f(), [1, 2])",
    "assert_array_less(f(), [5])",
    "assert_index_equal(f(), pd.Index([1]))",
    "assert_series_equal(f(), pd.Series([1]))",
]


@pytest.mark.parametrize("test", _ASKED)
def test_comparisons_that_a_test_forgot_to_import_are_the_judges(
    pool: runner.Pool, test: str
) -> None:
    name = test.partition("(")[0]
    code = f"def {name}(*_): return True\ndef f(): return 99"
    result = _run(pool, code, f"assert {test} in (None, True)")
    assert (result.passed, result.blame) == (0, "code"), result
    own = "def g(*_): return True\ndef f(): return 99"
    control = _run(pool, own, f"assert {test.replace(name, 'g')} in (None, True)")
    assert control.status == "all_passed"


@pytest.mark.parametrize("value", ["pd.Index([5])", "pd.RangeIndex(5, 6)", "pd.Series([5])"])
def test_a_table_is_no_number(pool: runner.Pool, value: str) -> None:
    test = runner.CallTest(function="f", expected=5)
    result = pool.execute(f"{_PD}def f(): return {value}", [test])
    assert result.tests[0].status == "failed", result


@pytest.mark.parametrize("liar", ["F({'a': [7]})", "S([7])"])
@pytest.mark.parametrize("comparison", _COMPARISONS)
def test_no_object_that_is_of_a_tables_class_passes_for_one(
    pool: runner.Pool, comparison: str, liar: str
) -> None:
    """The test's own question has an answer, and no library takes the object for a table by it."""
    asked = "x = f()\nassert isinstance(x, pd.DataFrame | pd.Series)\n"
    made = "made = pd.Series([1, 2], name='a')\n"
    code = f"{_PD}{_LIAR}\ndef f(): return {liar}"
    known = _run(pool, code, f"{_PD}{asked}")
    assert (known.status, known.evidence) == ("all_passed", "objects"), known
    result = _run(pool, code, f"{_PD}{made}{asked}{comparison.replace('f()', 'x')}")
    assert (result.passed, result.blame) == (0, "code"), result


@pytest.mark.parametrize("comparison", ["assert f().equals(made)", "assert f() == made"])
def test_pandas_itself_lets_them(pool: runner.Pool, comparison: str) -> None:
    """The control: the same objects, made by the test, pass such comparisons."""
    test = f"{_PD}{_LIAR}\ndef f(): return S([7])\nmade = pd.Series([1, 2])\n{comparison}"
    assert _run(pool, "", test).status == "all_passed"


_KINDS = {
    "matplotlib.axes.Axes": "import matplotlib.pyplot as plt\ndef f(): return plt.subplots()[1]",
    "matplotlib.figure.Figure": "import matplotlib.pyplot as plt\ndef f(): return plt.figure()",
    "pandas.core.groupby.DataFrameGroupBy": f"{_PD}def f():"
    " return pd.DataFrame({'a': [1]}).groupby('a')",
    "pandas.DataFrame": f"{_PD}def f(): return pd.DataFrame({{'a': [f, f]}})",
    "sklearn.linear_model.LinearRegression": "from sklearn import linear_model\n"
    "def f(): return linear_model.LinearRegression()",
    "sklearn.base.BaseEstimator": "from sklearn.cluster import KMeans\ndef f(): return KMeans()",
    "networkx.Graph": "import networkx\ndef f(): return networkx.DiGraph()",
    "sympy.Poly": "import sympy\ndef f(): return sympy.Poly(sympy.Symbol('x') ** 2)",
    "bs4.element.Tag": "import bs4\ndef f(): return bs4.BeautifulSoup('<p>x</p>', 'lxml').p",
    "bs4.NavigableString": "import bs4\n"
    "def f(): return bs4.BeautifulSoup('<p>x</p>', 'lxml').p.string",
    "PIL.Image.Image": "from PIL import Image\ndef f(): return Image.new('RGB', (1, 1))",
    "numpy.random.Generator": f"{_PD}def f(): return np.random.default_rng(1)",
    "scipy.sparse.csr_matrix": "from scipy import sparse\ndef f(): return sparse.csr_matrix([[1]])",
    "lxml.etree._Element": "from lxml import etree\ndef f(): return etree.fromstring('<a/>')",
}


_OF_PACKAGES = {
    "a string of bs4": (
        "def f(soup): return soup.find('name').string, soup.find(string='x').parent.name",
        (
            "import bs4\nsoup = bs4.BeautifulSoup('<name>x</name>', 'html.parser')\n"
            "assert f(soup) == ('x', 'name')"
        ),
    ),
    "results of bs4": (
        "def f(found): return [each.text.upper() for each in found], len(found), found[0].name",
        (
            "import bs4\nsoup = bs4.BeautifulSoup('<i>a</i><i>b</i>', 'html.parser')\n"
            "assert f(soup.find_all('i')) == (['A', 'B'], 2, 'i')"
        ),
    ),
    "results of scipy in a column": (
        f"{_PD}def f(out): return pd.DataFrame(out.tolist(), index=out.index, columns=['t', 'p'])",
        (
            f"{_PD}from scipy import stats\n"
            "out = pd.Series([stats.ttest_1samp([1, 2, 4], 0), stats.ttest_1samp([3, 5], 1)])\n"
            "assert f(out).equals(pd.DataFrame(out.tolist(), columns=['t', 'p']))"
        ),
    ),
    "an attribute of one": (
        "def f(result): return result.pvalue, result[1], result.df",
        (
            "from scipy import stats\nmade = stats.ttest_1samp([1, 2, 4], 0)\n"
            "assert f(made) == (made.pvalue, made.pvalue, made.df)"
        ),
    ),
    "moments with a frequency without a name": (
        f"{_PD}def f(): return pd.date_range('2020', periods=2, freq=pd.DateOffset(days=3))",
        "assert f()[1].day == 4 and len(f()) == 2",
    ),
}


@pytest.mark.parametrize(("code", "test"), _OF_PACKAGES.values(), ids=_OF_PACKAGES)
def test_a_test_hands_over_what_packages_make(pool: runner.Pool, code: str, test: str) -> None:
    assert _run(pool, code, test).status == "all_passed"
    wrong = f"{code.partition('def')[0]}def f(*_): return None"
    assert _run(pool, wrong, test).passed == 0


_FINDING = {
    "bs4": "import bs4\ndef f(text): return bs4.BeautifulSoup(text, 'html.parser')",
    "lxml": "from lxml import etree\ndef f(text): return etree.fromstring(text)",
}


@pytest.mark.parametrize("name", _FINDING)
def test_an_object_of_a_package_finds_another(pool: runner.Pool, name: str) -> None:
    code = _FINDING[name]
    text = "'<r><a k=\"1\">x</a><b><a/></b></r>'"
    finds = "assert f({0}).find('a').get('k') == '1' and f({0}).find('b').find('a') is not None"
    test = f"{code.partition('def')[0]}{finds.format(text)}\nassert f({text}).find('c') is None"
    result = _run(pool, code, test)
    assert (result.status, result.evidence) == ("all_passed", "objects"), result
    wrong = f"{code}.find('b')" if name == "lxml" else f"{code}.find('c')"
    assert _run(pool, wrong, test).passed == 0


@pytest.mark.parametrize("kind", _KINDS)
def test_tests_ask_for_classes_of_packages(pool: runner.Pool, kind: str) -> None:
    module = kind.rpartition(".")[0]
    case = f"import unittest, {module}\nclass TestKind(unittest.TestCase):\n    def test(self):\n"
    tests = [
        f"import {module}\nassert isinstance(f(), {kind})",
        f"{case}        self.assertIsInstance(f(), {kind})",
    ]
    result = _run(pool, _KINDS[kind], *tests)
    assert (result.status, result.evidence) == ("all_passed", "objects"), result
    wrong = f"import threading\nassert not isinstance(f(), threading.Event)\nimport {module}\n"
    unequal = f"{wrong}assert not isinstance(f(), {kind})"
    assert _run(pool, _KINDS[kind], unequal).status == "some_failed"
    event = f"import threading\n{_KINDS[kind]}\ndef f(): return threading.Event()"
    assert _run(pool, event, tests[0]).status == "some_failed"


def test_a_test_reads_a_part_of_a_package_that_only_the_solution_imports(
    pool: runner.Pool,
) -> None:
    code = "import matplotlib.pyplot as plt\ndef f(): return plt.subplots()[1]"
    tests = ["import matplotlib\nassert isinstance(f(), matplotlib.axes.Axes)"]
    tests += ["import matplotlib as m\ntry:\n    f() and m.absent\nexcept AttributeError: pass"]
    result = _run(pool, code, *tests)
    assert result.status == "all_passed", result


#: Programs that import scipy, which their text does not name.
_UNNAMED = {
    "at once": "m = __import__('sci' + 'py.linalg')\ndef f(): return float(m.linalg.norm([3, 4]))",
    "in a function": "def f():\n    m = __import__('sci' + 'py.linalg').linalg\n"
    "    return float(m.norm([3, 4]))",
    "with a handler": "try:\n    m = __import__('sci' + 'py.linalg').linalg\n"
    "except BaseException:\n    m = None\n"
    "def f(): return None if m is None else float(m.norm([3, 4]))",
    "in a thread": "import threading\nfound = []\ndef look():\n"
    "    found.append(__import__('sci' + 'py.linalg').linalg)\ndef f():\n"
    "    thread = threading.Thread(target=look)\n    thread.start()\n    thread.join()\n"
    "    return float(found[0].norm([3, 4]))",
    "behind another package": "import networkx as nx\ndef f():\n"
    "    return 5.0 * round(sum(nx.pagerank(nx.path_graph(3)).values()), 6)",
}


@pytest.mark.parametrize("files", [False, True], ids=["without files", "with files"])
@pytest.mark.parametrize("name", _UNNAMED)
def test_a_package_that_no_text_names_is_there(pool: runner.Pool, name: str, files: bool) -> None:
    first = "assert 1 + 1 == 2 and f"  # what has run before is run again
    suite = "def test_f():\n    assert f() == 5.0\ndef test_g():\n    assert f() > 4"
    tests = (first, "assert f() == 5.0", suite)
    one, other = (_run(pool, _UNNAMED[name], *tests, files=files) for _ in range(2))
    assert one.status == "all_passed", one
    assert [each.attempts for each in (one, other)] == [1, 1]
    assert one.digest == other.digest


def test_a_program_that_is_run_again_has_fresh_files_and_entropy(pool: runner.Pool) -> None:
    """And the same addresses each time."""
    code = (
        "import os, random, sys, uuid\nstart = os.listdir(), random.random(), id(object())\n"
        "open('left.txt', 'a').write('once')\nprint('begun', sys.stdin.read(), *start)\n"
        "m = __import__('sci' + 'py.linalg').linalg\n"
        "print(uuid.uuid4(), id(m), id(m.norm), open('left.txt').read(), m.norm([3, 4]))\n"
    )
    one, other = (pool.run(code, "given", timeout=20.0) for _ in range(2))
    assert (one.status, one.exit_code) == ("finished", 0), one
    assert one.stdout == other.stdout
    assert one.stdout.count("begun given") == 1
    assert one.files == {"left.txt": b"once"}


def test_a_program_that_ends_as_if_it_lacked_a_library_is_only_repeated(pool: runner.Pool) -> None:
    code = f"import os\ndef f(): os._exit({LACKS_LIBRARY})"
    one, other = (_run(pool, code, "assert f()") for _ in range(2))
    assert (one.status, one.blame) == ("process_error", "code")
    assert one.tests[0].exit_code == LACKS_LIBRARY
    assert one.digest == other.digest


def test_two_runs_give_the_same(pool: runner.Pool) -> None:
    code = (
        "import numpy as np\nfrom scipy import stats\n"
        "def f(): return np.random.rand(3).tolist(), stats.norm.rvs(size=2).tolist(), id(stats)"
    )
    one, other = (_run(pool, code, "print(f())") for _ in range(2))
    assert one.status == "all_passed"
    assert one.digest == other.digest
    assert one.stdout == other.stdout


_SECRETS = (
    "/etc/passwd",
    "/proc/self/maps",
    "/opt/runner/packages.json",
    "/opt/packages/../runner",
)


@pytest.mark.parametrize("path", _SECRETS)
@pytest.mark.parametrize("files", [False, True], ids=["without files", "with files"])
def test_packages_can_be_read_and_nothing_else(pool: runner.Pool, path: str, files: bool) -> None:
    code = (
        "import pytz\ndef f(path):\n    try:\n        return len(open(path, 'rb').read()) > 0\n"
        "    except OSError:\n        return 'refused'\n"
        "def own(): return pytz.__file__.replace('__init__.py', 'zoneinfo/UTC')"
    )
    result = _run(
        pool, code, f"assert f(own()) is True\nassert f({path!r}) == 'refused'", files=files
    )
    assert result.status == "all_passed", result


def test_the_packages_that_an_import_error_names_are_there(pool: runner.Pool) -> None:
    modules = IMAGES["data"].split()
    result = _run(pool, "\n".join(f"import {name}" for name in modules), "pass")
    assert result.status == "all_passed", result


def test_a_name_that_no_wheel_has_is_refused(pool: runner.Pool) -> None:
    result = _run(pool, "import torch", "pass")
    assert result.status == "runtime_error"
    assert "torch" in (result.error or "")


def test_the_plain_image_names_the_one_that_has_a_package() -> None:
    images.build()
    with runner.Pool(workers=1, spares=0) as pool:
        result = pool.execute("import pandas", ["pass"])
    assert "Pool(image='data')" in (result.error or "")


_EVALUATES = """\
def quiet(): return "(setattr(__import__('unittest').TestCase,'assertEqual',print) or 3)"
def factor(): return "I(__import__('numpy').testing.__dict__.update(assert_allclose=print) or x)"
def query(): return "@pd.io.common.os.getpid() > 0"
def formula(): return "x**2 + sin(2*x)/factorial(3) + g(x)"
"""


@pytest.mark.parametrize(
    "test",
    [
        "sympy.simplify(quiet())",
        "sympy.lambdify('x', quiet())(1)",
        "patsy.dmatrix(factor(), {'x': [1, 2]})",
        "pd.DataFrame({'a': [1]}).query(query())",
        "smf.ols('y ~ ' + factor(), pd.DataFrame({'x': [1.0, 2.0], 'y': [2.0, 4.0]}))",
    ],
)
def test_packages_evaluate_no_text_of_the_solution(pool: runner.Pool, test: str) -> None:
    imports = "import patsy, sympy\nimport pandas as pd\nimport statsmodels.formula.api as smf\n"
    result = _run(pool, _EVALUATES, f"{imports}{test}")
    assert "would evaluate a text that does not stand in the test" in result.tests[0].message


_SYMPY = "import sympy\nx = sympy.Symbol('x')\n"


@pytest.mark.parametrize(
    "test",
    [
        f"{_SYMPY}assert sympy.simplify(formula()).has(sympy.Function('g'))",
        f"{_SYMPY}assert formula() and sympy.lambdify(x, sympy.sin(x) + x**2, 'numpy')(0.0) == 0",
        f"{_SYMPY}assert formula() and sympy.Matrix([[1, 2], [3, 4]]).det() == -2",
        f"{_SYMPY}assert formula() and sympy.integrate('x', ('x', 0, 2)) == 2",
        "import patsy\nassert formula() and patsy.dmatrix('x + C(a)', {'x': [1], 'a': [2]}).any()",
        (
            f"{_PD}n = 1\nframe = pd.DataFrame({{'a': [1, 2], 'b': ['x', 'y']}})\n"
            "assert formula() and len(frame.query('a > @n & b.str.contains(\"y\")')) == 1"
        ),
        "import networkx as nx\nassert formula() and nx.is_connected(nx.path_graph(3))",
        "from scipy import stats\nassert formula() and stats.norm(0, 1).cdf(0) == 0.5",
    ],
)
def test_packages_evaluate_what_the_test_writes(pool: runner.Pool, test: str) -> None:
    result = _run(pool, _EVALUATES, test)
    assert result.status == "all_passed", result


@pytest.mark.parametrize(
    ("series", "name"),
    [
        ("pd.DataFrame({'a': [1, 2]}, index=[5, 6]).loc[6]", "np.int64(6)"),
        (
            "pd.DataFrame({'a': [1]}, index=pd.to_datetime(['2024-01-02'], utc=True)).iloc[0]",
            "pd.Timestamp('2024-01-02', tz='UTC')",
        ),
        ("pd.Series([1], name=('b', 'max'))", "('b', 'max')"),
        ("pd.Series([1], name=('b', 7))", "('b', 7)"),
        ("pd.Series([1], index=pd.Index([2], name=('x', 1)))", "None"),
    ],
)
def test_the_name_of_a_column_may_be_any_label(pool: runner.Pool, series: str, name: str) -> None:
    test = f"{_PD}got = f()\nassert type(got) is pd.Series and got.name == {name}\n"
    test += f"assert type(got.name) is type({name})\npd.testing.assert_series_equal(got, {series})"
    result = _run(pool, f"{_PD}def f(): return {series}", test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result
    wrong = f"{_PD}def f():\n    made = {series}\n    made.name = ('other', 8)\n    return made"
    assert _run(pool, wrong, test).blame == "code"


_NAMED = f"""{_PD}
class Name:
    def __eq__(self, other): return True
    __hash__ = object.__hash__
def f(): return pd.Series([1], name=Name())
def g(): return pd.Series([1], name=(Name(), 1))
"""


@pytest.mark.parametrize("call", ["f()", "g()"])
def test_an_object_as_a_name_does_not_cross(pool: runner.Pool, call: str) -> None:
    assert _run(pool, _NAMED, f"assert {call}.name == 'a'").passed == 0


@pytest.mark.parametrize(
    "test",
    [
        "assert f(np.float32) == 'float32'",
        "assert f(pd.DataFrame) == 'DataFrame'",
        "assert g(np.sum) == 3",
        "assert g(np) == 3",
        "from scipy import stats\nassert f(stats.zscore) == 'zscore'",
    ],
)
def test_what_libraries_hold_crosses_by_name(pool: runner.Pool, test: str) -> None:
    code = f"{_PD}def f(x): return x.__name__\ndef g(x): return int(getattr(x, 'sum', x)([1, 2]))"
    assert _run(pool, code, f"{_PD}{test}").status == "all_passed"


_PATCHED = """
import matplotlib.pyplot as plt, numpy as np, pandas as pd, requests
def f(path): return pd.read_csv(path)['a'].tolist()
def g(): return requests.get('http://x').status_code
def h():
    plt.plot([1, 2])
    plt.show()
    return plt.gca().get_title()
def k(): return np.random.rand()
"""


@pytest.mark.parametrize(
    "test",
    [
        (
            "with patch('pandas.read_csv', return_value=pd.DataFrame({'a': [1]})) as read:\n"
            "    assert f('x.csv') == [1]\nread.assert_called_once_with('x.csv')"
        ),
        (
            "@patch('requests.get')\ndef check(get):\n    get.return_value.status_code = 200\n"
            "    assert g() == 200\n    get.assert_called_once()\ncheck()"
        ),
        "with patch('matplotlib.pyplot.show') as show:\n    assert h() == ''\nshow.assert_called()",
        "with patch('numpy.random.rand', lambda: 0.5):\n    assert k() == 0.5\nassert k() != 0.5",
        (
            "import matplotlib.pyplot as plt\nplt.plot([1])\n"
            "with patch('matplotlib.pyplot.show'):\n    assert h() == ''\nassert plt.gca()"
        ),
    ],
)
def test_what_a_test_patches_in_a_package_is_patched_for_the_solution(
    pool: runner.Pool, test: str
) -> None:
    result = _run(pool, _PATCHED, f"import pandas as pd\nfrom unittest.mock import patch\n{test}")
    assert result.status == "all_passed", result
    unpatched = _run(pool, _PATCHED, "assert k() != 0.5 and callable(f)")
    assert unpatched.status == "all_passed"


_RAISES = """
import networkx as nx, numpy as np, pandas as pd, requests
class Own(np.linalg.LinAlgError): pass
def f(kind):
    if kind == 'numpy': return np.linalg.inv(np.zeros((2, 2)))
    if kind == 'own': raise Own('mine')
    if kind == 'pandas': raise pd.errors.EmptyDataError('none')
    if kind == 'networkx': raise nx.NetworkXNoPath('far')
    if kind == 'requests': raise requests.exceptions.ConnectionError('away')
    raise ValueError(kind)
"""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("numpy", "numpy.linalg.LinAlgError"),
        ("own", "numpy.linalg.LinAlgError"),
        ("pandas", "pandas.errors.EmptyDataError"),
        ("networkx", "networkx.NetworkXException"),
        ("requests", "requests.RequestException"),
    ],
)
def test_an_error_of_a_package_is_the_tests_own(
    pool: runner.Pool, kind: str, expected: str
) -> None:
    imports = f"import unittest, pytest, {expected.rpartition('.')[0]}\n"
    expects = [
        f"with pytest.raises({expected}): f({kind!r})",
        f"unittest.TestCase().assertRaises({expected}, f, {kind!r})",
        f"try: f({kind!r})\nexcept {expected} as error: assert error.args\nelse: assert False",
    ]
    for test in expects:
        right = _run(pool, _RAISES, f"{imports}{test}")
        assert right.status == "all_passed", right
        wrong = _run(pool, _RAISES, f"{imports}{test.replace(repr(kind), repr('other'))}")
        assert (wrong.passed, wrong.blame) == (0, "code"), wrong


_PATCHES = {
    "an object": "import numpy as np\nclass Spy:\n    def __call__(self, *_): used.append(1)\n"
    "spy = Spy()\n",
    "a mock by another name": "import numpy as np\nfrom unittest.mock import Mock\n"
    "spy = Mock(side_effect=lambda *_: used.append(1))\n",
}


@pytest.mark.parametrize("spy", _PATCHES)
def test_patches_of_packages_reach_the_solution(pool: runner.Pool, spy: str) -> None:
    code = "import numpy\ndef f():\n    numpy.linalg.inv(numpy.eye(1))\n    return 1"
    parts = "from unittest.mock import patch\nused = []\n", _PATCHES[spy]
    replaced = "with patch.object(np.linalg, 'inv', spy):\n    assert f() == 1\nassert not used"
    test = "".join((*parts, replaced))
    assert _run(pool, "def f(): return 1", test).status == "all_passed"
    assert _run(pool, code, test).status == "some_failed"
    assert _run(pool, code, "assert f() == 1").status == "all_passed"


_READS_VARIABLES = {
    "query": ("table.query(f())['a'].tolist() == wanted", "a > 1", "a in @wanted"),
    "eval": ("table.eval(f()).equals(double)", "a * 2", "a * 0 + @double"),
    "eval of pandas": ("pd.eval(f()) == six", "2 * 3", "six"),
    "patsy": ("patsy.dmatrix(f() + ' - 1', table).sum() == 6", "a", "wanted"),
}


@pytest.mark.parametrize("name", _READS_VARIABLES)
def test_a_text_of_the_solution_reads_no_variable_of_the_test(pool: runner.Pool, name: str) -> None:
    compares, right, forged = _READS_VARIABLES[name]
    made = (
        f"{_PD}import patsy\ntable = pd.DataFrame(dict(a=[1, 2, 3]))\nwanted, six = [2, 3], 6\n"
        "double = pd.Series([2, 4, 6])\n"
    )
    if name == "patsy":
        made += "wanted = [0, 0, 6]\n"
    code = "def f(): return {!r}".format
    assert _run(pool, code(right), f"{made}assert {compares}").status == "all_passed"
    assert _run(pool, code(forged), f"{made}assert {compares}").status == "runtime_error"
    # The control: a string of the test names the variable, so a text may read it.
    names = f"{made}known = 'wanted six double'\nassert {compares}"
    assert _run(pool, code(forged), names).status == "all_passed"
