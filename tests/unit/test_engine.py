"""An engine that was chosen explicitly is used, or none."""

import contextlib
import hashlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import docker
import docker.errors
import pytest
import requests

from runner import engine
from runner.errors import BackendError, ConfigurationError, EngineUnavailableError


def write_context(home: Path, name: str, meta: object) -> Path:
    key = hashlib.sha256(name.encode()).hexdigest()
    directory = home / ".docker" / "contexts" / "meta" / key
    directory.mkdir(parents=True)
    (directory / "meta.json").write_text(json.dumps(meta))
    return home / ".docker" / "contexts" / "tls" / key / "docker"


def choose_context(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_environment_comes_first(tmp_path: Path) -> None:
    choose_context(tmp_path, "desktop")
    (found,) = engine.endpoints({"DOCKER_HOST": "tcp://example:2376"}, tmp_path)
    assert (found.url, found.explicit, found.certificates) == ("tcp://example:2376", True, None)


def test_the_environments_certificates_are_used(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://example:2376", "DOCKER_TLS_VERIFY": "1"}
    (found,) = engine.endpoints(environ, tmp_path)
    assert (found.certificates, found.verify) == (tmp_path / ".docker", True)


def test_the_current_context_comes_before_known_sockets(tmp_path: Path) -> None:
    choose_context(tmp_path, "desktop")
    write_context(tmp_path, "desktop", {"Endpoints": {"docker": {"Host": "unix:///desktop.sock"}}})
    (found,) = engine.endpoints({}, tmp_path)
    assert (found.url, found.explicit) == ("unix:///desktop.sock", True)
    assert "desktop" in found.source


def test_a_context_brings_its_certificates(tmp_path: Path) -> None:
    meta = {"Endpoints": {"docker": {"Host": "tcp://far:2376", "SkipTLSVerify": True}}}
    certificates = write_context(tmp_path, "far", meta)
    certificates.mkdir(parents=True)
    (found,) = engine.endpoints({"DOCKER_CONTEXT": "far"}, tmp_path)
    assert (found.certificates, found.verify) == (certificates, False)


@pytest.mark.parametrize("meta", [{}, [], {"Endpoints": {"docker": {}}}, {"Endpoints": None}])
def test_a_damaged_context_is_an_error(tmp_path: Path, meta: object) -> None:
    write_context(tmp_path, "odd", meta)
    with pytest.raises(ConfigurationError, match="'odd' does not exist or is damaged"):
        engine.endpoints({"DOCKER_CONTEXT": "odd"}, tmp_path)


def test_a_context_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    choose_context(tmp_path, "gone")
    with pytest.raises(ConfigurationError, match="docker context use default"):
        engine.endpoints({}, tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": 5}', '{"auths": {}}'])
def test_an_odd_client_configuration_means_known_sockets(tmp_path: Path, text: str) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text)
    found = engine.endpoints({"XDG_RUNTIME_DIR": "/run/user/7"}, tmp_path)
    urls = [endpoint.url for endpoint in found]
    assert urls[0] == "unix:///var/run/docker.sock"
    assert f"unix://{tmp_path}/.docker/run/docker.sock" in urls
    assert "unix:///run/user/7/docker.sock" in urls
    assert "unix:///run/user/7/podman/podman.sock" in urls
    assert not any(endpoint.explicit for endpoint in found)


def test_the_configuration_directory_can_be_moved(tmp_path: Path) -> None:
    choose_context(tmp_path, "default")
    environ = {"DOCKER_CONFIG": str(tmp_path / "elsewhere"), "DOCKER_CONTEXT": "default"}
    assert len(engine.endpoints(environ, tmp_path)) > 1


class _Engine(BaseHTTPRequestHandler):
    """As much of an engine as the SDK asks for when it connects."""

    answer: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay silent."""


@pytest.fixture
def fake_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    path = tmp_path / "engine.sock"
    monkeypatch.setattr(_Engine, "answer", {"ApiVersion": "1.41", "Version": "20.10"})
    with socketserver.ThreadingUnixStreamServer(str(path), _Engine) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"unix://{path}"
        server.shutdown()
        thread.join()


Chosen = Callable[[dict[str, str]], None]


@pytest.fixture
def chosen(fake_engine: str, monkeypatch: pytest.MonkeyPatch) -> Chosen:
    """Have the engine that the environment names give an answer."""

    def choose(answer: dict[str, str]) -> None:
        monkeypatch.setenv("DOCKER_HOST", fake_engine)
        monkeypatch.setattr(_Engine, "answer", answer)

    return choose


def test_connecting_asks_the_engine_that_was_chosen(
    fake_engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", fake_engine)
    with contextlib.closing(engine.connect(timeout_s=5)) as client:
        assert client.api_version == "1.41"


@pytest.mark.parametrize("version", ["1.40", "1.41", "1.100", "2.0"])
def test_an_engine_that_is_new_enough_is_taken(chosen: Chosen, version: str) -> None:
    chosen({"ApiVersion": version})
    engine.connect(timeout_s=5).close()


@pytest.mark.parametrize("version", ["1.39", "1.4", "1.24", "0.99"])
@pytest.mark.fault("engine too old, or none at all")
def test_an_engine_that_is_too_old_is_refused_with_the_remedy(chosen: Chosen, version: str) -> None:
    chosen({"ApiVersion": version})
    with pytest.raises(EngineUnavailableError, match=f"{version}: upgrade to Docker 19.03"):
        engine.connect(timeout_s=5)


@pytest.mark.parametrize("answer", [{}, {"ApiVersion": "new"}, {"ApiVersion": ""}])
@pytest.mark.fault("engine too old, or none at all")
def test_whatever_listens_there_and_is_no_engine_is_named(
    fake_engine: str, chosen: Chosen, answer: dict[str, str]
) -> None:
    chosen(answer)
    with pytest.raises(EngineUnavailableError, match=fake_engine):
        engine.connect(timeout_s=5)


@pytest.mark.parametrize("url", ["unix:///nonexistent.sock", "tcp://127.0.0.1:1", "nonsense://x"])
def test_an_engine_that_does_not_answer_is_named_with_the_remedy(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    with pytest.raises(EngineUnavailableError, match="make engine") as caught:
        engine.connect(timeout_s=1)
    assert url in str(caught.value)
    assert caught.value.retriable


def test_without_any_socket_the_remedy_is_still_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "endpoints", lambda *_: [engine.Endpoint("unix:///no", "test")])
    with pytest.raises(EngineUnavailableError, match="no known socket exists"):
        engine.connect(timeout_s=1)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (requests.ConnectionError("refused"), EngineUnavailableError),
        (requests.ReadTimeout("slow"), EngineUnavailableError),
        (requests.exceptions.ChunkedEncodingError("cut"), BackendError),
        (docker.errors.APIError("500", explanation="no space left on device"), BackendError),
    ],
)
def test_the_sdks_exceptions_do_not_pass(raised: Exception, expected: type[Exception]) -> None:
    with (
        pytest.raises(expected, match="cannot pull the plug") as caught,
        engine.translated("pull the plug"),
    ):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


def test_the_engines_own_explanation_is_shown() -> None:
    error = docker.errors.APIError("500 Server Error", explanation="no space left on device")
    with pytest.raises(BackendError, match="no space left on device"), engine.translated("start"):
        raise error
