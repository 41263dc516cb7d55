"""Environments: a completion in, a reward out; the same for miners and validators."""

from runner.envs.code_env import PythonCodeEnv, PythonCodeEnvAdapter, create_env
from runner.envs.messages import ChatMessage, Observation
from runner.envs.sources import SplitError
from runner.envs.tasks import Task, TaskSource

__all__ = [
    "ChatMessage",
    "Observation",
    "PythonCodeEnv",
    "PythonCodeEnvAdapter",
    "SplitError",
    "Task",
    "TaskSource",
    "create_env",
]
