"""What a test has evaluated in the solution's process: an answer, worth ``objects``.

The text is the judge's or the test's; the solution could still answer as it likes.
"""

from collections.abc import Mapping
from typing import Any

from ...boundary.opcodes import Op
from ..trust.guard import GuardedSession


def evaluate(
    session: GuardedSession,
    text: str,
    modules: Mapping[str, str],
    values: Mapping[str, Any],
    mode: str = "eval",
) -> Any:
    """Evaluate a text in a copy of the solution's module.

    Args:
        session: Leads to the solution.
        text: The text.
        modules: Modules that it may use, by its names for them.
        values: Other names that it may use.
        mode: ``eval`` for a value, ``exec`` for the names that the text binds.
    """
    session.ledger.objects = True
    return session.request(Op.EVALUATE, mode, text, dict(modules), dict(values))
