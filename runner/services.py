"""The pool of a validator or a miner, for the lifetime of its service.

    validator_pool() ──► warm pool, set globally ──► cleanup: clear global, shut down, drop
            └── engine away ──► degraded: throw-away containers ──► retried until it is there

The number of workers decides only how fast a pool is: budgets count the time that the code used,
without waiting for a CPU, and every execution begins in the same state. A miner with 4 workers
and a validator with 8 come to the same verdicts.
"""

import logging
import threading
from typing import Any, Self

from runner.grail import (
    CodeExecutionPool,
    execute_on,
    get_global_execution_pool,
    set_global_execution_pool,
)
from runner.logs import event
from runner.pool.retry import backoff_s

_LOG = logging.getLogger(__name__)

VALIDATOR_WORKERS = 8
MINER_WORKERS = 4

#: A container keeps nothing of what it executed, so there is little to gain from replacing it soon.
#: A start takes the CPU time of some hundred executions.
_TASKS_PER_CONTAINER = 1000
#: Timeout of the health check of a new pool, in seconds.
_HEALTH_S = 10.0
#: Longest wait between two starts in the background, in seconds.
_MOST_WAIT_S = 30.0
#: Timeout for stopping a start in the background, in seconds.
_JOIN_S = 10.0


def validator_pool(workers: int = VALIDATOR_WORKERS, **settings: Any) -> "ServicePool":
    """Start a validator's pool of 8 workers and set it globally; see ``ServicePool``."""
    return ServicePool(workers, **settings).start()


def miner_pool(workers: int = MINER_WORKERS, **settings: Any) -> "ServicePool":
    """Start a miner's pool of 4 workers and set it globally; see ``ServicePool``."""
    return ServicePool(workers, **settings).start()


class ServicePool:
    """A pool that is the global one for as long as a service lives.

    If the engine is unavailable, ``start`` does not raise: it logs a warning and keeps trying in
    the background. Until then the global pool is unset, and executions take throw-away containers.
    ``cleanup`` ends all this. A ``with`` block calls it; as a shutdown callback, register
    ``cleanup`` or the object itself.

    Args:
        workers: How many executions run at the same time.
        settings: Other arguments of ``CodeExecutionPool``.

    Raises:
        ConfigurationError: A setting is unknown, of the wrong type, or out of its range.
    """

    def __init__(self, workers: int, **settings: Any) -> None:
        self.num_workers = workers
        # Not here: the background waits for the engine.
        defaults = {"max_tasks_per_child": _TASKS_PER_CONTAINER, "engine_wait_s": 0.0}
        self._pool = CodeExecutionPool(workers, **{**defaults, **settings})
        self._starting = threading.Lock()
        self._state = threading.Lock()
        self._retrying: threading.Thread | None = None
        self._there = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def __call__(self, *_: object) -> None:
        """Clean up, as a shutdown callback; all arguments are ignored."""
        self.cleanup()

    @property
    def pool(self) -> CodeExecutionPool | None:
        """The pool; None while degraded and after the end."""
        return self._pool if self._there.is_set() else None

    @property
    def degraded(self) -> bool:
        """Whether executions take throw-away containers."""
        return not self._there.is_set()

    def start(self) -> Self:
        """Start the pool and set it globally; blocks until it is warm or has failed once.

        Does nothing the second time, and nothing after ``cleanup``.
        """
        with self._starting:  # a second caller finds it started
            if self._over.is_set() or self._there.is_set() or self._retrying is not None:
                return self
            if not self._try_once():
                self._retrying = threading.Thread(
                    target=self._retry, name="runner-service", daemon=True
                )
                self._retrying.start()
        return self

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the pool is warm; return True if it is.

        Args:
            timeout: Seconds; None for as long as it takes.
        """
        return self._there.wait(timeout)

    def execute(self, code: str, tests: list[str], timeout: float = 5.0) -> Any:
        """Execute as ``check_code_executes_fast`` does, on this pool, or degraded."""
        return execute_on(self.pool, code, tests, timeout)

    def health_check(self, timeout: float = 10.0) -> dict[str, Any]:
        """Return the pool's health; while degraded, that it is not started."""
        return self._pool.health_check(timeout)

    def cleanup(self, timeout: float = 30.0) -> None:
        """Clear the global pool, shut the pool down, drop it; any number of times.

        Args:
            timeout: Seconds that running executions are given.
        """
        self._over.set()
        self._withdraw()
        # Also cuts short a start that is under way.
        self._pool.shutdown(timeout)
        if self._retrying is not None:
            self._retrying.join(_JOIN_S)

    def _retry(self) -> None:
        failures = 1
        while not self._over.wait(backoff_s(failures, initial_s=0.5, max_s=_MOST_WAIT_S)):
            if self._try_once():
                return
            failures += 1

    def _try_once(self) -> bool:
        """Start the pool and set it globally; return True if no further start is needed."""
        try:
            self._pool.start()
            report = self._pool.health_check(_HEALTH_S)
        except Exception as error:  # noqa: BLE001  # the service must go on without the pool
            return self._failed(f"{type(error).__name__}: {error}")
        # Missing workers are still starting; a worker with a wrong verdict is a failure.
        if not 0 < report["workers_correct"] == report["workers_responsive"]:
            self._pool.shutdown(0)
            return self._failed(f"it is not healthy: {report['error']}")
        if not self._install():
            self._pool.shutdown(0)
        elif report["healthy"]:
            _LOG.info("Fast code execution pool initialized: %d workers", self.num_workers)
        else:
            event(_LOG, logging.WARNING, "workers_missing", error=report["error"])
        return True

    def _install(self) -> bool:
        """Set the pool globally, unless ``cleanup`` was called."""
        with self._state:
            if self._over.is_set():
                return False
            set_global_execution_pool(self._pool)
            self._there.set()
            return True

    def _withdraw(self) -> None:
        """Clear the global pool if it is still this one."""
        with self._state:
            if get_global_execution_pool() is self._pool:
                set_global_execution_pool(None)
            self._there.clear()

    def _failed(self, reason: str) -> bool:
        if self._over.is_set():
            return True
        instead = "throw-away containers until the pool is there"
        event(_LOG, logging.WARNING, "degraded", instead=instead, effect="slower", error=reason)
        return False
