"""What an environment says and is told."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation.

    Attributes:
        role: ``system``, ``user``, ``assistant`` or ``tool``.
        content: The text.
        metadata: Whatever the sender wants to add.
    """

    role: str
    content: str
    metadata: dict[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Observation:
    """What the model sees.

    Attributes:
        messages: The conversation so far.
        available_tools: Always empty: there are none.
        turn_index: How many turns were taken.
        task_meta: ``task_id``, and what the data set tells of the task.
    """

    messages: list[ChatMessage]
    available_tools: list[str]
    turn_index: int
    task_meta: dict[str, Any]


def text_of(message: object) -> str:
    """Return the text of a ``ChatMessage``, a mapping with ``content``, or a string; else ""."""
    content = message.get("content") if isinstance(message, Mapping) else message
    content = getattr(content, "content", content)
    return str.__str__(content) if isinstance(content, str) else ""
