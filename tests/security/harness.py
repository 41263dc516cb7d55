"""Runs all probes: in sandboxes, and in a container that is as weak as an engine can make it."""

import contextlib
import json
import socket
from collections.abc import Iterable
from typing import Any

import runner
from runner import engine, images
from runner.backends.engine_facts import is_podman
from runner.worker.kernel.syscall_numbers import NUMBERS

from .probes import PROBES, Probe, program

#: All that an engine inside a container may itself have; not "privileged", which wants every one.
_CAPABILITIES = (
    "AUDIT_CONTROL AUDIT_READ BLOCK_SUSPEND DAC_READ_SEARCH IPC_LOCK IPC_OWNER LEASE"
    " LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BROADCAST NET_RAW SYSLOG"
    " SYS_ADMIN SYS_BOOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME"
    " SYS_TTY_CONFIG WAKE_ALARM"
).split()

#: Every probe in a child and a directory of its own, but for those that are run twice in this one
#: process. They may change what they like: the container is thrown away.
_WEAK = """
import json, os, select, signal, sys, tempfile
exec(sys.stdin.read(), globals())
for path in ("/work", "/tmp"):
    os.makedirs(path, exist_ok=True)
def report(name):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.chdir(tempfile.mkdtemp(dir="/work"))
        os.write(write, outcome(name).encode("utf-8", "replace"))
        os._exit(0)
    os.close(write)
    ready = select.select([read], [], [], 5)[0]
    text = os.read(read, 4096).decode() if ready else "stuck"
    os.close(read)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return text
kept = [name for name in BODIES if name.startswith("keep_")]
for name in kept:
    outcome(name)
found = {name: outcome(name) if name in kept else report(name) for name in BODIES}
sys.stdout.write(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def in_sandboxes(pool: runner.Pool) -> dict[str, str]:
    """Return what each probe said in a sandbox, in the second of two runs."""
    code = program(NUMBERS)
    tests = [
        runner.CallTest(function="outcome", args=[probe.name], expected="SECRET-OF-THE-TESTS")
        for probe in PROBES
    ]
    first = pool.execute(code, tests, timeout=10, max_retries=1)
    second = pool.execute(code, tests, timeout=10, max_retries=1)
    assert len(first.tests) == len(second.tests) == len(PROBES), (first.error, second.error)
    return {
        probe.name: "THROUGH" if "THROUGH" in test.message else f"{test.status} {test.message}"
        for probe, test in zip(PROBES, second.tests, strict=True)
    }


def is_rootless() -> bool:
    """Return True if the engine itself is an ordinary user."""
    with contextlib.closing(engine.connect(60)) as client:
        return any("rootless" in option for option in client.info()["SecurityOptions"])


def in_a_weak_container(probes: Iterable[Probe] = PROBES) -> dict[str, str]:
    """Return what each probe said without any protection but a container's own namespaces."""
    with contextlib.closing(engine.connect(60)) as client:
        # Podman ignores the two lists of paths.
        unmask = ["unmask=ALL"] if is_podman(client.version()) else []
        container = client.create_container(
            images.image_reference(),
            entrypoint=["/usr/bin/python3.13", "-S", "-B", "-c", _WEAK],
            user="0:0",
            stdin_open=True,
            environment={"PASSWORD": "probe"},
            host_config={
                "NetworkMode": "host",
                "CapAdd": _CAPABILITIES,
                "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined", *unmask],
                "MaskedPaths": [],
                "ReadonlyPaths": [],
            },
        )["Id"]
        try:
            return dict(json.loads(_conversation(client, container, program(NUMBERS, probes))))
        finally:
            client.remove_container(container, force=True)


def _conversation(client: Any, container: str, said: str) -> bytes:
    stream = client.attach_socket(container, params={"stdin": 1, "stream": 1})
    client.start(container)
    raw: socket.socket = stream._sock
    raw.sendall(said.encode())
    raw.shutdown(socket.SHUT_WR)
    client.wait(container, timeout=60)
    # The response flushes its file when it is closed, so the socket below goes last.
    stream._response.close()
    stream.close()
    raw.close()
    return bytes(client.logs(container, stdout=True, stderr=False))
