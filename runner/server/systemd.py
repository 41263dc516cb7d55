"""Communication with systemd: passed sockets, and the state of the service."""

import contextlib
import os
import socket

#: The first descriptor that systemd passes.
_FIRST_DESCRIPTOR = 3


def tell(state: str) -> None:
    """Send systemd a state such as ``READY=1``; does nothing without ``NOTIFY_SOCKET``."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.sendto(state.encode("ascii"), address)


def passed_sockets() -> list[socket.socket]:
    """Return the listening sockets that systemd has opened for this process, if any."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)  # not inherited by child processes
    found = []
    for descriptor in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + count):
        os.set_inheritable(descriptor, False)  # noqa: FBT003
        found.append(socket.socket(fileno=descriptor))
    return found
