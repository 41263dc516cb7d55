"""A pool that is a service elsewhere, with the calls of ``Pool``."""

from runner.client.client import Client

__all__ = ["Client"]
