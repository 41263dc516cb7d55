"""The connection to Ray: its import, and the cluster of this process."""

import socket
from collections.abc import Mapping
from typing import Any

from runner.errors import BackendError, ConfigurationError

#: How long a head may take to accept a connection, in seconds.
_KNOCK_S = 10.0


def load_ray() -> Any:
    """Return the module ``ray``.

    Raises:
        ConfigurationError: It is not installed.
    """
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError as error:
        raise ConfigurationError(
            f"RayPool needs Ray: pip install 'sandbox-runner[ray]' ({error})"
        ) from error
    return ray


def connect(address: str | None) -> bool:
    """Connect to Ray; return True if this process was not connected before.

    Args:
        address: As for ``ray.init``.

    Raises:
        BackendError: There is no Ray at the address.
        ConfigurationError: This process is connected to another Ray.
    """
    ray = load_ray()
    if not ray.is_initialized():
        try:
            _knock(address)
            ray.init(address=address, log_to_driver=False, logging_level="warning")
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise BackendError(
                f"cannot connect to Ray at {address!r}: {error}: start one there (`ray start"
                " --head`), or leave out the address for a new one on this machine"
            ) from error
        return True
    here = ray.get_runtime_context().gcs_address
    if address not in (None, "auto", here):
        raise ConfigurationError(
            f"address: this process is connected to the Ray cluster {here}, not to {address!r};"
            " call ray.shutdown() first, or leave the address out"
        )
    return False


def _knock(address: str | None) -> None:
    """Raise if the port is closed: Ray would retry for minutes."""
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), _KNOCK_S).close()


def why_no_node_serves(troubles: Mapping[str, str]) -> str:
    """Return the error message for a cluster without a serving node.

    Args:
        troubles: The reason for each node.
    """
    if troubles:
        told = "; ".join(f"node {node}: {why}" for node, why in troubles.items())
        return f"no node serves: {told}"
    return (
        "no node offers a sandbox: start nodes with `ray start --resources='{\"sandbox\": 8}'`, or"
        " with CPUs"
    )
