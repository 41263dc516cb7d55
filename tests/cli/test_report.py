"""The page of a report in Chromium; `make test-report` installs what this needs."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.cli.evaluation import html
from runner.cli.evaluation.report_rows import PROBLEMS_MAX
from runner.cli.tally import Tally
from tests.cli.results import HOSTILE, broken, inconclusive, pair
from tests.docs.pages import REPOSITORY

pytestmark = pytest.mark.browser

#: What is kept for people to look at.
_SCREENSHOTS = REPOSITORY / "build" / "report"
_CODE = "def find_closest_elements(numbers):\n    return tuple(sorted(numbers)[:2])\n"
_MESSAGE = "AssertionError: assert find_closest_elements([1.0, 2.0, 3.9]) == (2.0, 3.9)"

#: What is wrong with what is to be seen: words that break though they are short, text that is hard
#: to tell from what is behind it (as WCAG 2 computes it), bold details, width.
_FLAWS = """() => {
  const flaws = { wide: document.documentElement.scrollWidth - innerWidth, words: [], faint: [] };
  const rgba = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const behind = (element) => {
    const colour = rgba(getComputedStyle(element).backgroundColor);
    if (colour.a === 1) return colour;
    if (colour.a !== 0) throw new Error("a background that is half transparent");
    return element.parentElement ? behind(element.parentElement) : rgba("rgb(255, 255, 255)");
  };
  const light = ({ r, g, b }) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const check = (element, colour, text) => {
    const ratio = contrast(rgba(colour), behind(element));
    if (ratio < 4.5) flaws.faint.push(`${ratio.toFixed(2)} ${text.trim().slice(0, 40)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  flaws.texts = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode, element = node.parentElement;
    if (!element.checkVisibility() || !node.data.trim()) continue;
    flaws.texts += 1;
    check(element, getComputedStyle(element).color, node.data);
    for (const { 0: word, index } of node.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
      if (word.length <= 20 && lines.size > 1) flaws.words.push(word);
    }
  }
  const search = document.getElementById("search");
  check(search, getComputedStyle(search, "::placeholder").color, search.placeholder);
  flaws.bold = [...document.querySelectorAll("details *")]
    .filter((element) => getComputedStyle(element).fontWeight > 400)
    .map((element) => element.tagName);
  return flaws;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("`make test-report` installs what this needs")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Write a report, and open it; settings are those of a context of Playwright."""
    contexts = []

    def open_page(tally: Tally, name: str = "the report", **settings: Any) -> Any:
        path = tmp_path / "report.html"
        html.write(path, name, tally)
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        page.add_style_tag(content=".problem { content-visibility: visible }")  # off the screen too
        return page

    yield open_page
    for context in contexts:
        context.close()


def _sized(width: int, scheme: str = "light") -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


def _tally() -> Tally:
    """Return every status, long texts, hostile texts, and samples that fail differently."""
    tally = Tally(report=True)
    texts = {"expected": "(2.0, 3.9)", "actual": "(1.0, 2.0)", "stdout": "5\n" * 3}
    for n in range(60):
        task = f"HumanEval/{n}"
        tally.add(*pair(task, evidence="objects" if n % 3 else "values", cpu_s=0.003), sample=1)
        if n % 4 == 0:
            tally.add(*pair(task, "failed", code=_CODE, message=_MESSAGE, **texts), sample=2)
        if n % 12 == 0:
            message = "ZeroDivisionError: division by zero (solution, line 7, in mean)"
            tally.add(*pair(task, "error", code="mean = 1 / 0", message=message), sample=3)
            tally.add(*pair(task, "timeout", code="while True: pass", cpu_s=5.0), sample=4)
    tally.add(*pair("word/" + "y" * 300, "failed", code="z" * 500, message="x" * 500))
    tally.add(*pair(HOSTILE, "failed", code=HOSTILE, message=HOSTILE, actual=HOSTILE))
    tally.add(*pair("dead/1", "crashed"))
    tally.add(*broken("odd/1"))
    tally.add(*inconclusive("lost/1"))
    return tally


def _problems(page: Any) -> Any:
    return page.locator("details.problem:visible > summary")


def _names(page: Any) -> list[str]:
    names: list[str] = page.locator("details.problem:visible > summary .task").all_text_contents()
    return names


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_can_be_read(opened: Callable[..., Any], width: int, scheme: str) -> None:
    page = opened(_tally(), **_sized(width, scheme))
    page.locator("#more").click()
    for codes in (20, 30):  # of the problems that failed, and of all their samples
        page.evaluate("document.querySelectorAll('details').forEach((row) => { row.open = true })")
        page.locator("pre.code").nth(codes - 1).wait_for()
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (_SCREENSHOTS / f"{width}-{scheme}.png").write_bytes(page.screenshot(full_page=True))
    flaws = page.evaluate(_FLAWS)
    assert flaws.pop("texts") > 500
    assert flaws == {"wide": 0, "words": [], "faint": [], "bold": []}


@pytest.mark.parametrize(
    ("flaw", "style"),
    [
        ("wide", "table { min-width: 1300px }"),
        ("words", ".status, .message, dd { width: 3ch }"),
        ("faint", "body { color: #888 }"),
        ("faint", "::placeholder { color: #888 }"),
        ("bold", "dt { font-weight: 600 }"),
    ],
)
def test_flaws_are_found(opened: Callable[..., Any], flaw: str, style: str) -> None:
    """Control of the test above."""
    page = opened(_tally(), **_sized(1280))
    _problems(page).first.click()
    page.locator("pre.code").first.wait_for()
    page.add_style_tag(content=style)
    assert page.evaluate(_FLAWS)[flaw]


def test_the_colours_follow_the_scheme(opened: Callable[..., Any]) -> None:
    colours = {
        opened(_tally(), **_sized(1280, scheme)).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert len(colours) == 2


def test_problems_come_first_and_failures_first_of_these(opened: Callable[..., Any]) -> None:
    page = opened(_tally(), **_sized(1280))
    assert page.locator("h2").first.text_content() == "Problems"
    statuses = page.locator("details.problem > summary span:nth-child(2)").all_text_contents()
    passed = [status == "all_passed" for status in statuses]
    assert len(passed) == 65
    assert passed == sorted(passed)


_FOCUSED = """() => {
  const focused = document.activeElement, style = getComputedStyle(focused);
  const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return focused.tagName === "SUMMARY" ? [focused.textContent, marked] : null;
}"""


def _reached_by_tab(page: Any) -> list[list[Any]]:
    page.locator("#search").focus()
    reached = []
    for _ in range(page.locator("details").count() + 1):  # the choice of a status, and each row
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
    return [each for each in reached if each]


def test_the_keyboard_reaches_and_opens_every_row(opened: Callable[..., Any]) -> None:
    """Control: rows that the keyboard passes over are missed."""
    page = opened(_tally(), **_sized(1280))
    page.locator("#more").click()
    rows = [[text, True] for text in _problems(page).all_text_contents()]
    assert len(rows) == 65
    assert _reached_by_tab(page) == rows
    _problems(page).first.focus()
    page.keyboard.press("Enter")
    inside = page.locator("details.problem").first.locator("details.failing summary")
    inside.first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED) == [inside.first.text_content(), True]
    page.evaluate("document.querySelectorAll('summary').forEach((each) => { each.tabIndex = -1 })")
    assert _reached_by_tab(page) == []


def test_every_failing_sample_of_a_task_is_shown(opened: Callable[..., Any]) -> None:
    page = opened(_tally(), **_sized(390))
    _problems(page).first.click()
    inside = page.locator("details.problem").first
    samples = inside.locator("details.failing")
    samples.first.wait_for()
    heads = samples.locator("summary > span:first-child").all_text_contents()
    assert heads == ["sample 2", "sample 3", "sample 4"]
    for row in samples.all()[1:]:  # the first is open
        row.locator("summary").click()
    inside.locator("pre.code").nth(2).wait_for()
    codes = [_CODE, "mean = 1 / 0", "while True: pass"]
    assert inside.locator("pre.code").all_text_contents() == codes


def test_hostile_text_stays_text(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without escapes it makes elements, and without the policy its script runs."""
    made = "() => [document.title, document.images.length, document.scripts.length]"
    page = opened(_tally(), HOSTILE)
    _problems(page).filter(has_text="</title>").click()
    page.locator("pre.actual").wait_for()
    shown = HOSTILE.replace("\ud800", "\\ud800")
    hidden = HOSTILE.replace("\ud800", "\ufffd")
    assert page.locator("pre.code").text_content() in {HOSTILE, hidden}
    assert page.locator("h1").text_content() == shown
    assert page.evaluate(made) == [shown, 0, 2]
    monkeypatch.setattr("html.escape", str)
    title, images, scripts = opened(_tally(), HOSTILE).evaluate(made)
    assert (title, images > 0, scripts > 2) == ("", True, True)
    unprotected = html.page(HOSTILE, _tally()).replace("default-src 'none'", "")
    monkeypatch.setattr(html, "page", lambda *_: unprotected.replace("script-src", "x-src"))
    assert opened(_tally(), HOSTILE).title() == "owned"


def test_a_reader_can_search(opened: Callable[..., Any]) -> None:
    """With as many problems as a report may have."""
    tally = _tally()
    for n in range(PROBLEMS_MAX - 65):
        tally.add(*pair(f"more/{n}"))
    page = opened(tally, **_sized(1280))
    assert len(_names(page)) == 50
    page.locator("#more").click()
    assert len(_names(page)) == PROBLEMS_MAX
    page.locator("#search").fill("EVAL/12#3")
    assert _names(page) == ["HumanEval/12"]
    assert page.locator("#count").text_content() == f"1 of {PROBLEMS_MAX} problems"
    page.locator("#search").fill("")
    page.locator("#status").select_option("timeout")
    assert _names(page) == [f"HumanEval/{n}" for n in range(0, 60, 12)]
    page.locator("#status").select_option("")
    assert len(_names(page)) == PROBLEMS_MAX
    bar = page.locator("#statuses i").first.bounding_box()
    assert bar["width"] > 10
    assert bar["height"] > 10
