"""The actor on each node, which owns a local pool.

A class without Ray: ``placement`` makes an actor of it. Its methods take and return JSON, so that
both sides unpickle only strings.
"""

import contextlib
import importlib.metadata
import platform
from collections.abc import Callable

from runner import images
from runner.backends import create_backend
from runner.config import PoolConfig
from runner.distributed.models import Greeting
from runner.distributed.node_messages import dump_error, dump_result
from runner.errors import RunnerError
from runner.fingerprint import worker_digest
from runner.models import ExecutionStatus
from runner.pool import Pool
from runner.request_json import load_request

_TELL_PYTHON = "import sys\nprint(sys.version)"


class NodePool:
    """The pool of one node.

    Args:
        config: JSON of a ``PoolConfig``, with the workers of this node.
    """

    def __init__(self, config: str) -> None:
        self._config = PoolConfig.from_json(config)
        self._pool = Pool(self._config)

    def greet(self) -> str:
        """Start the pool, check it with a request, and return a ``Greeting``, or an error."""
        return _answer(self._greet)

    def execute(self, request: str, max_retries: int) -> str:
        """Execute a request with at most this number of attempts; return the result or an error."""

        def run() -> str:
            return dump_result(self._pool.execute(load_request(request), max_retries=max_retries))

        return _answer(run)

    def stats(self) -> str:
        """Return the pool's ``PoolStats``."""
        return self._pool.stats().to_json()

    def health_check(self, timeout: float) -> str:
        """Return the pool's ``HealthReport``."""
        return self._pool.health_check(timeout).to_json()

    def shutdown(self, timeout: float) -> None:
        """End the pool, and remove sandboxes that killed predecessors have left on this machine."""
        self._pool.shutdown(timeout)
        with (
            contextlib.suppress(RunnerError),  # the next start reaps as well
            contextlib.closing(create_backend(self._config)) as backend,
        ):
            backend.reap()

    def _greet(self) -> str:
        result = self._pool.execute("", [_TELL_PYTHON])
        if result.status is not ExecutionStatus.ALL_PASSED:
            raise RunnerError(f"a request that must pass ended as {result.status}: {result.error}")
        parts = {
            "release": importlib.metadata.version("sandbox-runner"),
            "worker source": worker_digest(),
            "image": self._image(),
            "Python": result.stdout.strip(),
            "machine": platform.machine(),
        }
        return Greeting(fingerprint=result.fingerprint, parts=parts).to_json()

    def _image(self) -> str:
        return self._config.image or (
            images.image_reference() if self._config.backend == "docker" else "none"
        )


def _answer(act: Callable[[], str]) -> str:
    try:
        return act()
    except RunnerError as error:
        return dump_error(error)
