"""The examples of the page run at a service; test_trainers.py has those of other packages."""

import pytest

from tests.docs.pages import PAGES, examples
from tests.server.served import Served

_PAGE = PAGES["runner/client/README.md"]
_DEFAULT = "unix:/run/runner.sock"
#: What these import is installed by `make test-trainers` only.
_TRAINERS = ("verifiers", "inspect_ai", "trl")
_EXAMPLES = [
    code
    for code, _ in examples(_PAGE)
    if not any(f"import {name}" in code or f"from {name}" in code for name in _TRAINERS)
]


@pytest.mark.parametrize("code", _EXAMPLES, ids=map(str, range(len(_EXAMPLES))))
def test_an_example_runs(served: Served, code: str) -> None:
    assert _DEFAULT in code
    exec(compile(code.replace(_DEFAULT, served.address), "README.md", "exec"), {})


def test_there_are_examples() -> None:
    assert len(_EXAMPLES) == len(examples(_PAGE)) - len(_TRAINERS) == 3
