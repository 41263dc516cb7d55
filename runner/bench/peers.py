"""Other libraries that execute code in containers, measured beside this one if they are there.

``pip install llm-sandbox epicbox``. Both need an image with a shell and a ``python`` of its own.
"""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from runner.bench.baselines import Contender
from runner.bench.latency import SOLUTION, TESTS

_PROGRAM = "\n".join((SOLUTION, *TESTS))


def peers(image: str) -> Iterator[tuple[str, AbstractContextManager[Contender]]]:
    """Yield name and contender of each peer that is installed.

    Args:
        image: What their containers are made of, with ``/bin/sh`` and ``python``.
    """
    for package, name, lend in _PEERS:
        if importlib.util.find_spec(package) is not None:
            yield name, lend(image)


@contextlib.contextmanager
def _llm_sandbox(image: str) -> Iterator[Contender]:
    """Lend a warm container of llm-sandbox's pool, which nobody cleans between executions."""
    # only here: neither is among this project's dependencies, nor has types
    pools: Any = importlib.import_module("llm_sandbox.pool")
    sessions: Any = importlib.import_module("llm_sandbox")
    config = pools.PoolConfig(max_pool_size=2, min_pool_size=2)
    pool = pools.create_pool_manager(config=config, lang="python", image=image)

    def execute() -> None:
        with sessions.SandboxSession(pool=pool, lang="python") as one:
            assert one.run(_PROGRAM).exit_code == 0

    try:
        execute()
        yield execute
    finally:
        pool.close()


@contextlib.contextmanager
def _epicbox(image: str) -> Iterator[Contender]:
    """Lend epicbox, which makes a container for each execution."""
    epicbox: Any = importlib.import_module("epicbox")
    epicbox.configure(profiles=[epicbox.Profile("python", image, user="root")])
    files = [{"name": "main.py", "content": _PROGRAM.encode()}]
    limits = {"cputime": 10, "memory": 256}

    def execute() -> None:
        result = epicbox.run("python", "python main.py", files=files, limits=limits)
        assert result["exit_code"] == 0, result

    execute()
    yield execute


_PEERS: tuple[tuple[str, str, Callable[[str], AbstractContextManager[Contender]]], ...] = (
    ("llm_sandbox", "llm-sandbox pool", _llm_sandbox),
    ("epicbox", "epicbox", _epicbox),
)
