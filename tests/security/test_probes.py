"""No probe gets through; and each of them would, where nothing is in its way."""

from collections import Counter
from pathlib import Path

import pytest

import runner

from .harness import in_a_weak_container, in_sandboxes, is_rootless
from .probes import PROBES, Probe

_CATEGORIES = frozenset(
    "filesystem process syscall network information privilege device persistence resource".split()
)

_ROUTES = Path("/proc/net/route")


@pytest.fixture(scope="module")
def outcomes(pool: runner.Pool) -> dict[str, str]:
    return in_sandboxes(pool)


@pytest.fixture(scope="module")
def control() -> dict[str, str]:
    return in_a_weak_container()


def test_there_are_probes_of_every_kind() -> None:
    assert {probe.category for probe in PROBES} == _CATEGORIES
    assert [name for name, count in Counter(p.name for p in PROBES).items() if count > 1] == []
    assert not [probe for probe in PROBES if probe.waived and probe.tier < 3]


@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_no_probe_gets_through(outcomes: dict[str, str], probe: Probe) -> None:
    assert ("THROUGH" in outcomes[probe.name]) <= bool(probe.waived), outcomes[probe.name]


@pytest.mark.engine
@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_every_probe_bites_where_nothing_protects(control: dict[str, str], probe: Probe) -> None:
    """A probe that fails even there proves nothing, and says why."""
    if "no such call" in control[probe.name] and not probe.never:
        pytest.skip(f"this kernel lacks what it tries: {control[probe.name]}")
    if control[probe.name] != "THROUGH" and not probe.never and is_rootless():
        pytest.skip("root of a rootless engine's container is still an ordinary user")
    if probe.name == "net_routes" and len(_ROUTES.read_text().splitlines()) == 1:
        pytest.skip("this machine has no route")
    assert control[probe.name] == "THROUGH" or probe.never, control[probe.name]
