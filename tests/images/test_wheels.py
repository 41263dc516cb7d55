"""Requirements, their lock, and the wheels that pip fetches for it; no index is asked."""

import re
from pathlib import Path

import pytest

from runner import images
from runner.errors import BackendError, ConfigurationError
from runner.images import recipe
from runner.images.wheels import PYTHON, Requirements, machine
from tests.images.fake_engine import FakeEngine, client
from tests.images.tiny_wheels import make_wheel


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory with a wheel, the one that it requires, and an older version."""
    directory = tmp_path / "links"
    directory.mkdir()
    for version in ("1.0", "2.0"):
        make_wheel(directory, "upper", version, {"upper/__init__.py": ""}, "lower>=1")
    make_wheel(directory, "lower", "1.5", {"lower.py": ""})
    return directory


@pytest.fixture
def wanted(tmp_path: Path) -> Requirements:
    path = tmp_path / "requirements.txt"
    path.write_text("upper\n")
    return Requirements(path)


def test_the_lock_pins_everything_with_hashes(wanted: Requirements, links: Path) -> None:
    wanted.settle(update=False, find_links=links)
    assert wanted.lock_path.name == "requirements.lock"
    assert wanted.versions() == {"lower": "1.5", "upper": "2.0"}
    assert wanted.lock_path.read_text().count("--hash=sha256:") == 2


def test_a_lock_stays_until_it_is_to_be_updated(wanted: Requirements, links: Path) -> None:
    (links / "upper-2.0-py3-none-any.whl").rename(links.parent / "upper-2.0-py3-none-any.whl")
    wanted.settle(update=False, find_links=links)
    (links.parent / "upper-2.0-py3-none-any.whl").rename(links / "upper-2.0-py3-none-any.whl")
    wanted.settle(update=False, find_links=links)
    assert wanted.versions()["upper"] == "1.0"
    wanted.settle(update=True, find_links=links)
    assert wanted.versions()["upper"] == "2.0"


def test_exactly_the_files_of_the_lock_are_fetched(
    wanted: Requirements, links: Path, tmp_path: Path
) -> None:
    wanted.settle(update=False, find_links=links)
    target = tmp_path / "wheels"
    wanted.download(target, find_links=links)
    names = sorted(path.name for path in target.iterdir())
    assert names == ["lower-1.5-py3-none-any.whl", "upper-2.0-py3-none-any.whl"]


def test_another_file_of_the_same_version_is_refused(
    wanted: Requirements, links: Path, tmp_path: Path
) -> None:
    wanted.settle(update=False, find_links=links)
    make_wheel(links, "lower", "1.5", {"lower.py": "other = True\n"})
    with pytest.raises(BackendError, match=r"(?i)hash"):
        wanted.download(tmp_path / "wheels", find_links=links)


def test_requirements_that_changed_need_a_new_lock(wanted: Requirements, links: Path) -> None:
    wanted.settle(update=False, find_links=links)
    wanted.path.write_text("lower\n")
    with pytest.raises(ConfigurationError, match=r"changed since.*--update-lock"):
        wanted.versions()


@pytest.mark.parametrize("line", ["upper lower", "upper=1", "--bogus", "./no-wheel.whl"])
def test_a_line_that_pip_does_not_understand_is_named(
    wanted: Requirements, links: Path, line: str
) -> None:
    wanted.path.write_text(f"lower\n{line}\n")
    words = re.escape(line.removeprefix("./"))
    with pytest.raises(ConfigurationError, match=f"not valid: .*{words}.*correct this line"):
        wanted.settle(update=False, find_links=links)


def test_conditions_are_those_of_the_image(tmp_path: Path) -> None:
    """They would be those of the Python that pip runs in, which has no option for them."""
    conditions = {
        "here": f'python_version == "{PYTHON}" and sys_platform == "linux"',
        "elsewhere": f'python_version != "{PYTHON}"',
        "machine": f'platform_machine == "{machine()}"',
    }
    make_wheel(
        tmp_path, "upper", "1", {"upper.py": ""}, *(f"{n}; {c}" for n, c in conditions.items())
    )
    for name in conditions:
        make_wheel(tmp_path, name, "1", {f"{name}.py": ""})
    wanted = Requirements(tmp_path / "requirements.txt")
    wanted.path.write_text("upper\n")
    wanted.settle(update=False, find_links=tmp_path)
    assert set(wanted.versions()) == {"upper", "here", "machine"}


def test_included_requirements_that_changed_need_a_new_lock(
    wanted: Requirements, links: Path
) -> None:
    included, limits = (wanted.path.parent / name for name in ("more.txt", "limits.txt"))
    wanted.path.write_text("-r more.txt\n--constraint=limits.txt\n")
    included.write_text("upper\n-r requirements.txt\n")
    for text in ("upper<3\n", "upper<2\n"):
        limits.write_text(text)
        with pytest.raises(ConfigurationError, match="lock"):
            wanted.versions()
        included.write_text("upper\n")
        wanted.settle(update=True, find_links=links)
    assert wanted.versions() == {"lower": "1.5", "upper": "1.0"}


def test_requirements_without_a_package_leave_the_lock_as_it_is(
    wanted: Requirements, links: Path
) -> None:
    wanted.settle(update=False, find_links=links)
    before = wanted.lock_path.read_text()
    wanted.path.write_text("# none\nupper; python_version < '3'\n")
    with pytest.raises(ConfigurationError, match="names no package"):
        wanted.settle(update=True, find_links=links)
    assert wanted.lock_path.read_text() == before


def test_a_missing_lock_is_an_error_that_says_how_to_make_it(wanted: Requirements) -> None:
    with pytest.raises(ConfigurationError, match=r"has no lock.*--update-lock"):
        wanted.versions()


def test_requirements_are_not_their_own_lock(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another ending"):
        Requirements(tmp_path / "requirements.lock")


def test_a_missing_directory_of_wheels_is_named(wanted: Requirements) -> None:
    with pytest.raises(ConfigurationError, match="no such directory"):
        images.build(variant="mine", requirements=wanted.path, find_links=wanted.path / "absent")


@pytest.mark.parametrize("line", ["lower==1.5", "lower>=1 --hash=sha256:" + "0" * 64, ""])
def test_a_damaged_lock_is_an_error(wanted: Requirements, links: Path, line: str) -> None:
    """As is one without hashes: what it pins could be anything."""
    wanted.settle(update=False, find_links=links)
    first = wanted.lock_path.read_text().partition("\n")[0]
    wanted.lock_path.write_text(f"{first}\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"is damaged.*--update-lock"):
        wanted.versions()


def test_a_package_without_a_wheel_is_named(wanted: Requirements, links: Path) -> None:
    wanted.path.write_text("missing-package\n")
    with pytest.raises(ConfigurationError, match=r"missing-package.*pip wheel.*--find-links"):
        wanted.settle(update=False, find_links=links)
    assert not wanted.lock_path.exists()


def test_an_image_with_requirements_needs_a_name_of_its_own(wanted: Requirements) -> None:
    for name in (None, "data", "scientific"):
        with pytest.raises(ConfigurationError, match="--name"):
            images.build(variant=name, requirements=wanted.path, client=client(FakeEngine()))
    with pytest.raises(ConfigurationError, match="not a valid name of an image"):
        images.build(variant="A b", requirements=wanted.path, client=client(FakeEngine()))


def test_modules_to_preload_are_names_and_belong_to_requirements(wanted: Requirements) -> None:
    with pytest.raises(ConfigurationError, match="--requirements"):
        images.build(variant="own", preload=["numpy"], client=client(FakeEngine()))
    with pytest.raises(ConfigurationError, match=r"'a-b': not the name"):
        images.build(variant="own", requirements=wanted.path, preload=["a-b"])


def test_a_name_leads_to_the_image_of_this_source() -> None:
    """A user's own image is found without its requirements; any other has a tag."""
    ours = images.resolve("own")
    assert ours == images.image_reference("own") == recipe.Recipe("own").reference
    assert ours.startswith("sandbox-runner-own:")
    assert images.resolve("python:3.13") == "python:3.13"
    message = str(images.not_found(ours))
    assert "`runner image build --requirements FILE --name own`" in message
    assert "`own:latest`" in message


def test_the_lock_of_the_image_data_belongs_to_its_requirements() -> None:
    lock = recipe.recipe_of("data").lock()
    assert {"numpy", "pandas", "scipy", "scikit-learn", "matplotlib"} <= lock["wheels"].keys()
    assert lock["packages"] == recipe.recipe_of().lock()["packages"]
