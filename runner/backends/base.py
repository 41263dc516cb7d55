"""The interface of a backend: starts sandboxes, and removes those that were left behind."""

import itertools
import json
import random
from typing import Any, Protocol, runtime_checkable

from runner.backends import seccomp_profiles
from runner.config import PoolConfig
from runner.sandbox.sandbox import Sandbox

#: Above the user ids that other software hands out: containers of systemd (524,288 to
#: 1,879,048,191) and of /etc/subuid (up to 600,100,000), directory services (SSSD maps to at most
#: 2,000,200,000, FreeIPA begins its ranges at 2,000,000,000 at most, winbind has the
#: administrator's). There is room for 146,000 ranges below 2**31; some programs read larger ids as
#: negative.
_FIRST_UID = 2_001_000_000
_UIDS_PER_SANDBOX = 1000
_UID_RANGES = 146_000

#: What a sandbox needs for itself: supervisor, zygote, judge, the next pair, threads of tests.
_OTHER_PROCESSES = 8

_serial = itertools.count(1)


@runtime_checkable
class Backend(Protocol):
    """Starts sandboxes. All methods are thread-safe."""

    @property
    def name(self) -> str:
        """Name of the backend in results and settings."""
        ...

    def check(self) -> None:
        """Raise if no sandbox could ever start; the message gives the reason.

        Raises:
            BackendError: The engine, the image, or a limit is missing.
            ConfigurationError: The settings do not fit this machine.
        """
        ...

    def start(self, deadline: float) -> Sandbox:
        """Return a sandbox that has greeted, or leave nothing behind.

        Raises:
            BackendError: The engine refused or the worker did not greet before the deadline.
        """
        ...

    def reap(self) -> int:
        """Remove the sandboxes of owners that have died, and return their number."""
        ...

    def close(self) -> None:
        """Free what the backend itself holds; its sandboxes are closed by their holders."""
        ...


def next_sandbox_id(backend: str, number: int | None = None) -> str:
    """Return a name for a sandbox that is unique on this host with high probability.

    Args:
        backend: The backend's name.
        number: Number of the sandbox in this process; the next unused one if omitted.
    """
    serial = next(_serial) if number is None else number
    return f"{backend}-{serial}-{random.randrange(16**8):08x}"


def uid_range() -> int:
    """Return the first of a thousand user ids that no other sandbox of this host is likely to use.

    The kernel counts processes and pipe pages per user id and across containers, so two sandboxes
    with a common range could starve each other. Drawn at random, because pools of other processes
    cannot be asked.
    """
    return _FIRST_UID + _UIDS_PER_SANDBOX * random.SystemRandom().randrange(_UID_RANGES)


def hello(
    config: PoolConfig,
    *,
    uid_base: int | None,
    container: dict[str, Any] | None,
    own_uids: bool = True,
) -> dict[str, Any]:
    """Return the settings that the handshake sends to a worker.

    Args:
        config: Settings of the pool.
        uid_base: First of the user ids that it may use; None where it cannot change users.
        container: The limits that the worker must find applied to it; None without a container.
        own_uids: Whether no other sandbox may have the same user ids. Only then can a solution's
            threads be counted: the kernel counts those of a user.
    """
    alone = own_uids and uid_base is not None
    policy = config.policy
    return {
        "policy": policy if isinstance(policy, str) else policy.model_dump(),
        **config.determinism,
        "uid_base": uid_base,
        "container": container,
        "threads": config.pids - _OTHER_PROCESSES if alone else None,
        "calls": seccomp_profiles.subject(),
        "calls_with_files": seccomp_profiles.subject_with_files(),
        # In a container, the engine applies this one.
        "container_calls": None if container else json.loads(seccomp_profiles.container()),
        "profiles": seccomp_profiles.digests(),
        "allow_weak": config.allow_weak_isolation,
    }
