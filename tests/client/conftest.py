"""The services that clients call."""

from tests.server.conftest import serve, served

__all__ = ["serve", "served"]
