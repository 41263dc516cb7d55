"""Requests, tests, limits, results and statuses: the typed words of the public interface."""

from runner.models.base import Evidence, Input, Model, Text, canonical_json, explain, several
from runner.models.pool import HealthReport, PoolStats, StageTimes
from runner.models.requests import (
    MIB,
    AssertTest,
    CallChecker,
    CallTest,
    Checker,
    CheckTest,
    ExecutionRequest,
    Limits,
    StdioTest,
    Test,
)
from runner.models.results import (
    CLOSE,
    Attempt,
    Blame,
    Cause,
    ExecutionResult,
    ExecutionStatus,
    TestResult,
    TestStatus,
    TimeoutKind,
)

__all__ = [
    "CLOSE",
    "MIB",
    "AssertTest",
    "Attempt",
    "Blame",
    "CallChecker",
    "CallTest",
    "Cause",
    "CheckTest",
    "Checker",
    "Evidence",
    "ExecutionRequest",
    "ExecutionResult",
    "ExecutionStatus",
    "HealthReport",
    "Input",
    "Limits",
    "Model",
    "PoolStats",
    "StageTimes",
    "StdioTest",
    "Test",
    "TestResult",
    "TestStatus",
    "Text",
    "TimeoutKind",
    "canonical_json",
    "explain",
    "several",
]
