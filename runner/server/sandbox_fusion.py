"""SandboxFusion's route ``/run_code``, for Python: runs one program and returns its output."""

import json
from typing import Any

from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.models import MIB, Limits, Model, RunRequest, RunResult, RunStatus, Text
from runner.server.answers import RefusedError, error_answer, json_answer
from runner.server.bodies import Bodies, parse_object
from runner.server.fair_queue import OverloadedError
from runner.server.gate import caller_of
from runner.server.served_pool import ServedPool, while_connected
from runner.server.settings import ServiceConfig

#: Least memory that a program may be limited to, in bytes.
_LEAST_MEMORY = 16 * MIB


class RunCodeRequest(Model):
    """The request for ``/run_code``.

    Attributes:
        code: The program.
        language: Must be ``python``.
        stdin: Its standard input.
        compile_timeout: Ignored: Python has no such step.
        run_timeout: Seconds of CPU time, and separately of blocked time.
        memory_limit_MB: The limit in MiB, at most half of a sandbox's memory; the default of
            ``Limits`` if it is not positive.
        files: Must be empty.
        fetch_files: Must be empty.
    """

    model_config = ConfigDict(extra="ignore")

    code: Text
    language: str = "python"
    stdin: Text | None = None
    compile_timeout: float | None = None
    run_timeout: float = Field(default=10.0, gt=0, le=3600, allow_inf_nan=False)
    memory_limit_MB: float | None = Field(default=None, le=1 << 20)  # noqa: N815  # its name there
    files: dict[str, Any] | None = None
    fetch_files: list[str] | None = None

    def as_run(self, most_memory_bytes: int) -> RunRequest:
        """Return the program to run.

        Raises:
            RefusedError: It asks for something that is not available.
        """
        if self.language != "python":
            message = f"language: {self.language!r:.40} is not available, only Python is"
            raise RefusedError(400, message, ("language",))
        for name in ("files", "fetch_files"):
            if getattr(self, name):
                raise RefusedError(400, f"{name}: files are not available here", (name,))
        limits = Limits()
        if self.memory_limit_MB is not None and self.memory_limit_MB > 0:
            wanted = min(int(self.memory_limit_MB * MIB), most_memory_bytes)
            limits = Limits(memory_bytes=max(_LEAST_MEMORY, wanted))
        return RunRequest(
            code=self.code, stdin=self.stdin or "", timeout=self.run_timeout, limits=limits
        )


class SandboxFusion:
    """The handler of ``/run_code``.

    Args:
        pool: Executes the requests.
        bodies: Reads the requests.
        config: Limits.
    """

    def __init__(self, pool: ServedPool, bodies: Bodies, config: ServiceConfig) -> None:
        self._pool = pool
        self._bodies = bodies
        self._limit = config.max_body_bytes
        # A limit beyond the sandbox's memory would end in the kernel's OOM killer.
        self._most_memory = max(_LEAST_MEMORY, pool.pool.config.memory_bytes // 2)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/run_code", self.run_code, methods=["POST"])]

    async def run_code(self, request: Request) -> Response:
        """Run a program."""
        caller = caller_of(request)
        try:
            async with self._bodies.body(request, self._limit) as body:
                asked = RunCodeRequest.model_validate(parse_object(body, self._limit))
                wanted = asked.as_run(self._most_memory).as_execution()
                work = self._pool.execute(wanted, caller, None)
                result = await while_connected(request, work)
        except OverloadedError as error:
            # The only status after which verl's client retries.
            answer = error_answer(error, caller.request_id)
            answer.status_code = 504
            return answer
        return json_answer(json.dumps(as_fusion(RunResult.of_execution(result))))


def as_fusion(result: RunResult) -> dict[str, Any]:
    """Return the result of a run in the format of SandboxFusion."""
    status, run_status = _statuses(result)
    ran = {
        "status": run_status,
        "execution_time": result.wall_s,
        "return_code": result.exit_code,
        "stdout": result.stdout,
        "stderr": result.stderr,
    }
    return {
        "status": status,
        "message": "" if status == "Success" else result.error or "",
        "compile_result": None,
        "run_result": None if status == "SandboxError" else ran,
        "executor_pod_name": result.sandbox_id,
        "files": {},
    }


def _statuses(result: RunResult) -> tuple[str, str]:
    if not result.conclusive:
        return "SandboxError", "Error"
    if result.status is RunStatus.TIMEOUT:
        return "Failed", "TimeLimitExceeded"
    if result.status is RunStatus.OUTPUT_LIMIT:
        return "Failed", "Error"
    return "Success" if result.exit_code == 0 else "Failed", "Finished"
