"""What the pages show works, what they point at exists, and what they list is complete."""

import re
from pathlib import Path

import pytest

import runner
from runner.envs.code_env import WEIGHTS
from tests.docs.drawing import drawing
from tests.docs.pages import PAGES, REPOSITORY, blocks, examples, prose, spans

#: Pages whose examples need a cluster or a service: tests/distributed and tests/client run them.
_ELSEWHERE = ("runner/distributed/README.md", "runner/client/README.md")
_EXAMPLES = [
    pytest.param(snippet, output, id=f"{page}-{number}")
    for page, text in PAGES.items()
    for number, (snippet, output) in enumerate(examples(text), 1)
    if page not in _ELSEWHERE
]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: Code in a sentence that begins like this names a file or a directory.
_PATH = re.compile(r"(?:\.ci|images|runner|seccomp|tests)/[\w./-]*")
#: A name, and where it is defined.
_PLACE = re.compile(r"`(\w+)` in\s`([\w./]+\.py)`")
_MIB = 1024 * 1024


@pytest.mark.parametrize(("snippet", "output"), _EXAMPLES)
def test_examples_run(
    snippet: str,
    output: str,
    backend: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every Python block, with its own assertions and the output that the page shows."""
    if "files=" in snippet:
        request.getfixturevalue("_work_directories")
    monkeypatch.setenv("RUNNER_BACKEND", backend)
    exec(compile(snippet, "README.md", "exec"), {})
    assert capsys.readouterr().out == output


def test_the_readme_shows_an_example_with_its_output() -> None:
    assert [bool(output) for _, output in examples(PAGES["README.md"])] == [True]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """To a file or directory of the repository, and to a heading in it."""
    dead = [link for link in _LINK.findall(prose(PAGES[page])) if not _leads(page, link)]
    assert dead == []


def test_a_dead_link_is_seen() -> None:
    """The test above can fail."""
    assert _leads("README.md", "runner/pool/README.md#settings")
    assert not _leads("README.md", "runner/pool/README.md#no-such-heading")
    assert not _leads("README.md", "#no-such-heading")
    assert not _leads("runner/pool/README.md", "runner/pool/README.md")


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page: str) -> None:
    named = [span for span in spans(PAGES[page]) if _PATH.fullmatch(span)]
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_named_code_is_there(page: str) -> None:
    """Where a page says that it is."""
    places = {
        (name, path): (REPOSITORY / path).read_text("utf-8")
        for name, path in _PLACE.findall(PAGES[page])
    }
    defined = r"^(?:\s*(?:async )?(?:def|class) {0}\b|{0}\b.* = )"
    assert [
        place
        for place, text in places.items()
        if not re.search(defined.format(place[0]), text, re.MULTILINE)
    ] == []


def test_there_is_named_code() -> None:
    """The test above has something to look for."""
    assert len(_PLACE.findall(PAGES["CONTRIBUTING.md"])) > 10


def test_every_package_is_described() -> None:
    """And every module at the root, in the tables of packages."""
    found = [
        *REPOSITORY.glob("runner/*/__init__.py"),
        *REPOSITORY.glob("runner/worker/*/__init__.py"),
    ]
    packages = [f"{path.parent.relative_to(REPOSITORY)}/" for path in found]
    modules = [f"runner/{path.name}" for path in REPOSITORY.glob("runner/[a-z]*.py")]
    named = spans(PAGES["runner/ARCHITECTURE.md"])
    assert [name for name in (*packages, *modules) if name not in named] == []


def test_the_drawings_show_the_imports() -> None:
    drawn = [drawing(package) for package in ("runner", "runner.worker")]
    assert blocks(PAGES["CONTRIBUTING.md"], "text") == drawn, "`make drawing` prints them"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_can_be_reached(page: str) -> None:
    """From the README, by links."""
    reached, waiting = set(), ["README.md"]
    while waiting:
        here = waiting.pop()
        if here in PAGES and here not in reached:
            reached.add(here)
            targets = (link.partition("#")[0] for link in _LINK.findall(prose(PAGES[here])))
            waiting += [_target(here, target) for target in targets if target]
    assert page in reached


def test_the_readme_is_short() -> None:
    """What only some readers need stands beside the code that it describes."""
    assert len(PAGES["README.md"].split()) <= 900


@pytest.mark.parametrize("page", ["README.md", "runner/models/README.md"])
def test_every_status_blame_and_evidence_is_explained(page: str) -> None:
    words = (*runner.ExecutionStatus, *runner.TestStatus, *runner.Blame, *runner.Evidence)
    assert [word for word in words if f"`{word}`" not in PAGES[page]] == []
    for status in runner.ExecutionStatus:
        assert re.search(rf"^\| `{status}`", PAGES[page], re.MULTILINE)


def test_every_evidence_has_a_row() -> None:
    for word in runner.Evidence:
        assert re.search(rf"^\| `{word}`", PAGES["runner/models/README.md"], re.MULTILINE)


def test_every_checker_is_explained() -> None:
    for checker in (*runner.Checker, *runner.CallChecker):
        assert re.search(rf"^\| `{checker}`", PAGES["runner/models/README.md"], re.MULTILINE)


def test_every_setting_is_there_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNNER_BACKEND", raising=False)
    config, limits = runner.PoolConfig(), runner.Limits()
    for name in runner.PoolConfig.model_fields:
        assert f"| `{name}` | {_shown(getattr(config, name))} |" in PAGES["runner/pool/README.md"]
    for name in runner.Limits.model_fields:
        assert f"| `{name}` | {_shown(getattr(limits, name))} |" in PAGES["runner/models/README.md"]


def test_the_weights_of_a_reward_are_told() -> None:
    for part, weight in WEIGHTS.items():
        assert f"| {part} | {weight} |" in PAGES["runner/envs/README.md"]


def _shown(value: object) -> str:
    """Return a default as the tables have it."""
    if value is None or isinstance(value, bool):
        return "yes" if value else "no" if value is False else "none"
    if isinstance(value, int):
        return f"{value // _MIB} MiB" if value % _MIB == 0 else f"{value:,}"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _leads(page: str, link: str) -> bool:
    if link.startswith("https://"):
        return True
    path, _, heading = link.partition("#")
    target = _target(page, path) if path else page
    return (REPOSITORY / target).exists() and (not heading or heading in _headings(target))


def _target(page: str, path: str) -> str:
    """Return where a link leads, from the repository's root."""
    found = (REPOSITORY / Path(page).parent / path).resolve()
    return found.relative_to(REPOSITORY.resolve()).as_posix()


def _headings(page: str) -> set[str]:
    """Return the anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(PAGES[page]), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
