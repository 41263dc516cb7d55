"""Each fault that a pool has to survive has a test, which the marker ``fault`` ties to its name.

Most are in this folder, on real sandboxes or on an engine of the test's own. The others are beside
the module in question and use a fake, where a real sandbox cannot be made to do such a thing.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_TESTS = Path(__file__).parents[1]

FAULTS = {
    "container killed while leased",
    "container killed while idle",
    "all containers killed at once",
    "killed by the same program every time",
    "paused",
    "out of memory: subject",
    "out of memory: worker",
    "engine restarted or killed with a pool open",
    "engine hangs",
    "engine unreachable at start",
    "engine unreachable later",
    "engine too old, or none at all",
    "wrong fingerprint, protocol or source; a worker that refuses",
    "image missing",
    "worker that never becomes ready, dies at start, or babbles; undrained attach",
    "disk full",
    "garbage, forged length",
    "partial frame, end in mid-frame",
    "peer that stops reading, both ways",
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback",
    "lease returned twice, or to another pool",
    "lease timeout racing a hand-over",
    "asyncio cancellation at every await",
    "KeyboardInterrupt in a lease",
    "host killed with -9, alone or with a forked child",
    "host forks while a sandbox starts, and is killed with -9",
    "reaping beside another live pool",
    "forked child uses the pool",
    "interpreter exit without shutdown, pool dropped",
    "many threads on one worker, evenly used",
    "hundreds of replacements",
    "thousands of executions in one worker",
    "health check racing a lease",
    "clock jumps",
    "recycled by use, not all at once",
    "dies as soon as it lives, again and again",
    "container removed by another program",
    "container that cannot be removed, or appears late",
    "a worker that reports progress without end",
}


def _names_in(module: ast.Module) -> Iterator[object]:
    """Return the arguments of each ``pytest.mark.fault``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            yield from map(ast.literal_eval, node.args)


def test_the_faults_are_those_that_tests_show() -> None:
    texts = (path.read_text("utf-8") for path in _TESTS.rglob("test_*.py"))
    assert {
        name for text in texts if ".fault(" in text for name in _names_in(ast.parse(text))
    } == FAULTS
