"""Messages to and from an environment."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation.

    Attributes:
        role: ``system``, ``user``, ``assistant`` or ``tool``.
        content: The text.
        metadata: Any data of the sender.
    """

    role: str
    content: str
    metadata: dict[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Observation:
    """The observation for the model.

    Attributes:
        messages: The conversation so far.
        available_tools: Always empty.
        turn_index: Number of turns so far.
        task_meta: ``task_id``, and the data set's facts about the task.
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
