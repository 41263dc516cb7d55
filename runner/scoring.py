"""Results as rewards: a number from 0 to 1, or None where infrastructure or tests are to blame."""

import enum
import math
from collections.abc import Sequence

from runner.errors import ConfigurationError
from runner.models import ExecutionResult, ExecutionStatus


class Scoring(enum.StrEnum):
    """How a result is turned into a reward.

    ``pass_fail``: 1 if every test passed, else 0. ``partial``: the share of tests that passed.
    ``weighted``: the share of the weights of the tests that passed.
    """

    PASS_FAIL = "pass_fail"  # noqa: S105 - no password
    PARTIAL = "partial"
    WEIGHTED = "weighted"


def score(
    result: ExecutionResult,
    mode: Scoring | str = Scoring.PASS_FAIL,
    weights: Sequence[float] | None = None,
) -> float | None:
    """Return the reward for a result, from 0 to 1; None if it is inconclusive.

    None means that there is no verdict on the code. Run it again, or repair the tests if ``blame``
    is ``tests``. Never turn it into 0.

    Args:
        result: The result.
        mode: A ``Scoring`` or its value.
        weights: For ``weighted``: one number per test, 0 or more, not all 0.

    Raises:
        ConfigurationError: The mode is unknown, or the weights do not fit.
    """
    check_result(result)
    chosen = _mode(mode)
    if (weights is not None) != (chosen is Scoring.WEIGHTED):
        raise ConfigurationError("weights: needed for the mode 'weighted', and only for that")
    shares = None if weights is None else _checked(weights, result.total)
    if not result.conclusive:
        return None
    if result.status is ExecutionStatus.ALL_PASSED:
        return 1.0
    if chosen is Scoring.PASS_FAIL:
        return 0.0
    if shares is None:
        return result.passed / result.total if result.total else 0.0
    passed = math.fsum(shares[test.index] for test in result.tests if test.passed)
    return passed / math.fsum(shares)


def check_result(result: object) -> None:
    """Raise if ``result`` is not an ``ExecutionResult``.

    Raises:
        ConfigurationError: It has another type.
    """
    if not isinstance(result, ExecutionResult):
        kind = type(result).__name__
        raise ConfigurationError(f"result: must be the ExecutionResult of a pool, not {kind}")


def _mode(mode: Scoring | str) -> Scoring:
    try:
        return Scoring(mode)
    except ValueError as error:
        known = ", ".join(Scoring)
        raise ConfigurationError(f"mode: must be one of {known} (got {mode!r:.60})") from error


def _checked(weights: Sequence[float], total: int) -> list[float]:
    if not isinstance(weights, Sequence):
        kind = type(weights).__name__
        raise ConfigurationError(f"weights: must be a list of numbers, not {kind}")
    if len(weights) != total:
        raise ConfigurationError(f"weights: {total} tests need {total} weights, got {len(weights)}")
    try:
        numbers = [float(weight) for weight in weights]
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"weights: must be numbers: {error}") from error
    if not all(0 <= number < math.inf for number in numbers):
        raise ConfigurationError("weights: must be finite and 0 or more")
    if numbers and not math.fsum(numbers) > 0:
        raise ConfigurationError("weights: must not all be 0")
    return numbers
