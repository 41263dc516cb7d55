"""Options that several commands share."""

import argparse
import contextlib
import os
from collections.abc import Iterator
from typing import Any

from runner.config import PoolConfig
from runner.models import Evidence
from runner.pool import Pool
from runner.pool.calls import PoolCalls

#: Timeout of running requests at a normal end, in seconds; there should be none.
_SHUTDOWN_S = 30.0
#: Seconds for which a service may be unavailable.
_PATIENCE_S = 30.0


def add_which_pool(parser: argparse.ArgumentParser, *, workers: int) -> None:
    """Add options that choose and size a pool."""
    parser.add_argument(
        "--backend", help="docker or local (default: RUNNER_BACKEND, or docker)", metavar="NAME"
    )
    parser.add_argument("--policy", default="standard", help="import policy: standard or strict")
    parser.add_argument(
        "--image",
        help="data, scientific, one of your own, or a reference with its tag",
        metavar="NAME",
    )
    parser.add_argument("--workers", type=int, default=workers, help=f"default: {workers}")


def add_pool_options(parser: argparse.ArgumentParser, *, workers: int) -> None:
    """Add options that choose and size a pool, and those of executions."""
    add_which_pool(parser, workers=workers)
    parser.add_argument(
        "--timeout", type=float, default=5.0, help="seconds per test (default: 5)", metavar="S"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def add_min_evidence(parser: argparse.ArgumentParser) -> None:
    """Add the option for the weakest evidence of a pass."""
    parser.add_argument(
        "--min-evidence",
        choices=[level.value for level in Evidence],
        default=Evidence.NONE.value,
        help="weakest evidence of a pass; a test that passes with less fails (default: none)",
    )


def add_extract_code(parser: argparse.ArgumentParser) -> None:
    """Add the option for solutions in Markdown fences."""
    parser.add_argument(
        "--extract-code",
        action="store_true",
        help="take solutions out of their Markdown fences (```python ... ```), if they have any",
    )


def pool_config(options: argparse.Namespace, **more: Any) -> PoolConfig:
    """Return the settings that the options name.

    Raises:
        ConfigurationError: One of them is not valid.
    """
    settings = {"policy": options.policy, "workers": options.workers, **more}
    for name in ("backend", "image"):
        if getattr(options, name) is not None:
            settings[name] = getattr(options, name)
    return PoolConfig.build(None, settings)


@contextlib.contextmanager
def open_pool(config: PoolConfig) -> Iterator[Pool]:
    """Yield a warm pool; an interrupt or an error ends it at once, with all running requests."""
    pool, patience_s = Pool(config), 0.0
    try:
        pool.start()
        yield pool
        patience_s = _SHUTDOWN_S
    finally:
        pool.shutdown(patience_s)


#: Environment variable with the token: other users can read a command line.
_BEARER = "RUNNER_TOKEN"


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the option for a service instead of a pool."""
    parser.add_argument(
        "--server",
        help="execute at a service (`runner serve`): unix:PATH, HOST:PORT or a URL; several are"
        f" separated by commas. Its token is taken from {_BEARER}",
        metavar="ADDRESS",
    )


@contextlib.contextmanager
def open_server(addresses: str) -> Iterator[PoolCalls]:
    """Yield a client, after a check that all services answer.

    Raises:
        ConfigurationError: An address is not valid.
        BackendError: A service does not answer.
    """
    from runner.client import Client

    token = os.environ.get(_BEARER)
    with Client(addresses.split(","), token, patience_s=_PATIENCE_S) as client:
        yield client
