"""The same isolation and verdicts on other engines and runtimes, as far as they are installed."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

import runner
from runner.backends import lockdown

from .engines import DockerWithCrun, Podman, PodmanWithRunc, missing
from .harness import in_sandboxes
from .probes import PROBES

pytestmark = [pytest.mark.slow, pytest.mark.engine]

_WAIVED = {probe.name for probe in PROBES if probe.waived}

#: Code, test and what must come of it.
_VERDICTS = {
    "all_passed": ("def f(): return 1", "assert f() == 1"),
    "some_failed": ("def f(): return 2", "assert f() == 1"),
    "timeout": ("def f():\n    while True: pass", "f()"),
    "process_error": ("import os\ndef f(): os.abort()", "f()"),
}


@pytest.fixture(scope="module", params=[DockerWithCrun, Podman, PodmanWithRunc])
def other(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Podman | DockerWithCrun]:
    """An engine that only this module uses, and that pools find."""
    if reason := missing(request.param.needs):
        pytest.skip(reason)
    made = request.param(tmp_path_factory.mktemp("engine"))
    with pytest.MonkeyPatch.context() as patch:
        try:
            made.start()
            made.load_image()
            patch.setenv("DOCKER_HOST", made.url)
            yield made
            gc.collect()  # now, while it is known whose sockets the SDK has dropped
        finally:
            made.close()


def _pool(other: Any, **settings: Any) -> runner.Pool:
    wanted = {"workers": 1, "spares": 0, "backend": "docker", "engine_wait_s": 0.0, **settings}
    return runner.Pool(name="elsewhere", runtime=other.runtime, **wanted)


def test_no_probe_gets_through_elsewhere(other: Podman | DockerWithCrun) -> None:
    with _pool(other) as pool:
        outcomes = in_sandboxes(pool)
    through = {name for name, outcome in outcomes.items() if outcome == "THROUGH"}
    assert through <= _WAIVED
    assert not other.containers()


def test_verdicts_are_the_same_elsewhere(other: Podman | DockerWithCrun) -> None:
    with _pool(other) as pool:
        for status, (code, test) in _VERDICTS.items():
            result = pool.execute(code, [test], timeout=0.5, max_retries=1)
            assert (result.status, result.conclusive) == (status, True), result.error


@pytest.mark.parametrize(
    ("changes", "noticed"),
    [
        ({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}, "Seccomp is 0"),
        ({"CapDrop": []}, "CapBnd is"),
        ({"PidsLimit": 1000}, "pids is 1000"),
        ({"ReadonlyRootfs": False}, "root is writable"),
    ],
)
def test_a_missing_protection_is_noticed_elsewhere(
    other: Podman | DockerWithCrun,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    noticed: str,
) -> None:
    """A runtime that is named is believed as little as the engine's own."""
    designed = lockdown.host_config
    monkeypatch.setattr(lockdown, "host_config", lambda *a, **k: designed(*a, **k) | changes)
    with pytest.raises(runner.WeakIsolationError, match=noticed):
        _pool(other).start()


def test_a_container_ends_with_its_owner_elsewhere(other: Podman | DockerWithCrun) -> None:
    """Its input ends, and so does the container, without a call to the engine."""
    with _pool(other) as pool:
        assert pool.execute("", ["pass"]).status == "all_passed"
        assert pool._sandboxes is not None
        (sandbox,) = pool._sandboxes._leases.idle
        sandbox._transport.close()
        with other.client() as client:
            name = f"sandbox-runner-{sandbox.sandbox_id}"
            assert client.wait(name, timeout=30)["StatusCode"] == 0
