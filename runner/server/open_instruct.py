"""The routes of open-instruct's code API: ``/test_program`` and ``/test_program_stdio``."""

import json
from typing import Any

from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.adapters import to_open_instruct
from runner.errors import BackendError
from runner.models import AssertTest, Blame, Checker, ExecutionRequest, Model, StdioTest, Test, Text
from runner.server.answers import RefusedError, json_answer
from runner.server.bodies import Bodies, check_size, parse_json, parse_object
from runner.server.gate import caller_of
from runner.server.served_pool import ServedPool, while_connected
from runner.server.settings import ServiceConfig


class ProgramRequest(Model):
    """The request for both routes.

    Attributes:
        program: The solution.
        tests: Snippets, or objects with ``input`` and ``output``; also as a text of JSON.
        max_execution_time: Seconds for each test, of CPU time and separately of blocked time.
    """

    model_config = ConfigDict(extra="ignore")

    program: Text
    tests: list[Any] | str
    max_execution_time: float = Field(default=1.0, gt=0, le=3600, allow_inf_nan=False)

    def as_request(self, *, stdio: bool) -> ExecutionRequest:
        """Return the request.

        Raises:
            RefusedError: The tests have another form.
        """
        read = _stdio if stdio else _snippet
        tests = tuple(read(f"tests.{index}", test) for index, test in enumerate(self._tests()))
        return ExecutionRequest(code=self.program, tests=tests, timeout=self.max_execution_time)

    def _tests(self) -> list[Any]:
        if isinstance(self.tests, list):
            return self.tests
        try:
            found = parse_json((self.tests or "[]").encode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            message = "tests: a text must be JSON; pickled tests are never loaded"
            raise RefusedError(400, message, ("tests",)) from error
        if not isinstance(found, list):
            raise RefusedError(400, "tests: must be a list", ("tests",))
        check_size({"tests": found})
        return found


class OpenInstruct:
    """The handlers of these routes.

    Args:
        pool: Executes the requests.
        bodies: Reads the requests.
        config: Limits.
    """

    def __init__(self, pool: ServedPool, bodies: Bodies, config: ServiceConfig) -> None:
        self._pool = pool
        self._bodies = bodies
        self._limit = config.max_body_bytes

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/test_program", self.snippets, methods=["POST"]),
            Route("/test_program_stdio", self.stdio, methods=["POST"]),
            Route("/health", self.health),
        ]

    async def health(self, _: Request) -> Response:
        """Answer that the service is up."""
        return json_answer('{"status": "healthy"}')

    async def snippets(self, request: Request) -> Response:
        """Execute snippets, such as asserts."""
        return await self._answer(request, stdio=False)

    async def stdio(self, request: Request) -> Response:
        """Run a program for each input."""
        return await self._answer(request, stdio=True)

    async def _answer(self, request: Request, *, stdio: bool) -> Response:
        caller = caller_of(request)
        async with self._bodies.body(request, self._limit) as body:
            asked = ProgramRequest.model_validate(parse_object(body, self._limit))
            wanted = asked.as_request(stdio=stdio)
            if not wanted.tests:
                return json_answer('{"results": [], "runtimes": []}')
            result = await while_connected(request, self._pool.execute(wanted, caller, None))
        answer = to_open_instruct(result)
        if answer is None:
            # Without a verdict the list is empty: a list of zeros would be a verdict.
            if result.blame is Blame.TESTS:
                raise RefusedError(422, f"the tests are broken: {result.error}", ("tests",))
            raise BackendError(f"the infrastructure failed: {result.error}")
        return json_answer(json.dumps(answer))


def _snippet(where: str, test: object) -> Test:
    if not isinstance(test, str):
        raise RefusedError(422, f"{where}: must be a string of Python", (where,))
    return AssertTest(code=test)


def _stdio(where: str, test: object) -> Test:
    match test:
        case {"input": str(given), "output": str(expected)}:
            return StdioTest(stdin=given, stdout=expected, checker=Checker.DECIMALS)
        case _:
            message = f"{where}: must be an object with the strings input and output"
            raise RefusedError(422, message, (where,))
