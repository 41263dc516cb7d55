"""A fingerprint holds what decides verdicts, as the worker has it, and tells what differs."""

import time
from typing import Any

import pytest

import runner
from runner.backends import create_backend
from runner.config import PoolConfig
from runner.errors import RunnerError
from runner.sandbox.sandbox import Sandbox
from runner.worker.protocol.digest import PARTS, differing_parts, fingerprint


def started(backend: str, **settings: Any) -> Sandbox:
    made = create_backend(PoolConfig.build(None, {"backend": backend, **settings}))
    try:
        made.check()
        sandbox = made.start(time.monotonic() + 60)
        sandbox.close()
    finally:
        made.close()
    return sandbox


@pytest.fixture(scope="module")
def usual(backend: str) -> Sandbox:
    return started(backend)


def test_it_is_made_of_named_parts(usual: Sandbox) -> None:
    assert list(usual.parts) == PARTS
    assert usual.fingerprint == fingerprint(usual.parts)
    assert len(usual.fingerprint) == 64
    assert "glibc" in usual.parts["libraries"] or "." in usual.parts["libraries"]


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"policy": "strict"}, "rules"),
        ({"entropy": "system"}, "determinism"),
        ({"clock": "fixed"}, "determinism"),
    ],
)
def test_what_a_setting_changes_is_told(
    usual: Sandbox, backend: str, settings: dict[str, Any], part: str
) -> None:
    other = started(backend, **settings)
    assert differing_parts(usual.fingerprint, other.fingerprint) == [part]


@pytest.mark.engine
def test_limits_of_the_container_are_in_it_as_the_kernel_has_them() -> None:
    one, two = started("docker"), started("docker", pids=99)
    assert differing_parts(one.fingerprint, two.fingerprint) == ["limits"]
    assert '"pids": "99"' in two.parts["limits"]


def test_what_changes_no_verdict_is_not_in_it(usual: Sandbox, backend: str) -> None:
    other = started(backend, workers=7, spares=0, cpus=0.5, max_uses=3, max_retries=1)
    assert other.fingerprint == usual.fingerprint


def test_addresses_are_fixed(usual: Sandbox) -> None:
    assert '"addresses": "fixed"' in usual.parts["determinism"]


def test_another_than_the_expected_one_is_refused(usual: Sandbox, backend: str) -> None:
    wanted = fingerprint({**usual.parts, "stdlib": "other"})
    with (
        pytest.raises(RunnerError, match=rf"different: stdlib \({usual.parts['stdlib']}\)"),
        runner.Pool(workers=1, backend=backend, expect_fingerprint=wanted),
    ):
        pass
    with runner.Pool(
        workers=1, spares=0, backend=backend, expect_fingerprint=usual.fingerprint
    ) as pool:
        assert pool.execute("x = 1", ["assert x"]).fingerprint == usual.fingerprint


def test_fingerprints_of_other_making_differ_in_everything() -> None:
    assert differing_parts("a" * 64, "a" * 64) == []
    assert differing_parts("a" * 64, "old") == PARTS
