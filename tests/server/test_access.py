"""Who comes in: tokens, the header Host, and what the service refuses to start with."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.errors import ConfigurationError
from runner.server.listeners import listening
from runner.server.settings import ServiceConfig
from runner.server.tokens import TokenFile
from tests.server.served import OTHER_TOKEN, PASSES, TOKEN, Served, free_port

OTHER = OTHER_TOKEN


@pytest.fixture(scope="module")
def tcp(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("tcp")
    (place / "tokens").write_text(f"# ours\none {TOKEN}\n\ntwo {OTHER} 1  # at a time\n")
    settings = {"token_file": place / "tokens", "allow_hosts": ("runner.example",)}
    listen = f"127.0.0.1:{free_port()}"
    with Served.start(place, backend, workers=1, listen=listen, **settings) as served:
        yield served


def get(served: Served, path: str = "/v1/stats", **headers: str) -> int:
    with served.http() as http:
        return http.get(path, headers=headers).status_code


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.usefixtures("served")
class TestTokens:
    def test_a_token_is_needed(self, tcp: Served) -> None:
        assert get(tcp) == 401
        assert get(tcp, authorization="Basic eDp5") == 401
        assert get(tcp, **bearer(TOKEN)) == 200

    @pytest.mark.parametrize("token", ["x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "\xe9" * 20])
    def test_a_wrong_one_is_refused(self, tcp: Served, token: str) -> None:
        with tcp.http() as http:
            headers = [(b"authorization", f"Bearer {token}".encode("latin-1"))]
            answer = http.get("/v1/stats", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_it_may_be_in_the_path(self, tcp: Served) -> None:
        assert get(tcp, f"/t/{TOKEN}/v1/stats") == 200
        assert get(tcp, f"/t/{TOKEN}x/v1/stats") == 401
        with tcp.http() as http:
            asked = {"code": "print(1)"}
            answer = http.post(f"/t/{OTHER}/run_code", json=asked)
        assert answer.json()["status"] == "Success"

    def test_every_route_but_one_asks_for_it(self, tcp: Served) -> None:
        with tcp.http() as http:
            paths = http.get("/openapi.json", headers=bearer(TOKEN)).json()["paths"]
        statuses = {path: get(tcp, path) for path in [*paths, "/openapi.json", "/nothing"]}
        assert statuses.pop("/health") == 200
        assert set(statuses.values()) == {401}

    def test_the_log_names_its_owner_and_never_shows_it(
        self, tcp: Served, caplog: pytest.LogCaptureFixture, eventually: Callable[..., None]
    ) -> None:
        caplog.set_level("INFO", "runner.server")
        get(tcp, f"/t/{OTHER}/v1/stats")
        eventually(lambda: "tenant=two" in caplog.text)
        assert OTHER not in caplog.text
        caplog.clear()
        for path in (f"/t/{OTHER}", f"/t/{OTHER}/", f"/t/{OTHER}x/v1/stats"):
            get(tcp, path)
        eventually(lambda: caplog.text.count("answered") == 3)
        assert OTHER not in caplog.text

    def test_it_may_follow_a_url_that_ends_in_a_slash(
        self, tcp: Served, caplog: pytest.LogCaptureFixture, eventually: Callable[..., None]
    ) -> None:
        caplog.set_level("INFO", "runner.server")
        with tcp.connect() as connection:
            connection.sendall(
                f"GET //t/{OTHER}/v1/stats HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            )
            assert b" 200 " in connection.recv(4096).split(b"\r\n")[0]
        eventually(lambda: "path=/v1/stats status=200" in caplog.text)
        assert OTHER not in caplog.text

    def test_the_client_sends_it(self, tcp: Served) -> None:
        with tcp.client(token=TOKEN) as client:
            assert client.execute(PASSES).status == "all_passed"
        with pytest.raises(ConfigurationError, match="token"), tcp.client():
            pass
        wrong = tcp.client(token="wrong")
        assert wrong.health_check(timeout=1).healthy is False
        wrong.shutdown()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:1", 200), ("[::1]:80", 200), ("RUNNER.example", 200),
        ("evil.example", 403), ("", 403), ("127.0.0.1.evil.example", 403),
    ],
)  # fmt: skip
def test_the_header_host_is_checked(tcp: Served, host: str, status: int) -> None:
    assert get(tcp, host=host, **bearer(TOKEN)) == status


def test_tcp_needs_a_token_file() -> None:
    with pytest.raises(ConfigurationError, match="needs token_file"):
        ServiceConfig(listen="127.0.0.1:0")


@pytest.mark.parametrize("listen", ["", "unix", "8080", "host:", ":1", "host:99999", "host:x"])
def test_an_address_that_is_none_is_refused(listen: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="listen"):
        ServiceConfig(listen=listen, token_file=tmp_path)


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="keyfile"):
        ServiceConfig(certfile=tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no token"),
        ("# nothing\n", "no token"),
        ("name\n", ":1: a line is NAME"),
        ("one short\n", "16 ASCII"),
        (f"one {TOKEN} 0\n", "concurrency"),
        (f"\none {TOKEN} x\n", ":2: the concurrency"),
        (f"one {TOKEN}/x\n", "slash"),
        (f"one {TOKEN} 1 2\n", "a line is NAME"),
    ],
)
def test_a_token_file_that_is_not_valid_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=reason):
        TokenFile(path)


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing.*check the path"):
        TokenFile(tmp_path / "missing")


def test_tokens_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"one {TOKEN} 3\n")
    tokens = TokenFile(path)
    before = tokens.tenant_of(TOKEN)
    path.write_text(f"one {OTHER}\ntwo {TOKEN}\n")
    assert tokens.reload() == 2
    assert tokens.tenant_of(OTHER) is before, "a tenant keeps what it has under way"
    assert before is not None
    assert before.concurrency is None
    path.write_text("broken\n")
    with pytest.raises(ConfigurationError):
        tokens.reload()
    assert tokens.tenant_of(OTHER) is before


class TestUnixSocket:
    def test_its_mode_is_0660_and_it_goes_with_the_service(self, tmp_path: Path) -> None:
        path = tmp_path / "s"
        with listening(f"unix:{path}"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert not path.exists()

    def test_a_stale_one_is_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "s"
        with listening(f"unix:{path}") as (listener,):
            listener.close()
            with listening(f"unix:{path}"):
                pass

    def test_a_living_one_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "s"
        with (
            listening(f"unix:{path}"),
            pytest.raises(ConfigurationError, match="another service"),
            listening(f"unix:{path}"),
        ):
            pass

    def test_another_file_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "s"
        path.write_text("mine")
        with pytest.raises(ConfigurationError, match="not a socket"), listening(f"unix:{path}"):
            pass
        assert path.read_text() == "mine"

    def test_that_of_the_next_service_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "s"
        with listening(f"unix:{path}"):
            path.unlink()
            path.write_text("the next one's")
        assert path.exists()

    def test_that_of_the_next_service_is_left_alone_if_it_gets_the_same_inode(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "s"
        with contextlib.ExitStack() as next_one:
            with listening(f"unix:{path}") as (listener,):
                listener.close()  # it finishes its last requests
                next_one.enter_context(listening(f"unix:{path}"))
            assert path.exists()


def test_a_place_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match="nowhere"),
        listening(f"unix:{tmp_path}/nowhere/s"),
    ):
        pass
    with (
        listening("127.0.0.1:0") as (one,),
        pytest.raises(ConfigurationError, match="already in use"),
        listening(f"127.0.0.1:{one.getsockname()[1]}"),
    ):
        pass


@pytest.mark.parametrize(("owner", "step"), [(os, "open"), (Path, "chmod")])
def test_a_signal_before_it_listens_leaves_no_socket_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    path = tmp_path / "s"

    def interrupted(*_: object) -> None:
        assert path.exists()
        raise SystemExit(0)

    monkeypatch.setattr(owner, step, interrupted)
    with pytest.raises(SystemExit), listening(f"unix:{path}"):
        pass
    assert not path.exists()
