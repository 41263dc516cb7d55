"""Python packages for an image: resolved by pip, pinned in a lock with hashes, fetched as wheels.

The lock is beside the requirements: ``requirements.lock`` beside ``requirements.txt``. Wheels come
from the index of pip's configuration (``pip config``, ``PIP_INDEX_URL``).
"""

import hashlib
import json
import logging
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from runner.errors import BackendError, ConfigurationError, RunnerError, with_remedy
from runner.models import is_module_name

#: Python of the image, for which wheels are chosen; ``rootfs.sh`` installs the same version.
PYTHON = "3.13"

#: The C library of the image is 2.41; a wheel names the oldest version that it supports.
_GLIBC_MINORS = range(41, 4, -1)
_LEGACY = ("manylinux2014", "manylinux2010", "manylinux1")

_HASHED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)")
_INCLUDED = re.compile(
    r"^\s*(?:-[rc]|--requirement|--constraint)[ \t=]*(?P<path>[^\s\"']+)", re.MULTILINE
)
#: What pip says of a line that it does not understand, and the beginnings of lines that say more.
_INVALID = re.compile("Invalid requirement|not a valid wheel filename")
_TELLING = ("ERROR: ", "Hint: ")
_MADE_FROM = "# requirements: sha256 "
_MACHINES = ("x86_64", "aarch64")
_LOG = logging.getLogger(__name__)
_CONTINUED = " \\\n    "
_TIMEOUT_S = 1800.0
_MOST_SHOWN = 2000

#: pip chooses wheels for another interpreter, but has no option for the conditions of requirements
#: (``python_version``): it evaluates them for the interpreter that it runs in.
_PIP = """
import json, runpy, sys
from pip._vendor.packaging import markers
own, target = markers.default_environment, json.loads(sys.argv.pop(1))
markers.default_environment = lambda: {**own(), **target}
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Requirements:
    """Additional Python packages of an image.

    Attributes:
        path: A file of pip's format.
        preload: Modules that are imported before any solution.
    """

    path: Path
    preload: tuple[str, ...] = ()

    @property
    def lock_path(self) -> Path:
        """Path of the lock."""
        return self.path.with_suffix(".lock")

    def __post_init__(self) -> None:
        """Refuse a file that its own lock would replace."""
        if self.path == self.lock_path:
            raise ConfigurationError(
                f"{self.path}: requirements need another ending than .lock, which their lock has"
            )

    def digest(self) -> str:
        """Return the sha256 of the file, and of those that it includes.

        Raises:
            ConfigurationError: One of them cannot be read.
        """
        return hashlib.sha256("\0".join(_texts(self.path)).encode()).hexdigest()

    def versions(self) -> dict[str, str]:
        """Return the version of each package that the lock pins.

        Raises:
            ConfigurationError: The lock is missing or damaged, or the requirements are newer.
        """
        return {name: version for name, version, _ in self._pinned()}

    def _pinned(self) -> list[tuple[str, str, str]]:
        remedy = f"run `runner image build --requirements {self.path} --name NAME --update-lock`"
        if not self.lock_path.exists():
            raise ConfigurationError(f"{self.path} has no lock, {self.lock_path}: {remedy}")
        lines = _read(self.lock_path).replace(_CONTINUED, " ").splitlines()
        made_from = [line.removeprefix(_MADE_FROM) for line in lines if line.startswith(_MADE_FROM)]
        if made_from != [self.digest()]:
            raise ConfigurationError(
                f"{self.path}, or a file that it includes, has changed since {self.lock_path} was"
                f" made: {remedy}"
            )
        found = [_HASHED.fullmatch(line) for line in lines if line and not line.startswith("#")]
        if not found or not all(found):
            raise ConfigurationError(f"{self.lock_path} is damaged: {remedy}")
        return [(each[1], each[2], each[3]) for each in found if each]

    def settle(self, *, update: bool, find_links: Path | None = None) -> None:
        """Write the lock if there is none; with ``update``, replace an existing one.

        Args:
            update: Whether to replace an existing lock.
            find_links: A directory of wheels to use instead of an index.

        Raises:
            ConfigurationError: No wheels fit, or the lock cannot be written.
            BackendError: pip failed for another reason.
        """
        if self.lock_path.exists() and not update:
            return
        lines = [f"{_MADE_FROM}{self.digest()}"]
        wheels = self._resolved(machine(), find_links)
        if not wheels:
            raise ConfigurationError(
                f"{self.path} names no package for Python {PYTHON} on Linux: add one, or build the"
                " plain image with `runner image build`"
            )
        others = list(self._of_other_machines(wheels, find_links))
        for name, (version, digest) in sorted(wheels.items()):
            digests = {digest, *(each[name][1] for each in others if name in each)}
            hashes = (f"--hash=sha256:{each}" for each in sorted(digests))
            lines.append(_CONTINUED.join([f"{name}=={version}", *hashes]))
        try:
            self.lock_path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"{self.lock_path} cannot be written: {with_remedy(error)}"
            ) from error

    def _of_other_machines(
        self, wheels: Mapping[str, tuple[str, str]], find_links: Path | None
    ) -> Iterator[dict[str, tuple[str, str]]]:
        """Yield the wheels of the same versions for each other architecture, if all exist."""
        with tempfile.TemporaryDirectory() as scratch:
            pinned = Path(scratch) / "constraints.txt"
            lines = (f"{name}=={version}\n" for name, (version, _) in wheels.items())
            pinned.write_text("".join(lines), encoding="utf-8")
            for each in _MACHINES:
                if each == machine():
                    continue
                try:
                    yield self._resolved(each, find_links, "--constraint", pinned)
                except RunnerError as error:
                    _LOG.info("the lock has no wheels for %s: %s", each, error)

    def _resolved(
        self, architecture: str, find_links: Path | None, *more: Any
    ) -> dict[str, tuple[str, str]]:
        """Return version and sha256 of each wheel that the requirements need, by name."""
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch) / "report.json"
            options = ["--dry-run", "--ignore-installed", "--target", scratch, "--report", report]
            words = ["install", *options, "-r", self.path, *more]
            _pip(*words, architecture=architecture, find_links=find_links)
            entries = json.loads(report.read_text(encoding="utf-8"))["install"]
        return dict(map(_entry, entries))

    def download(self, target: Path, *, find_links: Path | None = None) -> None:
        """Fetch exactly the wheels of the lock.

        Raises:
            ConfigurationError: The lock is missing or damaged, or pins no wheel for this machine.
            BackendError: pip failed for another reason.
        """
        self._pinned()
        options = ["--require-hashes", "--no-deps", "--dest", target]
        words = ["download", *options, "-r", self.lock_path]
        _pip(*words, architecture=machine(), find_links=find_links)


def machine() -> str:
    """Return the architecture of this machine, as wheels name it."""
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())


def _entry(entry: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    metadata, archive = entry["metadata"], entry["download_info"].get("archive_info") or {}
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    digest = (archive.get("hashes") or {}).get("sha256")
    if not digest:
        raise ConfigurationError(
            f"the index gives no sha256 for {name}: requirements of a directory, a URL or a"
            " repository cannot be pinned; build a wheel and give its directory by --find-links"
        )
    return name, (metadata["version"], digest)


def _pip(*words: Any, architecture: str, find_links: Path | None) -> None:
    where = [] if find_links is None else ["--no-index", "--find-links", find_links]
    start = [sys.executable, "-c", _PIP, json.dumps(_markers(architecture))]
    command = [*start, *words, "--quiet", *_target(architecture), *where]
    try:
        done = subprocess.run(
            [str(word) for word in command],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"pip cannot fetch wheels: {error}") from error
    if done.returncode != 0:
        _refuse(done.stderr.strip(), architecture)


def _refuse(said: str, architecture: str) -> NoReturn:
    if "No module named 'pip" in said:
        raise ConfigurationError(
            f"{sys.executable} has no pip to fetch wheels: run `{sys.executable} -m ensurepip`"
        )
    if "No matching distribution" in said or "ResolutionImpossible" in said:
        raise ConfigurationError(
            f"no wheels for Python {PYTHON} on Linux {architecture} fit: {said[-_MOST_SHOWN:]};"
            " change the requirements, or build a wheel with `pip wheel` and give its directory by"
            " --find-links"
        )
    if _INVALID.search(said):
        told = " ".join(line for line in said.splitlines() if line.startswith(_TELLING))
        raise ConfigurationError(f"requirements are not valid: {told}; correct this line")
    raise BackendError(f"pip cannot fetch wheels: {with_remedy(said[-_MOST_SHOWN:])}")


def _target(architecture: str) -> Iterator[str]:
    """Yield pip's options for the image's interpreter, best wheels first."""
    yield from ("--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}")
    for kind in (*(f"manylinux_2_{minor}" for minor in _GLIBC_MINORS), *_LEGACY):
        yield f"--platform={kind}_{architecture}"


def _markers(architecture: str) -> dict[str, str]:
    """Return what the conditions of requirements see: the image, not the machine that builds it."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{PYTHON}.0",
        "os_name": "posix",
        "platform_machine": architecture,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{PYTHON}.0",
        "python_version": PYTHON,
        "sys_platform": "linux",
    }


def _texts(path: Path, inside: tuple[Path, ...] = ()) -> Iterator[str]:
    """Yield the text of a file of requirements, and of the files that it includes."""
    text = _read(path)
    yield text
    for found in _INCLUDED.finditer(text):
        included = path.parent / found["path"]
        if included not in (*inside, path):
            yield from _texts(included, (*inside, path))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def preloaded(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of modules after a check.

    Raises:
        ConfigurationError: One of them is not the name of a module.
    """
    checked = tuple(names)
    for name in checked:
        if not is_module_name(name):
            raise ConfigurationError(f"--preload {name!r:.60}: not the name of a module")
    return checked
