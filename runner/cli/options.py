"""Options that several commands share."""

import argparse
from typing import Any

from runner.config import PoolConfig


def add_pool_options(parser: argparse.ArgumentParser, *, workers: int) -> None:
    """Add what chooses and sizes a pool."""
    parser.add_argument(
        "--backend", help="docker or local (default: RUNNER_BACKEND, or docker)", metavar="NAME"
    )
    parser.add_argument("--policy", default="standard", help="import policy: standard or strict")
    parser.add_argument("--workers", type=int, default=workers, help=f"default: {workers}")
    parser.add_argument(
        "--timeout", type=float, default=5.0, help="seconds per test (default: 5)", metavar="S"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def pool_config(options: argparse.Namespace, **more: Any) -> PoolConfig:
    """Return the settings that the options name.

    Raises:
        ConfigurationError: One of them is not valid.
    """
    settings = {"policy": options.policy, "workers": options.workers, **more}
    if options.backend is not None:
        settings["backend"] = options.backend
    return PoolConfig.build(None, settings)
