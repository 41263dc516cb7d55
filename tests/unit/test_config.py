"""Settings are checked before anything starts, and complaints name the setting."""

import pytest

from runner.config import PoolConfig, default_backend
from runner.errors import ConfigurationError


def test_the_defaults_are_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNNER_BACKEND", raising=False)
    assert PoolConfig.build(None, {}).backend == "docker"


def test_the_environment_names_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_BACKEND", "local")
    assert default_backend() == PoolConfig.build(None, {}).backend == "local"


def test_an_unknown_backend_is_refused_wherever_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigurationError, match="backend"):
        PoolConfig.build(None, {"backend": "podman"})
    monkeypatch.setenv("RUNNER_BACKEND", "podman")
    with pytest.raises(ConfigurationError, match="backend"):
        PoolConfig.build(None, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("workers", 0),
        ("workers", "many"),
        ("workers", 10_000),
        ("spares", -1),
        ("name", "a b"),
        ("name", ""),
        ("cpus", float("nan")),
        ("cpus", 0),
        ("memory_bytes", 1024),
        ("memory_bytes", 64 << 20),
        ("pids", 1),
        ("max_retries", 0),
        ("start_timeout_s", float("inf")),
        ("policy", "lenient"),
        ("colour", "red"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"pool setting {setting}"):
        PoolConfig.build(None, {setting: value})


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"workers: .*; pool setting spares: "):
        PoolConfig.build(None, {"workers": 0, "spares": -1})
