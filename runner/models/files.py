"""Files of requests and results: contents by relative path."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

#: Longest path of a file, and longest name between two slashes, in bytes.
_MOST_PATH_BYTES, _MOST_PART_BYTES = 1000, 255
#: The key of bytes in JSON.
_BASE64 = "base64"


def content_bytes(content: bytes | str) -> bytes:
    """Return the content of a file: a string is encoded as UTF-8, lone surrogates included."""
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content


def directories(names: Iterator[str] | Mapping[str, object]) -> set[str]:
    """Return the directories that hold files of these names."""
    found = set()
    for name in names:
        parts = name.split("/")[:-1]
        found |= {"/".join(parts[: count + 1]) for count in range(len(parts))}
    return found


def _files(value: object) -> dict[str, bytes | str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a mapping of names to contents, not {type(value).__name__}")
    files = {_name(name): _content(name, content) for name, content in value.items()}
    for name in directories(files) & files.keys():
        raise ValueError(f"{name!r:.60} cannot be a file and a directory")
    return files


def _name(name: object) -> str:
    if type(name) is not str:
        raise ValueError(f"the name {name!r:.60} must be a string")
    reason = _reason_against(name)
    if reason:
        raise ValueError(f"the name {name!r:.60} {reason}")
    return name


def _reason_against(name: str) -> str:
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return "must not contain a lone surrogate"
    parts = name.split("/")
    if name.startswith("/"):
        return "must be relative to the work directory: leave out the slash at its beginning"
    if not all(parts):
        return "is empty, or has an empty part"
    if "." in parts or ".." in parts:
        return "must not contain the parts '.' and '..'"
    if "\0" in name:
        return "must not contain NUL"
    if len(encoded) > _MOST_PATH_BYTES:
        return f"is longer than {_MOST_PATH_BYTES} bytes"
    if max(map(len, encoded.split(b"/"))) > _MOST_PART_BYTES:
        return f"has a part of more than {_MOST_PART_BYTES} bytes"
    return ""


def _content(name: str, content: object) -> bytes | str:
    if type(content) is str:
        return content
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    if isinstance(content, Mapping) and content.keys() == {_BASE64}:
        try:
            return base64.b64decode(content[_BASE64], validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise ValueError(f"the content of {name!r:.60} is not Base64: {error}") from error
    raise ValueError(
        f"the content of {name!r:.60} must be a string or bytes (in JSON a string, or an object"
        f' {{"{_BASE64}": "..."}}), not {type(content).__name__}'
    )


def _for_json(files: Mapping[str, bytes | str]) -> dict[str, object]:
    return {name: _spelled(content) for name, content in files.items()}


def _spelled(content: bytes | str) -> object:
    if isinstance(content, str):
        return content
    return {_BASE64: base64.b64encode(content).decode("ascii")}


#: Contents by path, relative to the work directory, with slashes. In JSON, bytes are an object
#: ``{"base64": "..."}``.
Files = Annotated[
    dict[str, bytes | str],
    PlainValidator(_files),
    PlainSerializer(_for_json, when_used="json"),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "properties": {_BASE64: {"type": "string"}},
                        "required": [_BASE64],
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
]
