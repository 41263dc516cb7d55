"""Listening sockets: a Unix socket, a TCP address, or the sockets that systemd passes."""

import contextlib
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.errors import ConfigurationError, with_remedy
from runner.server.systemd import passed_sockets

_UNIX = "unix:"
#: Mode of a Unix socket: for its owner and its group.
_MODE = 0o660
#: Connections that wait to be accepted.
BACKLOG = 2048
#: Seconds that another service may take to accept a connection.
_TRIAL_S = 2.0
_LOCAL = ("localhost", "127.0.0.1", "::1")
_ANY = ("0.0.0.0", "::")  # noqa: S104  # only compared


def unix_path(listen: str) -> Path | None:
    """Return the path of a Unix socket; None if the address is one of TCP."""
    return Path(listen.removeprefix(_UNIX)) if listen.startswith(_UNIX) else None


def host_and_port(listen: str) -> tuple[str, int]:
    """Return the parts of ``HOST:PORT`` or ``[HOST]:PORT``.

    Raises:
        ConfigurationError: It has another form.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ConfigurationError(
            f"listen: must be unix:/PATH or HOST:PORT, such as 127.0.0.1:8080 (got {listen!r:.80})"
        )
    return host.strip("[]"), int(port)


@contextlib.contextmanager
def listening(listen: str) -> Iterator[list[socket.socket]]:
    """Yield listening sockets: those that systemd passes, or else one at the address.

    Raises:
        ConfigurationError: The address is not available.
    """
    sockets = passed_sockets()
    if sockets:
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(each) for each in sockets]
    elif (path := unix_path(listen)) is not None:
        with _unix(path) as one:
            yield [one]
    else:
        with _tcp(*host_and_port(listen)) as one:
            yield [one]


def is_tcp(sockets: list[socket.socket]) -> bool:
    """Return True if a socket is not a Unix socket, so that file permissions do not protect it."""
    return any(each.family != socket.AF_UNIX for each in sockets)


def accepted_hosts(sockets: list[socket.socket], more: Iterable[str]) -> frozenset[str]:
    """Return the accepted values of the header ``Host``, without a port; empty for any.

    Args:
        sockets: The listening sockets; only those of TCP need the check.
        more: Names beside the addresses of the sockets.
    """
    own = {str(each.getsockname()[0]) for each in sockets if each.family != socket.AF_UNIX}
    if not own:
        return frozenset()
    local = _LOCAL if own & {*_LOCAL, *_ANY} else ()
    return frozenset(name.lower() for name in (*own, *local, *more))


@contextlib.contextmanager
def _unix(path: Path) -> Iterator[socket.socket]:
    _remove_stale(path)
    held: list[int] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:  # a signal may end the service at any moment
            _bind(listener, path)
            # The next service may put its own socket there while this one finishes its last
            # requests. As long as the old inode is open, the new one has another number.
            held.append(os.open(path, os.O_PATH))
            path.chmod(_MODE)
            listener.listen(BACKLOG)
            yield listener
        finally:
            _remove_own(path, listener, held)


def _bind(listener: socket.socket, path: Path) -> None:
    before = os.umask(0o777)  # no connection is possible until the mode is set
    try:
        listener.bind(str(path))
    except OSError as error:
        raise ConfigurationError(f"listen {path}: {with_remedy(error)}") from error
    finally:
        os.umask(before)


def _remove_own(path: Path, listener: socket.socket, held: list[int]) -> None:
    """Remove the path of a socket, unless another one is there now.

    Args:
        path: Where the socket has been bound, if it has.
        listener: The socket.
        held: A descriptor of the path; empty if it was only just bound.
    """
    with contextlib.suppress(OSError):
        is_bound = bool(held or listener.getsockname())  # it may be closed by now
        if is_bound and all(os.path.samestat(path.lstat(), os.fstat(each)) for each in held):
            path.unlink()
    for each in held:
        os.close(each)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a service that has ended.

    Raises:
        ConfigurationError: The path is another file, or a service still answers there.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # errors of the place are raised by its use
    if not stat.S_ISSOCK(mode):
        raise ConfigurationError(
            f"listen {path}: the file there is not a socket: remove it, or give another path"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(_TRIAL_S)  # a service that does not accept may only be busy
        try:
            trial.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise ConfigurationError(f"listen {path}: {with_remedy(error)}") from error
    raise ConfigurationError(f"listen {path}: another service answers there")


@contextlib.contextmanager
def _tcp(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"listen {host}:{port}: {with_remedy(error)}") from error
    with listener:
        yield listener
