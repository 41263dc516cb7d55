"""HTTP responses: results as JSON, and errors without a stack trace."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from runner.errors import BackendError, ConfigurationError, PoolClosedError, PoolTimeoutError
from runner.models import ExecutionResult, explain
from runner.server.fair_queue import OverloadedError

_LOG = logging.getLogger(__name__)

JSON = "application/json"
#: Media type of a batch, in both directions.
JSON_LINES = "application/x-ndjson"
#: ``Retry-After`` when the infrastructure has failed, in seconds.
_RETRY_S = 1
#: Most mistakes of one request that are explained; of more, only the number is given.
_MOST_MISTAKES = 100


class RefusedError(Exception):
    """A request that is refused before it is executed.

    Attributes:
        status: Status of HTTP.
        fields: Names of the wrong fields; empty if there are none.
    """

    def __init__(self, status: int, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields


def json_answer(text: str, status: int = 200) -> Response:
    """Return a response with a body of ASCII JSON."""
    return Response(text.encode("ascii"), status, media_type=JSON)


def result_json(result: ExecutionResult) -> str:
    """Return a result of the pool as ASCII JSON.

    pydantic's own text takes a third of the time. It is ASCII unless the solution's output is not.
    """
    try:
        text = BaseModel.model_dump_json(result)
    except ValueError:  # a lone surrogate
        return result.to_json()
    return text if text.isascii() else result.to_json()


def error_answer(error: Exception, request_id: str) -> Response:
    """Return the response for any exception of an endpoint."""
    status, told = error_body(error)
    body = {"error": {**told, "request_id": request_id}}
    answer = json_answer(json.dumps(body), status)
    if status in (429, 503):
        answer.headers["retry-after"] = str(getattr(error, "retry_after_s", _RETRY_S))
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    if status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def error_body(error: Exception) -> tuple[int, Mapping[str, Any]]:
    """Return the HTTP status and the body for an error."""
    match error:
        case RefusedError():
            told: dict[str, Any] = {"type": "ConfigurationError", "message": str(error)}
            return error.status, {**told, "fields": error.fields} if error.fields else told
        case HTTPException():
            return error.status_code, {"type": "ConfigurationError", "message": error.detail}
        case OverloadedError():
            return 429, {"type": "PoolTimeoutError", "message": str(error)}
        case ValidationError() if error.error_count() > _MOST_MISTAKES:
            message = f"request: has {error.error_count()} mistakes"
            return 422, {"type": "ConfigurationError", "message": message}
        case ValidationError():
            told = {"type": "ConfigurationError", "message": explain(error, "request")}
            return 422, {**told, "fields": fields_of(error)}
        case ConfigurationError():
            return 422, {"type": "ConfigurationError", "message": str(error)}
        case PoolClosedError() | PoolTimeoutError() | BackendError():
            return 503, {"type": type(error).__name__, "message": str(error)}
        case _:
            # Its text may reveal details of this machine; only the log has it.
            _LOG.error("a request failed", exc_info=error)
            return 500, {"type": "PoolError", "message": "the service failed; its log says why"}


def fields_of(error: ValidationError) -> tuple[str, ...]:
    """Return the names of the fields that are wrong."""
    names = (".".join(map(str, item["loc"])) for item in error.errors(include_url=False))
    return tuple(dict.fromkeys(filter(None, names)))
