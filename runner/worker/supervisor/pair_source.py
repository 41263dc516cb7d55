"""Where an execution gets its pairs, one of which is forked ahead of time."""

from collections.abc import Iterator
from typing import Any

from ..packages.archive import PackageArchive
from ..packages.installed import ARCHIVE, ROOT, installed
from ..packages.libraries import Libraries
from .pair import JudgeHandle, Pair
from .work_directory import WorkDirectory
from .zygote_client import Zygote

#: How many uids a sandbox uses in turn, from its first one on.
UIDS = 800


class PairSource:
    """Forks pairs; each process has a user id that no other process has.

    Args:
        zygote: Forks them.
        uid_base: The first uid; None if the worker cannot change its user.
        places: Where a work directory can be: sizes in bytes, by path.
    """

    def __init__(self, zygote: Zygote, uid_base: int | None, places: dict[str, int]) -> None:
        self.places = places
        self._zygote = zygote
        self._uid_base = uid_base
        self._turns = 0
        self._ready: Pair | None = None
        self._libraries = _libraries()

    @property
    def is_ready(self) -> bool:
        """Whether a pair waits for a request."""
        return self._ready is not None

    def prepare(self, judge: JudgeHandle | None = None) -> None:
        """Fork the next pair before it is asked for.

        Args:
            judge: One that is done with its last pair; a fresh one if omitted.
        """
        self._ready = Pair(self._zygote, self.next_uids(), judge)

    def take(self) -> Pair:
        """Return the pair that waits, or else a new one."""
        if self._ready is None:
            self.prepare()
        pair, self._ready = self._ready, None
        assert pair is not None
        return pair

    def next_uids(self) -> tuple[int, int]:
        """Return the user ids of the next subject and judge; -1 for ours."""
        turn = self._turns % (UIDS // 2)
        self._turns += 1
        if self._uid_base is None:
            return -1, -1
        return self._uid_base + 2 * turn, self._uid_base + 2 * turn + 1

    def libraries_for(self, request: dict[str, Any]) -> int:
        """Return the packages that a request mentions and that have libraries, as a bit mask."""
        if self._libraries is None:
            return 0
        return self._libraries.mask_for(_texts(request))

    @property
    def every_library(self) -> int:
        """What stands for the libraries of all packages; 0 if no subject lacks any."""
        return 0 if self._libraries is None else self._libraries.every

    def make(
        self, uids: tuple[int, int], directory: WorkDirectory | None, libraries: int = 0
    ) -> Pair:
        """Return a new pair with a work directory, or with libraries of packages."""
        return Pair(self._zygote, uids, directory=directory, libraries=libraries)


def _libraries() -> Libraries | None:
    """Return the libraries that a subject may have to load, None if there are none."""
    try:
        archive = PackageArchive(ARCHIVE, ROOT)
    except FileNotFoundError:
        return None
    found = Libraries(archive, installed())
    archive.close()
    return found if found.on_demand else None


def _texts(request: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a request that may import something."""
    yield from (request[name] for name in ("code", "setup"))
    for test in request["tests"]:
        yield from (value for value in test.values() if isinstance(value, str))
