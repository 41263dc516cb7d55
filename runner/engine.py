"""Finds the container engine and connects to it.

Docker's SDK looks at ``DOCKER_HOST`` only. People also choose an engine by a context of the command
line client, and desktop and rootless engines listen elsewhere, so this module looks in the order of
the client: environment, current context, then the sockets that engines are known to use. An
engine that was chosen explicitly is used, or it is an error; no other takes its place.

``images/engine.sh`` calls ``main``.
"""

import contextlib
import hashlib
import json
import math
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException
from docker.tls import TLSConfig

from runner.errors import BackendError, ConfigurationError, EngineUnavailableError, with_remedy

_REMEDY = (
    "start one (`systemctl start docker`, Docker Desktop), install one (`apt-get install"
    " docker.io`, or `make engine` where the source is), or point DOCKER_HOST at one"
)
_SCHEMES = ("unix", "tcp", "http", "https")
_FORBIDDEN = (
    "only root and its group may use the socket: `sudo usermod -aG docker $USER`, log in anew"
)
_NO_URL = "DOCKER_HOST is to be a URL, such as unix:///var/run/docker.sock or tcp://127.0.0.1:2375"
#: Of Docker 19.03 and Podman 3; nothing older was ever tried.
_OLDEST_API = (1, 40)


@dataclass(frozen=True)
class Endpoint:
    """Where an engine may listen.

    Attributes:
        url: Address, such as ``unix:///var/run/docker.sock``.
        source: Where the address comes from, for messages.
        explicit: Whether the user chose it; then no other engine replaces it.
        certificates: Directory with ``ca.pem``, ``cert.pem`` and ``key.pem``, for TLS.
        verify: Whether the engine must show a certificate of that authority.
    """

    url: str
    source: str
    explicit: bool = False
    certificates: Path | None = None
    verify: bool = True


def connect(timeout_s: float = 30.0) -> docker.APIClient:
    """Return a client of an engine that has answered.

    The client is not to be shared between threads. Close it after use.

    Args:
        timeout_s: Seconds for each call, the first one included; rounded up to whole ones.

    Raises:
        EngineUnavailableError: No engine answers; the message gives the remedy.
        ConfigurationError: The chosen context does not exist.
    """
    tried = []
    for endpoint in endpoints(os.environ, Path.home()):
        try:
            return _open(endpoint, timeout_s)
        except (DockerException, requests.RequestException, OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and not endpoint.explicit:
                continue
            tried.append(f"{endpoint.url} (from {endpoint.source}): {_reason(error)}")
    seen = "; ".join(tried) or "no known socket exists"
    raise EngineUnavailableError(f"no container engine answers: {seen}. {_REMEDY}")


def endpoints(environ: Mapping[str, str], home: Path) -> Sequence[Endpoint]:
    """Return the endpoints to try, best first; only one if it was chosen explicitly.

    Raises:
        ConfigurationError: The chosen context does not exist, or its file is damaged.
    """
    if url := environ.get("DOCKER_HOST"):
        return [_from_environment(url, environ, home)]
    configuration = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    context = environ.get("DOCKER_CONTEXT") or _current_context(configuration)
    if context and context != "default":
        return [_from_context(context, configuration)]
    return [Endpoint(f"unix://{path}", "a known socket") for path in _sockets(environ, home)]


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the SDK's exceptions into errors of this library.

    Args:
        doing: What is being done, for the message: ``"import the image"``.

    Raises:
        EngineUnavailableError: The engine does not answer.
        BackendError: The engine refused.
    """
    try:
        yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise EngineUnavailableError(f"cannot {doing}: {_brief(error)}. {_REMEDY}") from error
    except (DockerException, requests.RequestException) as error:
        raise BackendError(f"cannot {doing}: {with_remedy(_brief(error))}") from error


def _from_environment(url: str, environ: Mapping[str, str], home: Path) -> Endpoint:
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    directory = environ.get("DOCKER_CERT_PATH")
    certificates = Path(directory or home / ".docker") if verify or directory else None
    return Endpoint(url, "DOCKER_HOST", explicit=True, certificates=certificates, verify=verify)


def _current_context(configuration: Path) -> str | None:
    try:
        settings = json.loads((configuration / "config.json").read_bytes())
    except (OSError, ValueError):
        return None  # Missing or damaged: the client falls back to its default as well.
    context = settings.get("currentContext") if isinstance(settings, dict) else None
    return context if isinstance(context, str) else None


def _from_context(name: str, configuration: Path) -> Endpoint:
    # Not by docker.context.ContextAPI: without a config.json it reads `contexts` in the working
    # directory, it replaces a missing host by the default socket, and it silently drops TLS unless
    # all three files exist.
    key = hashlib.sha256(os.fsencode(name)).hexdigest()
    contexts = configuration / "contexts"
    try:
        meta: Any = json.loads((contexts / "meta" / key / "meta.json").read_bytes())
        endpoint = meta["Endpoints"]["docker"]
        url = str(endpoint["Host"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"the Docker context {name!r} does not exist or is damaged: see `docker context ls`,"
            " or `docker context use default`"
        ) from error
    certificates = contexts / "tls" / key / "docker"
    return Endpoint(
        url,
        f"context {name!r}",
        explicit=True,
        certificates=certificates if certificates.is_dir() else None,
        verify=not endpoint.get("SkipTLSVerify", False),
    )


def _sockets(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield the sockets of Docker, Docker Desktop, rootless Docker and Podman."""
    run = environ.get("XDG_RUNTIME_DIR")
    yield Path("/var/run/docker.sock")
    yield home / ".docker" / "run" / "docker.sock"
    yield home / ".docker" / "desktop" / "docker.sock"
    if run:
        yield Path(run) / "docker.sock"
        yield Path(run) / "podman" / "podman.sock"
    yield Path("/run/podman/podman.sock")


def _open(endpoint: Endpoint, timeout_s: float) -> docker.APIClient:
    _check_scheme(endpoint.url)
    if endpoint.url.startswith("unix://"):
        _knock(endpoint.url.removeprefix("unix://"), timeout_s)
    settings: dict[str, Any] = {
        "base_url": endpoint.url,
        "timeout": math.ceil(timeout_s),
        "tls": _tls(endpoint),
    }
    # Not version="auto": a constructor that fails to learn it leaves its connection open.
    probe = docker.APIClient(version=MINIMUM_DOCKER_API_VERSION, **settings)
    with contextlib.closing(probe):
        version = str(probe.version(api_version=False).get("ApiVersion"))
    _check_version(version)
    return docker.APIClient(version=version, **settings)


def _check_scheme(url: str) -> None:
    scheme, mark, _ = url.partition("://")
    if mark and scheme == "ssh":
        raise ValueError("an engine behind ssh:// has to be forwarded to a socket of this machine")
    if mark and scheme not in _SCHEMES:
        raise ValueError(f"{scheme}:// is not supported: use {', '.join(_SCHEMES)}")


def _check_version(version: str) -> None:
    """Raise if the engine is too old, or if the answer is not that of an engine."""
    if not re.fullmatch(r"\d+\.\d+", version):
        raise DockerException("it is not a container engine: its answer has no API version")
    if tuple(map(int, version.split("."))) < _OLDEST_API:
        raise DockerException(
            f"it is too old, with API {version}: upgrade to Docker 19.03, API 1.40, or newer"
        )


def _knock(path: str, timeout_s: float) -> None:
    """Raise the error of connecting to the socket: the SDK would hide it and leak a descriptor."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(timeout_s)
        probe.connect(path)


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    if endpoint.certificates is None:
        return False
    file = endpoint.certificates.joinpath
    pair = (str(file("cert.pem")), str(file("key.pem")))
    return TLSConfig(
        client_cert=pair if file("cert.pem").is_file() else None,
        ca_cert=str(file("ca.pem")) if file("ca.pem").is_file() else None,
        verify=endpoint.verify,
    )


def _reason(error: Exception) -> str:
    """Return why an endpoint cannot be used, with the remedy if it has one of its own."""
    if isinstance(error, PermissionError):
        return f"{_brief(error)}: {_FORBIDDEN}"
    if isinstance(error, ValueError) or "bind address" in str(error):
        return f"{_brief(error)}: {_NO_URL}"
    return _brief(error)


def _brief(error: Exception) -> str:
    """Return the one line that matters: requests wraps an OSError in layers of text."""
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def main(arguments: Sequence[str]) -> int:
    """Print the engine that answers, or why none does, and return the exit status.

    With ``--explicit`` print nothing, and return 1 if an engine was chosen explicitly.
    """
    try:
        if "--explicit" in arguments:
            chosen = endpoints(os.environ, Path.home())
            return int(any(endpoint.explicit for endpoint in chosen))
        with contextlib.closing(connect(timeout_s=5.0)) as client:
            version = client.version()
            print(f"version {version.get('Version', '?')}, API {client.api_version}")
    except (BackendError, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
