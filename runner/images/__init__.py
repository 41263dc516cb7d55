"""Builds, saves, loads and names the image that sandboxes run."""

from runner.images.builder import Built, Method, build
from runner.images.recipe import image_reference, lock, modules, resolve, variants
from runner.images.store import exists, load, not_found, save

__all__ = [
    "Built",
    "Method",
    "build",
    "exists",
    "image_reference",
    "load",
    "lock",
    "modules",
    "not_found",
    "resolve",
    "save",
    "variants",
]
