"""The work directory of one execution: made, read and emptied as the user of its program.

The supervisor has no right to read or write another user's files. For the kernel's checks of files
it becomes that user, while no process of that user runs. It follows no links, so that a link that a
program has made leads nowhere.
"""

import base64
import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..kernel import mounts, process
from ..protocol import files as bounds
from ..protocol.report import FileReport

#: Names in a place: what a program sees as its root, and what fills the place.
_ROOT, _BALLAST = "root", "ballast"

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Left(NamedTuple):
    """What a program has left: files that are new or changed, and whether some are missing."""

    files: list[FileReport]
    truncated: bool


class NoPlaces(Exception):
    """No execution can have a work directory here; the text says why, and what helps."""


def find_places(*, own_uids: bool, contained: bool) -> dict[str, int]:
    """Return where work directories can be: sizes in bytes, by path.

    Args:
        own_uids: Whether each program has a user id of its own.
        contained: Whether there is a container, whose engine has mounted the places.

    Raises:
        NoPlaces: There is no place; the text says why, and what helps.
    """
    if not own_uids:
        raise NoPlaces(
            "programs have no user id of their own: run as root, or use backend='docker'"
        )
    places = bounds.PLACES
    if not contained:
        places = bounds.LOCAL_PLACES
        options = {path: bounds.mount_options(size) for path, size in places.items()}
        try:
            mounts.mount_privately(bounds.LOCAL, options)
        except OSError as error:
            raise NoPlaces(
                f"root may not mount here ({error}): use backend='docker', or run as root of the"
                " machine, not of a container"
            ) from error
    if not process.may_change_root():
        raise NoPlaces("the capability SYS_CHROOT is missing: use an engine that grants it")
    wrong = [path for path, size in places.items() if not _is_as_asked(path, size)]
    if wrong:
        raise NoPlaces(
            f"there is no file system in memory of the right size on {' '.join(wrong)}: use Docker,"
            " as root or rootless, with runc or crun; Podman and gVisor take no limit for the"
            " number of files on a tmpfs (nr_inodes)"
        )
    return places


def _is_as_asked(path: str, size: int) -> bool:
    try:
        found, there = os.statvfs(path), os.stat(path)
    except OSError:
        return False
    return (
        found.f_blocks * found.f_frsize == size
        and found.f_files == bounds.MOST_FILES + bounds.OWN_COUNT
        and (there.st_uid, stat.S_IMODE(there.st_mode)) == (os.geteuid(), 0o755)
        and os.path.ismount(path)
    )


class WorkDirectory:
    """A directory on a place that no other execution uses at the same time.

    Args:
        places: Sizes in bytes, by path.
        uid: Of the program, of which no process runs yet.
        files: What it finds: contents in Base64, by name.
        most_bytes: What it may hold, in bytes.
        most_count: How many files and directories it may hold.
    """

    def __init__(
        self,
        places: dict[str, int],
        uid: int,
        files: dict[str, str],
        most_bytes: int,
        most_count: int,
    ) -> None:
        fitting = [(size, path) for path, size in places.items() if size >= most_bytes]
        self._place = min(fitting)[1]
        self._uid = uid
        self._files = files
        self.most_bytes = most_bytes
        self._most_count = most_count
        self._root = os.path.join(self._place, _ROOT)
        self._work = os.path.join(self._root, bounds.WORK)

    def make(self) -> None:
        """Make it, with its files.

        Raises:
            OSError: They do not fit.
        """
        os.mkdir(self._root)
        os.chmod(self._root, 0o777)  # noqa: S103 - for that user, of which nothing runs yet
        with process.file_access_as(self._uid):
            for name in (bounds.WORK, bounds.TEMPORARY):
                os.mkdir(os.path.join(self._root, name), 0o700)
        os.chmod(self._root, 0o755)  # noqa: S103 - and from here on for root alone
        self._fill_place()
        with process.file_access_as(self._uid), _opened(self._work) as work:
            for name, content in self._files.items():
                _write(work, name.encode(), base64.b64decode(content))

    def _fill_place(self) -> None:
        """Fill the place, except for what the program may use."""
        os.mkdir(os.path.join(self._place, _BALLAST), 0o700)
        room = os.statvfs(self._place)
        for number in range(room.f_ffree - 1 - self._most_count):
            os.close(os.open(os.path.join(self._place, _BALLAST, str(number)), _NEW_FILE))
        fd = os.open(os.path.join(self._place, _BALLAST, "bytes"), _NEW_FILE)
        try:
            excess = room.f_bfree * room.f_frsize - self.most_bytes
            if excess > 0:
                os.posix_fallocate(fd, 0, excess)
        finally:
            os.close(fd)

    def open_root(self) -> int:
        """Return a descriptor of what the program is to see as its root."""
        return os.open(self._root, _DIRECTORY)

    def left(self) -> Left:
        """Return what the program has left, now that no process of it runs."""
        with process.file_access_as(self._uid):
            os.chmod(self._work, 0o700)
            with _opened(self._work) as work:
                return _Collection(self._files, self.most_bytes).of(work)

    def remove(self) -> bool:
        """Remove everything, now that no process of it runs; return whether nothing is left."""
        below = [os.path.join(self._root, name) for name in (bounds.WORK, bounds.TEMPORARY)]
        ballast = os.path.join(self._place, _BALLAST)
        with contextlib.suppress(OSError):
            with process.file_access_as(self._uid):
                for path in below:
                    _empty(path)
            _empty(ballast)
            for path in (*below, self._root, ballast):
                os.rmdir(path)
        return is_empty(self._place)


def is_empty(place: str) -> bool:
    """Return True if a place is empty, by its names and by the kernel's counters."""
    room = os.statvfs(place)
    return (
        not os.listdir(place) and room.f_bfree == room.f_blocks and room.f_ffree == room.f_files - 1
    )


@contextlib.contextmanager
def _opened(path: str | bytes, at: int | None = None) -> Iterator[int]:
    fd = os.open(path, _DIRECTORY, dir_fd=at)
    try:
        yield fd
    finally:
        os.close(fd)


def _write(work: int, name: bytes, content: bytes) -> None:
    parts = name.split(b"/")
    for count in range(1, len(parts)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(b"/".join(parts[:count]), 0o755, dir_fd=work)
    fd = os.open(name, _NEW_FILE, 0o644, dir_fd=work)
    with open(fd, "wb") as file:
        file.write(content)


class _Collection:
    """Regular files below a directory, as far as they fit into a report.

    Args:
        known: What need not be reported: contents in Base64, by name.
        most_bytes: Of all contents.
    """

    def __init__(self, known: dict[str, str], most_bytes: int) -> None:
        self._known = known
        self._bytes_left = most_bytes
        self._name_bytes_left = bounds.MOST_NAME_BYTES
        self._files: list[FileReport] = []
        self._truncated = False

    def of(self, work: int) -> Left:
        """Return those below an open directory, in the order of their names."""
        todo = [b""]
        while todo:
            directory = todo.pop()
            with self._missing_if_refused():
                found = sorted(self._look_into(work, directory))
                todo += reversed([name for name, is_directory in found if is_directory])
        self._files.sort(key=lambda each: each["name"])
        return Left(self._files, self._truncated)

    @contextlib.contextmanager
    def _missing_if_refused(self) -> Iterator[None]:
        """Skip what cannot be read or named (too long a path, no UTF-8); note that some miss."""
        try:
            yield
        except (OSError, UnicodeDecodeError):
            self._truncated = True

    def _look_into(self, work: int, directory: bytes) -> Iterator[tuple[bytes, bool]]:
        if directory:
            os.chmod(directory, 0o700, dir_fd=work)
        with _opened(directory or b".", work) as fd:
            for name in sorted(map(os.fsencode, os.listdir(fd))):
                path = os.path.join(directory, name)
                mode = os.lstat(name, dir_fd=fd).st_mode
                if stat.S_ISDIR(mode):
                    yield path, True
                elif stat.S_ISREG(mode):
                    with self._missing_if_refused():
                        self._take(fd, name, path)

    def _take(self, at: int, name: bytes, path: bytes) -> None:
        spelled = path.decode()
        os.chmod(name, 0o600, dir_fd=at)
        with open(os.open(name, _FILE, dir_fd=at), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            known = self._known.get(spelled)
            if size > self._bytes_left or len(path) > self._name_bytes_left:
                # A file that was given counts as missing only if it has changed.
                self._truncated = self._truncated or not self._is_unchanged(file, size, known)
                return
            data = base64.b64encode(file.read(size)).decode("ascii")
        if data == known:
            return
        self._bytes_left -= size
        self._name_bytes_left -= len(path)
        self._files.append(FileReport(name=spelled, data=data))

    @staticmethod
    def _is_unchanged(file: BinaryIO, size: int, known: str | None) -> bool:
        if known is None or size > len(known):
            return False
        return base64.b64encode(file.read(size)).decode("ascii") == known


def _empty(path: str) -> None:
    """Remove everything below a directory, as its owner.

    Directories are moved up before they are emptied: a tree may be deeper than the longest path.
    """
    serial = itertools.count()
    prefix = os.urandom(16).hex()  # a program cannot predict this name
    os.chmod(path, 0o700)
    with _opened(path) as top:
        while names := os.listdir(top):
            for name in names:
                _remove(top, name, prefix, serial)


def _remove(top: int, name: str, prefix: str, serial: Iterator[int]) -> None:
    try:
        os.unlink(name, dir_fd=top)
    except IsADirectoryError:
        os.chmod(name, 0o700, dir_fd=top)
        with _opened(name, top) as fd:
            for child in os.listdir(fd):
                _remove_or_lift(fd, child, top, f"{prefix}{next(serial)}")
        os.rmdir(name, dir_fd=top)


def _remove_or_lift(fd: int, child: str, top: int, name: str) -> None:
    try:
        os.unlink(child, dir_fd=fd)
    except IsADirectoryError:
        os.chmod(child, 0o700, dir_fd=fd)  # a move changes its entry ``..``
        os.rename(child, name, src_dir_fd=fd, dst_dir_fd=top)
