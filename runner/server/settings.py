"""Settings of the service; those of its pool are ``PoolConfig``."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from runner.models import MIB, Input
from runner.server.listeners import host_and_port, unix_path

DEFAULT_LISTEN = "unix:/run/runner.sock"


class ServiceConfig(Input):
    """Settings of a service.

    Attributes:
        listen: ``unix:PATH`` or ``HOST:PORT``; if systemd passes sockets, these are used instead.
        token_file: File with lines of ``NAME TOKEN [CONCURRENCY]``; needed for TCP.
        certfile: Certificate for TLS, in PEM.
        keyfile: Its private key, in PEM.
        allow_hosts: Values of the header ``Host`` that are accepted over TCP, without a port,
            in addition to the listening address.
        max_body_bytes: Longest body of a request, and longest line of a batch, in bytes.
        max_batch_bytes: Longest body of a batch, in bytes.
        max_held_bytes: Most bytes of bodies in memory; more are refused (429).
        max_queue: Most requests that wait for a sandbox; more are refused (429).
        body_timeout_s: Seconds that a client may take to send a body, to receive a part of an
            answer, or to begin a request on an open connection.
        drain_s: Seconds that accepted requests may take when the service ends.
    """

    listen: str = DEFAULT_LISTEN
    token_file: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    allow_hosts: tuple[str, ...] = ()
    max_body_bytes: int = Field(default=32 * MIB, ge=1024, le=1024 * MIB)
    max_batch_bytes: int = Field(default=128 * MIB, ge=1024, le=4096 * MIB)
    max_held_bytes: int = Field(default=512 * MIB, ge=1024)
    max_queue: int = Field(default=10_000, ge=1)
    body_timeout_s: float = Field(default=30.0, gt=0, le=3600, allow_inf_nan=False)
    drain_s: float = Field(default=60.0, ge=0, le=86_400, allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_tcp_is_protected(self) -> Self:
        if (self.certfile is None) != (self.keyfile is None):
            raise ValueError("certfile and keyfile belong together: give both, or neither")
        if unix_path(self.listen) is None:
            host_and_port(self.listen)
            if self.token_file is None:
                raise ValueError(
                    f"listen={self.listen!r} needs token_file: other users and browsers of this"
                    " machine reach a TCP port, too; a Unix socket needs none"
                )
        return self
