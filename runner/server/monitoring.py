"""The routes ``/metrics`` and ``/openapi.json``: metrics and description of the service."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.config import PoolConfig
from runner.errors import ConfigurationError
from runner.models import (
    ExecutionRequest,
    ExecutionResult,
    HealthReport,
    PoolStats,
    RunRequest,
    RunResult,
)
from runner.server.answers import JSON, JSON_LINES, RefusedError, json_answer
from runner.server.open_instruct import ProgramRequest
from runner.server.sandbox_fusion import RunCodeRequest
from runner.server.served_pool import ServedPool

_PREFIX = "sandbox_runner_service"
_REFERENCE = "#/components/schemas/{model}"

#: By path: model of the request, model of the response, and description.
_POSTS: Mapping[str, tuple[type[Any], type[Any] | None, str]] = {
    "/v1/execute": (ExecutionRequest, ExecutionResult, "Execute code with tests."),
    "/v1/batch": (
        ExecutionRequest,
        ExecutionResult,
        (
            "Execute lines of JSON; the answer is lines {index, result} or {index, error}, in the"
            " order of completion. A line may have its own index; its position otherwise."
        ),
    ),
    "/v1/run": (RunRequest, RunResult, "Run a program."),
    "/run_code": (RunCodeRequest, None, "Run a program, as SandboxFusion does."),
    "/test_program": (ProgramRequest, None, "Execute snippets, as open-instruct's API does."),
    "/test_program_stdio": (ProgramRequest, None, "Run a program, as open-instruct's API does."),
}
_GETS: Mapping[str, tuple[type[Any] | None, str]] = {
    "/v1/health": (HealthReport, "Have every worker judge a known pass and a known failure."),
    "/v1/stats": (PoolStats, "Counters, gauges and times of the pool."),
    "/v1/config": (PoolConfig, "Settings of the pool."),
    "/metrics": (None, "Metrics of pool and service, for Prometheus."),
    "/health": (None, "Whether the service is up; needs no token."),
}


class Monitoring:
    """The handlers of these routes.

    Args:
        pool: The pool to report on.
    """

    def __init__(self, pool: ServedPool) -> None:
        self._pool = pool
        self._openapi = json.dumps(openapi())

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/metrics", self.metrics), Route("/openapi.json", self.schema)]

    async def schema(self, _: Request) -> Response:
        """Answer with the schema of all routes."""
        return json_answer(self._openapi)

    async def metrics(self, _: Request) -> Response:
        """Answer with the metrics of pool and service."""
        try:
            from runner.prometheus import CONTENT_TYPE, exposition
        except ConfigurationError as error:
            raise RefusedError(501, str(error)) from error
        text = exposition(self._pool.pool) + self._own().encode("ascii")
        return Response(text, media_type=CONTENT_TYPE)

    def _own(self) -> str:
        queue = self._pool.queue
        figures = {
            "waiting": ("gauge", "Requests that wait for their turn.", queue.waiting),
            "running": ("gauge", "Requests that the pool has.", queue.running),
            "refused_total": ("counter", "Requests refused by a full queue.", queue.refused),
        }
        return "".join(
            f"# HELP {_PREFIX}_{name} {about}\n# TYPE {_PREFIX}_{name} {kind}\n"
            f"{_PREFIX}_{name} {value}\n"
            for name, (kind, about, value) in figures.items()
        )


def openapi() -> dict[str, Any]:
    """Return the OpenAPI description of the service."""
    asked = {model for model, _, _ in _POSTS.values()}
    told = {model for _, model, _ in _POSTS.values()} | {model for model, _ in _GETS.values()}
    pairs = [(model, "validation") for model in sorted(asked, key=_name)]
    pairs += [(model, "serialization") for model in sorted(filter(None, told), key=_name)]
    names, definitions = models_json_schema(pairs, ref_template=_REFERENCE)  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    for path, (request, result, about) in _POSTS.items():
        kind = JSON_LINES if path == "/v1/batch" else JSON
        body = {"required": True, "content": {kind: {"schema": names[request, "validation"]}}}
        answer = _answers(names.get((result, "serialization")), kind)  # type: ignore[arg-type]
        paths[path] = {"post": {"summary": about, "requestBody": body, "responses": answer}}
    for path, (result, about) in _GETS.items():
        answer = _answers(names.get((result, "serialization")), JSON)  # type: ignore[arg-type]
        paths[path] = {"get": {"summary": about, "responses": answer}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sandbox-runner", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _name(model: type[Any]) -> str:
    return model.__name__


def _answers(schema: Any, kind: str) -> dict[str, Any]:
    ok: dict[str, Any] = {"description": "The answer."}
    if schema is not None:
        ok["content"] = {kind: {"schema": schema}}
    errors = {
        "400": "The body is not JSON, or asks for something that is not available.",
        "401": "The token is missing or wrong.",
        "413": "The body is too long.",
        "422": "A field is wrong; `fields` names it.",
        "429": "The queue is full; `Retry-After` says when to ask again.",
        "503": "The infrastructure failed, or the service is about to end; ask again.",
    }
    return {"200": ok, **{code: {"description": about} for code, about in errors.items()}}
