"""Builds, saves, loads, checks and names the image that sandboxes run."""

from runner.images.builder import Built, Method, build
from runner.images.configuration import container_settings
from runner.images.recipe import image_reference, resolve, variants
from runner.images.store import Shown, check_configuration, exists, load, not_found, save, show

__all__ = [
    "Built",
    "Method",
    "Shown",
    "build",
    "check_configuration",
    "container_settings",
    "exists",
    "image_reference",
    "load",
    "not_found",
    "resolve",
    "save",
    "show",
    "variants",
]
