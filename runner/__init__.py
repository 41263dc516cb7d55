"""Run untrusted Python solutions against tests in a pool of warm, locked-down sandboxes."""

import importlib.metadata
import sys

if sys.platform == "win32":
    raise ImportError(
        "sandbox-runner needs Linux or macOS: on Windows, install and use it inside WSL 2"
    )

from runner.config import ImportPolicy, PoolConfig
from runner.errors import (
    BackendError,
    BatchError,
    ConfigurationError,
    EngineUnavailableError,
    ForkedPoolError,
    HandshakeError,
    ImageNotFoundError,
    PoolClosedError,
    PoolError,
    PoolTimeoutError,
    RunnerError,
    TransportError,
    WeakIsolationError,
    WrongWorkerError,
)
from runner.models import (
    AssertTest,
    Attempt,
    Blame,
    CallChecker,
    CallTest,
    Cause,
    Checker,
    CheckTest,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    HealthReport,
    Limits,
    PoolStats,
    RunRequest,
    RunResult,
    RunStatus,
    StageTimes,
    StdioTest,
    SuiteTest,
    TestResult,
    TestStatus,
    TimeoutKind,
)
from runner.pool import Pool
from runner.scoring import Scoring, score


def __getattr__(name: str) -> str:
    """Return ``__version__``, which is looked up on first use: that takes milliseconds."""
    if name == "__version__":
        return importlib.metadata.version("sandbox-runner")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AssertTest",
    "Attempt",
    "BackendError",
    "BatchError",
    "Blame",
    "CallChecker",
    "CallTest",
    "Cause",
    "CheckTest",
    "Checker",
    "ConfigurationError",
    "EngineUnavailableError",
    "Evidence",
    "ExecutionRequest",
    "ExecutionResult",
    "ExecutionStatus",
    "ForkedPoolError",
    "HandshakeError",
    "HealthReport",
    "ImageNotFoundError",
    "ImportPolicy",
    "Limits",
    "Pool",
    "PoolClosedError",
    "PoolConfig",
    "PoolError",
    "PoolStats",
    "PoolTimeoutError",
    "RunRequest",
    "RunResult",
    "RunStatus",
    "RunnerError",
    "Scoring",
    "StageTimes",
    "StdioTest",
    "SuiteTest",
    "TestResult",
    "TestStatus",
    "TimeoutKind",
    "TransportError",
    "WeakIsolationError",
    "WrongWorkerError",
    "score",
]
