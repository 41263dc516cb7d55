"""``runner serve``: the pool as a service, over a Unix socket or TCP."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from runner.cli.exits import Exit, InputError
from runner.cli.options import add_which_pool, pool_config
from runner.errors import ConfigurationError
from runner.server.settings import DEFAULT_LISTEN, ServiceConfig

#: Options with the name of a setting of the service.
_SETTINGS = (
    "token_file",
    "certfile",
    "keyfile",
    "max_body_bytes",
    "max_batch_bytes",
    "max_held_bytes",
    "max_queue",
    "body_timeout_s",
    "drain_s",
)
_FILES = ("token_file", "certfile", "keyfile")


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("serve", help="serve a pool over HTTP")
    parser.add_argument(
        "--listen",
        default=DEFAULT_LISTEN,
        help=f"unix:PATH or HOST:PORT; TCP needs --token-file (default: {DEFAULT_LISTEN})",
        metavar="ADDRESS",
    )
    parser.add_argument("--token-file", help="lines of NAME TOKEN [CONCURRENCY]", metavar="FILE")
    parser.add_argument("--certfile", help="certificate for TLS", metavar="FILE")
    parser.add_argument("--keyfile", help="private key for TLS", metavar="FILE")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        help="a value of the header Host that is accepted over TCP; any number of times",
        metavar="NAME",
    )
    for name in _SETTINGS[len(_FILES) :]:
        kind = float if name.endswith("_s") else int
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="any other setting of the pool, such as max_uses=200; any number of times",
        metavar="NAME=VALUE",
    )
    add_which_pool(parser, workers=4)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Settings that cannot be used, or no engine.
    """
    try:
        from runner.server.service import Service
    except ImportError as error:
        raise ConfigurationError(
            f"runner serve needs an extra: pip install 'sandbox-runner[serve]' ({error})"
        ) from error
    given = {name: getattr(options, name) for name in _SETTINGS}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    chosen |= {name: Path(chosen[name]) for name in _FILES if name in chosen}
    config = ServiceConfig(listen=options.listen, allow_hosts=tuple(options.allow_host), **chosen)
    pool = pool_config(options, **dict(map(_setting, options.set)))
    logging.getLogger("runner").setLevel(logging.INFO)  # the access log is always shown
    Service(pool, config).run()
    return Exit.OK


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text}: must be NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
