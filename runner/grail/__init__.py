"""The names and dicts of the process pool that this library replaces, on top of `Pool`."""

from runner.grail.grail import (
    CodeExecutionPool,
    check_code_executes,
    check_code_executes_fast,
    execute_code,
    execute_on,
    get_global_execution_pool,
    set_global_execution_pool,
)
from runner.grail.result_dicts import ResultDict, is_conclusive

__all__ = [
    "CodeExecutionPool",
    "ResultDict",
    "check_code_executes",
    "check_code_executes_fast",
    "execute_code",
    "execute_on",
    "get_global_execution_pool",
    "is_conclusive",
    "set_global_execution_pool",
]
