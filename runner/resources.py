"""Finds the data files that belong to this source: in the repository, or in the installed wheel."""

from pathlib import Path
from typing import Literal

from runner.errors import ConfigurationError, with_remedy

_PACKAGE = Path(__file__).resolve().parent


def directory(name: Literal["images", "seccomp"], *, package: Path = _PACKAGE) -> Path:
    """Return the directory with the recipe of the image, or with the seccomp profiles.

    The repository has priority, so that an editable install sees the edited files.

    Args:
        name: Name of the directory.
        package: Directory of the ``runner`` package; only tests have another one.

    Raises:
        ConfigurationError: The installation is incomplete.
    """
    repository = package.parent
    for candidate in (repository / name, package / "_data" / name):
        is_ours = candidate.parent != repository or (repository / "pyproject.toml").is_file()
        if is_ours and candidate.is_dir():
            return candidate
    raise ConfigurationError(
        f"the directory {name!r} is neither beside {package} nor in its _data: install"
        " sandbox-runner again"
    )


def read_text(name: Literal["images", "seccomp"], file: str) -> str:
    """Return the text of one data file.

    Raises:
        ConfigurationError: There is no such file.
    """
    path = directory(name) / file
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {with_remedy(error)}") from error
