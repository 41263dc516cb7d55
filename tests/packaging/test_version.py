"""The version that a program sees is that of the distribution."""

import importlib.metadata

import pytest

import runner


def test_the_version_is_that_of_the_distribution() -> None:
    assert runner.__version__ == importlib.metadata.version("sandbox-runner")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        runner.nothing  # noqa: B018
