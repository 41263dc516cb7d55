"""Ways to obtain sandboxes: ``docker`` (the default) and ``local``."""

from runner.backends.base import Backend
from runner.config import PoolConfig


def create_backend(config: PoolConfig) -> Backend:
    """Return the backend that the settings name; touches neither engine nor processes."""
    # Imported here, so that neither backend needs what only the other one has.
    if config.backend == "docker":
        from runner.backends.docker import DockerBackend

        return DockerBackend(config)
    from runner.backends.local import LocalBackend

    return LocalBackend(config)


__all__ = ["Backend", "create_backend"]
