"""Takes over the connection on which the engine hands out a container's streams."""

import socket
from typing import Any

import docker

from runner.backends import fork_guard
from runner.sandbox.transport import SocketStream, Transport


def attached(client: docker.APIClient, container: str, watch: fork_guard.ForkDetector) -> Transport:
    """Return a transport to a container's input, output and standard error.

    Args:
        client: Its timeout bounds the request, and not the stream afterwards.
        container: Its id.
        watch: Created before any connection of the client: the engine may hand out the streams on
            an existing one, of which a child forked meanwhile would hold a copy.

    Raises:
        APIError: The engine refused.
        ForkedMeanwhileError: This process forked after ``watch`` was created.
    """
    # Not attach_socket(): it sends the request without a timeout.
    api: Any = client  # private in the SDK
    response = api.post(
        api._url("/containers/{0}/attach", container),
        params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0},
        headers={"Connection": "Upgrade", "Upgrade": "tcp"},
        stream=True,
        timeout=client.timeout,
    )
    try:
        raw = api._get_raw_response_socket(response)
        sock: socket.socket = getattr(raw, "_sock", raw)
        transport = Transport(SocketStream(sock, multiplexed=True, on_close=response.close))
    except BaseException:
        response.close()
        raise
    try:
        watch.check()
    except BaseException:
        transport.close()
        raise
    return transport
