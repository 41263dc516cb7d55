"""Run untrusted Python solutions against tests in a pool of warm, locked-down sandboxes."""

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
    TestResult,
    TestStatus,
    TimeoutKind,
)
from runner.pool import Pool
from runner.scoring import Scoring, score

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
    "TestResult",
    "TestStatus",
    "TimeoutKind",
    "TransportError",
    "WeakIsolationError",
    "WrongWorkerError",
    "score",
]
