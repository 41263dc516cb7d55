"""Settings of a pool."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypedDict

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationError, model_validator

from runner.errors import ConfigurationError
from runner.models import MIB, Input, explain, is_module_name

BackendName = Literal["docker", "local"]


def default_backend() -> str:
    """Return the backend named by ``RUNNER_BACKEND``, or ``docker``."""
    return os.environ.get("RUNNER_BACKEND") or "docker"


def _module(name: str) -> str:
    if not is_module_name(name):
        raise ValueError("must be the name of a module, such as 'numpy' or 'xml.dom'")
    return name


def _plain_name(name: str) -> str:
    if not name.isidentifier():
        raise ValueError("must be a name without a dot, such as 'socket' or 'eval'")
    return name


_Module = Annotated[str, AfterValidator(_module)]
_Name = Annotated[str, AfterValidator(_plain_name)]


class ImportPolicy(Input):
    """Changes to one of the import policies; the setting ``policy`` of a pool takes it.

    Attributes:
        name: Used in messages; part of the fingerprint, like all attributes.
        base: The policy to change.
        allow: Modules to allow in addition, each with those of its submodules that solutions use:
            they are loaded beforehand, since a solution cannot open files. A pool does not start if
            its workers lack one of them.
        refuse: Top-level modules to refuse, whether they exist or not.
        no_builtins: Builtins to withhold from solutions. A pool does not start if its workers lack
            one of them.
    """

    name: str = Field(default="own", min_length=1, max_length=64)
    base: Literal["standard", "strict"] = "standard"
    allow: tuple[_Module, ...] = ()
    refuse: tuple[_Name, ...] = ()
    no_builtins: tuple[_Name, ...] = ()

    @model_validator(mode="after")
    def _check_it_does_not_contradict_itself(self) -> Self:
        both = {name.partition(".")[0] for name in self.allow} & {*self.refuse}
        if both:
            raise ValueError(f"allows and refuses {', '.join(sorted(both))}")
        return self


class PoolSettings(TypedDict, total=False):
    """The keywords of ``Pool``, for type checkers: the fields of ``PoolConfig``."""

    name: str
    workers: int
    spares: int
    image: str | None
    runtime: str | None
    policy: "Literal['standard', 'strict'] | ImportPolicy"
    max_retries: int
    retry_total_s: float
    retry_wait_initial_s: float
    retry_wait_max_s: float
    max_uses: int
    memory_bytes: int
    cpus: float
    pids: int
    entropy: Literal["fixed", "system"]
    clock: Literal["real", "fixed"]
    start_timeout_s: float
    lease_timeout_s: float | None
    engine_timeout_s: float
    engine_wait_s: float
    expect_fingerprint: str | None
    allow_weak_isolation: bool


class NodeSettings(PoolSettings, total=False):
    """The keywords of ``RayPool``: those of its nodes' pools."""

    backend: str


class PoolConfig(Input):
    """Settings of a pool; every field is also a keyword of ``Pool``.

    Attributes:
        name: Appears in thread names, labels and log lines.
        workers: Sandboxes that may be leased at the same time.
        spares: Warm sandboxes kept beyond that, so that a death costs the next caller no start.
        backend: ``docker``, or ``local`` (Linux only, no container around the worker).
        image: ``scientific`` or ``data``, the name of an image built with ``--requirements``, or an
            image reference with its tag; None for the plain one built from this source.
        runtime: OCI runtime such as ``crun``; None for the engine's default.
        policy: Import policy: ``standard``, ``strict``, or an ``ImportPolicy`` that changes one.
        max_retries: Attempts per request that ends in ``process_error``, the first one included.
        retry_total_s: No attempt begins later than this after the first one, in seconds.
        retry_wait_initial_s: Longest wait before the first repetition, in seconds; doubles with
            each. There is no wait before the first one if a sandbox is warm, nor after a death that
            the sandbox survived.
        retry_wait_max_s: Longest wait before any repetition, in seconds.
        max_uses: Executions after which a sandbox is replaced.
        memory_bytes: Memory limit of one sandbox, in bytes; swap is never added to it. A sandbox at
            work needs about 46 MiB for itself, so 96 MiB is the least that is accepted: with less,
            correct solutions are killed for memory.
        cpus: CPU limit of one sandbox, in cores.
        pids: Process and thread limit of one sandbox.
        entropy: ``fixed`` makes ``random``, ``uuid4``, ``os.urandom`` repeatable per request.
        clock: ``real`` or ``fixed``.
        start_timeout_s: Seconds a sandbox may take to start and complete its handshake.
        lease_timeout_s: Seconds a request may wait for sandboxes, over all of its attempts; None
            for as long as it takes.
        engine_timeout_s: Seconds for a single call to the engine.
        engine_wait_s: Seconds that the start of a pool waits for an engine that does not answer.
        expect_fingerprint: Refuse sandboxes whose fingerprint differs from this one. The worker
            computes it, so it shows that honest parties agree, not that an image is honest. To
            check an image, compare the digest that ``runner image show`` prints.
        allow_weak_isolation: Serve even if a protection is missing; each missing one is logged as a
            warning.
    """

    name: str = Field(default="runner", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    workers: int = Field(default=4, ge=1, le=1024)
    spares: int = Field(default=1, ge=0, le=1024)
    backend: BackendName = Field(default_factory=default_backend, validate_default=True)
    image: str | None = Field(default=None, min_length=1)
    runtime: str | None = Field(default=None, min_length=1)
    policy: Annotated[
        Annotated[Literal["standard", "strict"], Tag("name")]
        | Annotated[ImportPolicy, Tag("changed")],
        Discriminator(lambda value: "name" if isinstance(value, str) else "changed"),
    ] = "standard"
    max_retries: int = Field(default=3, ge=1, le=100)
    retry_total_s: float = Field(default=300.0, ge=0, allow_inf_nan=False)
    retry_wait_initial_s: float = Field(default=0.1, ge=0, le=3600, allow_inf_nan=False)
    retry_wait_max_s: float = Field(default=5.0, ge=0, le=3600, allow_inf_nan=False)
    max_uses: int = Field(default=1000, ge=1)
    memory_bytes: int = Field(default=512 * MIB, ge=96 * MIB, le=1 << 40)
    cpus: float = Field(default=1.0, gt=0, le=1024, allow_inf_nan=False)
    pids: int = Field(default=128, ge=16, le=65_536)
    entropy: Literal["fixed", "system"] = "fixed"
    clock: Literal["real", "fixed"] = "real"
    start_timeout_s: float = Field(default=60.0, gt=0, le=3600, allow_inf_nan=False)
    lease_timeout_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    engine_timeout_s: float = Field(default=30.0, gt=0, le=3600, allow_inf_nan=False)
    engine_wait_s: float = Field(default=5.0, ge=0, le=3600, allow_inf_nan=False)
    expect_fingerprint: str | None = None
    allow_weak_isolation: bool = False

    @property
    def determinism(self) -> dict[str, str]:
        """The settings that make executions repeatable; part of each digest."""
        return {"entropy": self.entropy, "clock": self.clock}

    @classmethod
    def build(cls, config: Self | None, settings: Mapping[str, object]) -> Self:
        """Merge keyword settings over ``config``.

        Raises:
            ConfigurationError: A setting is unknown, of the wrong type, or out of its range.
        """
        if config is not None and not isinstance(config, PoolConfig):
            raise ConfigurationError(
                "a pool takes a PoolConfig, or keywords such as Pool(workers=4), not"
                f" {config!r:.60}"
            )
        fields = {**(config.model_dump() if config else {}), **settings}
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise ConfigurationError(explain(error, "pool setting", cls.model_fields)) from error
