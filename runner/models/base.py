"""Base of all models: frozen, no extra fields, ASCII JSON, and errors that name the field."""

import base64
import difflib
import enum
import json
import reprlib
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeGuard, cast

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, WithJsonSchema

from runner.errors import ConfigurationError


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError(f"must be a string, not {type(value).__name__}")
    return value


#: Any Python string, lone surrogates and NULs included: a solution's text is never trusted to be
#: Unicode, and refusing it here would turn bad code into an error of the caller.
Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]


class Evidence(enum.StrEnum):
    """What a verdict rests on, in ascending order of strength.

    ``values``: everything that the test learned from the solution crossed as an exact value, as
    output, or as an exception type, and only the judge's own code compared it. Such a pass replays:
    a stub with the recorded answers passes the same test. ``objects``: the answer of an object of
    the solution was used: an operator, its truth, length, items, a method of a returned object.
    ``none``: the test never touched the solution.
    """

    NONE = "none"
    OBJECTS = "objects"
    VALUES = "values"

    @property
    def rank(self) -> int:
        """Position in the order of strength, from 0 for the weakest."""
        return _RANKS[self]


_RANKS = {evidence: rank for rank, evidence in enumerate(Evidence)}


class Model(BaseModel):
    """Frozen, without extra fields, with ASCII JSON so that any string survives a round trip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of_checked(cls, values: dict[str, Any], given: Iterable[str] = ()) -> Self:
        """Return a model of values that are known to be valid, without validation.

        This is ``model_construct`` in a quarter of its time.

        Args:
            values: The value of every field, in the order of the class and in exactly its type;
                belongs to the model from now on.
            given: Names of the fields that count as given; all if empty.
        """
        made = cls.__new__(cls)
        set_slot = object.__setattr__  # the model is frozen
        set_slot(made, "__dict__", values)
        set_slot(made, "__pydantic_fields_set__", set(given or values))
        set_slot(made, "__pydantic_extra__", None)
        set_slot(made, "__pydantic_private__", None)
        return made

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the model as ASCII JSON."""
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, data: str | bytes) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            ConfigurationError: It is not JSON, or a field is wrong.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ConfigurationError(explain(error, cls.__name__, cls.model_fields)) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigurationError(f"{cls.__name__}: not JSON: {error}") from error

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Like pydantic's, but ASCII-escaped: lone surrogates cannot be encoded as UTF-8."""
        dumped = self.model_dump(mode="json", **options)
        return json.dumps(dumped, ensure_ascii=True, indent=indent)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Like pydantic's, but accepts escaped lone surrogates."""
        return cls.model_validate(json.loads(json_data), **options)


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _Meta
else:

    class _Meta(type(BaseModel)):
        """Makes constructors raise errors of this library; pydantic's validation is unchanged."""

        def __call__(cls, *args: Any, **fields: Any) -> Any:
            if args:
                known = ", ".join(cls.model_fields)
                raise ConfigurationError(f"{cls.__name__} takes keywords only: {known}")
            try:
                return super().__call__(**fields)
            except ValidationError as error:
                raise ConfigurationError(explain(error, cls.__name__, cls.model_fields)) from error


class Input(Model, metaclass=_Meta):
    """Models that callers construct; a ``ConfigurationError`` names a wrong field."""


def ordered_items(what: str, given: object) -> Iterable[Any]:
    """Return an argument that must be an ordered collection: an iterable, also an asynchronous one.

    Args:
        what: Name of the items, in the plural, for messages.
        given: The argument.

    Raises:
        ConfigurationError: It is a single item, which may also be iterable, or it has no order.
    """
    if type(given) in (list, tuple):
        return cast(Iterable[Any], given)
    kind = type(given).__name__
    if isinstance(given, str | bytes | Mapping | BaseModel):
        single = what.removesuffix("es" if what.endswith("ses") else "s")
        raise ConfigurationError(
            f"{what} must be a list of {what}, not one {kind}; write [{single}]"
        )
    if isinstance(given, set | frozenset) or not isinstance(given, Iterable | AsyncIterable):
        raise ConfigurationError(f"{what} must be a list of {what}, not {kind}")
    return cast(Iterable[Any], given)  # the caller checks whether it can wait


def is_module_name(name: str) -> bool:
    """Return True for what may be the name of a module, such as ``xml.dom``."""
    return all(part.isidentifier() for part in name.split("."))


def explain(error: ValidationError, what: str, known: Iterable[str] = ()) -> str:
    """Turn pydantic's report into one line per mistake, naming the field.

    Args:
        error: The report.
        what: Name of the object, for messages.
        known: Names of the existing fields, of which a similar one is suggested.
    """
    return "; ".join(_line(item, what, list(known)) for item in error.errors(include_url=False))


def _line(item: Mapping[str, Any], what: str, known: list[str]) -> str:
    where = ".".join(map(str, item["loc"]))
    if item["type"] == "missing":
        return f"{what} {where}: is missing"
    got = f"(got {brief(item.get('input'), 60)})"
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(where, known, 1)
        message = "there is no such field" + (f"; is {close[0]!r} meant?" if close else "")
    return f"{what} {where}: {message} {got}" if where else f"{what}: {message}"


class _Brief(reprlib.Repr):
    """Bounded in time as well: it does not compute text that it cuts off."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 20
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 200
        self.maxstring = self.maxother = self.maxlong = 2000

    def repr_int(self, value: int, _level: int) -> str:
        """Return the number, or only its size, since Python refuses to format very long ones."""
        return f"<integer of {value.bit_length()} bits>" if _is_long(value) else repr(value)


def brief(value: object, limit: int) -> str:
    """Return the beginning of a plain value's ``repr``, whatever the length of its integers."""
    text = _Brief().repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def canonical_json(value: object) -> str:
    """Return ASCII JSON with sorted keys, with a unique text for every plain Python value."""
    return json.dumps(canonical(value), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


#: From this size an integer is written in hexadecimal: Python refuses to in decimal.
_LONG_INTEGER = 10**4300


def _is_long(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not -_LONG_INTEGER < value < _LONG_INTEGER


def _are_canonical(values: list[Any]) -> bool:
    """Return True if JSON preserves all these values; a fast path for long containers."""
    kinds = set(map(type, values))
    return kinds <= {float, str, bool, type(None)} or (
        kinds == {int} and min(values) > -_LONG_INTEGER and max(values) < _LONG_INTEGER
    )


def canonical(value: object) -> object:
    """Return the form of a value that ``canonical_json`` writes."""
    match value:
        case None | int() | float() | str():
            return {"$int": hex(value)} if _is_long(value) else value
        case list():
            return value if _are_canonical(value) else [canonical(item) for item in value]
        case dict() if all(type(key) is str for key in value):
            return {key: canonical(item) for key, item in value.items()}
        case dict():
            return {"$dict": [[canonical(k), canonical(v)] for k, v in value.items()]}
        case tuple():
            return {"$tuple": [canonical(item) for item in value]}
        case set() | frozenset():
            return {f"${type(value).__name__}": sorted(map(canonical_json, value))}
        case bytes() | bytearray():
            return {f"${type(value).__name__}": base64.b64encode(value).decode("ascii")}
        case _:
            return {f"${type(value).__qualname__}": repr(value)}
