"""The control: solution and tests in one process and one namespace, as harnesses commonly do it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_TIMEOUT_S = 5.0
_PASSED = "every test has passed"

_HARNESS = f"""
import json, sys
job = json.load(sys.stdin)
for test in job["tests"]:
    space = {{"__name__": "solution"}}
    exec(job["code"], space)
    if isinstance(test, str):
        exec(test, space)
    elif "code" in test:
        exec(test["code"], space)
        space["check"](space[test["entry_point"]])
    else:
        assert space[test["function"]](*test["args"]) == test["expected"]
print({_PASSED!r})
"""


def is_fooled(code: str, tests: Sequence[Any]) -> bool:
    """Return True if all tests seem to pass in a harness without any separation."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _HARNESS],
            input=json.dumps({"code": code, "tests": tests}),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": "0"},  # some attacks depend on the order of sets
        )
    except subprocess.TimeoutExpired:
        return False
    return _PASSED in done.stdout
