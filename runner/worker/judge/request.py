"""One request in the judge: its payload, its compiled setups, and whether it leaves a trace."""

import functools
from typing import Any

from ..codec.format import Bounds
from . import test_code


class Stale(BaseException):  # an end; must pass any ``except`` but the one that is meant
    """This request may leave a trace, and the judge is not fresh."""


class JudgeRequest:
    """What all tests of a request have in common.

    Args:
        payload: What the supervisor has sent.
        fresh: Whether this process has judged nothing yet.

    Attributes:
        bounds: Of what crosses between judge and subject.
        plain: Whether nothing has been done so far that could outlast the request.
    """

    def __init__(self, payload: dict[str, Any], *, fresh: bool) -> None:
        self.code: str = payload["code"]
        self.setup: str = payload["setup"]
        self.judge_setup: str = payload["judge_setup"]
        self.entry_point: str | None = payload["entry_point"]
        self.tests: list[tuple[int, dict[str, Any]]] = payload["tests"]
        self.cpu_s: float = payload["cpu_s"]
        limits = payload["limits"]
        self.memory_bytes: int | None = limits["memory_bytes"]
        self.output_bytes: int = limits["output_bytes"]
        self.bounds = Bounds(limits["value_bytes"], limits["value_nodes"], limits["value_depth"])
        self.plain = True
        self._fresh = fresh

    @functools.cached_property
    def setups(self) -> tuple[test_code.Unit, test_code.Unit]:
        """The setup of both sides and that of the judge, compiled; raises SyntaxError."""
        return (
            test_code.compile_test(self.setup, "<setup>"),
            test_code.compile_test(self.judge_setup, "<judge_setup>"),
        )

    def leave_trace(self) -> None:
        """Note something that may outlast the request, before it is done or before it counts.

        Raises:
            Stale: The judge has judged before, so it must not judge this.
        """
        self.plain = False
        if not self._fresh:
            raise Stale
