"""Names that the solution shares with the library, and that the test uses as the solution's."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "values under names of modules": Honest(
        """\
import copy as copies
array, string, time, random = [3, 1], 'ab', 12.5, [2, 1]
calendar, json, types = {'mon': 1}, '{"a": 1}', {'a': int}
copy = copies.deepcopy(array)
def total(xs): return sum(xs)
def per(distance, duration): return distance / duration""",
        (
            "assert total(array) == 4 and array[0] == 3 and copy == [3, 1]",
            "assert string.upper() == 'AB' and per(25, time) == 2",
            "x = random\nassert sorted(x) == [1, 2] and total(x) == 3",
            "assert calendar == {'mon': 1} and json == '{\"a\": 1}' and types['a'] is int",
        ),
    ),
    "functions and objects under names of modules": Honest(
        """\
class Days:
    def __init__(self): self.days = []
    def add_day(self, day): self.days.append(day)
calendar = Days()
operator = {'+': lambda a, b: a + b}
def time(text): return int(text[:-1]) * 60
def nan(): return float('nan')
def both(a, b): return a, b""",
        (
            "calendar.add_day(3)\nassert calendar.days == [3]",
            "assert both(time('2m'), 1) == (120, 1) and operator['+'](1, 2) == 3",
            "import math\nassert math.isnan(nan()) and both(1, 2) == (1, 2)",
        ),
    ),
    "a class that the solution has imported under its module's name": Honest(
        "from datetime import datetime, timedelta\ndef after(d): return d + timedelta(days=1)",
        ("assert after(datetime(2020, 1, 1)) == datetime.strptime('2020-01-02', '%Y-%m-%d')",),
    ),
    "what a module says of itself": Honest(
        "__version__, __author__ = '1.2', 'me'\ndef f(): return 1",
        (
            "assert f() == 1 and __version__ == '1.2'",
            "import solution\nfrom solution import __author__\n"
            "assert solution.__version__ == '1.2' and __author__ == 'me'",
            "from solution import __version__\ndef test_version(): assert __version__ == '1.2'",
        ),
    ),
}
