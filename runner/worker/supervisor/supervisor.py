"""The supervisor: speaks with the host, forks pairs through the zygote, and enforces the limits.

In a container it is PID 1, so that no signal from inside can end it. It never runs code of tests
or solutions. It is the only process that writes to the host.
"""

import contextlib
import errno
import json
import os
import platform
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ..kernel import process, seccomp, stack
from ..protocol import cases
from ..protocol.digest import digest_of_directory, fingerprint
from ..protocol.frames import PROTOCOL, FrameError, FrameReader, FrameType, encode_frame
from ..protocol.report import Report
from ..zygote.orders import ROLES
from . import fingerprint_parts, self_check
from .execution import Execution
from .oom_watch import OomWatch
from .pair import JudgeHandle
from .pair_source import UIDS, PairSource
from .work_directory import NoPlaces, find_places
from .zygote_client import Zygote

#: Descriptors of the host's stream, out of the way of those that children are given.
_HOST_IN_FD = 10
_HOST_OUT_FD = 11

#: Plain requests in a row, after which a judge serves more than one. A request that is not plain
#: then has to wait for a fresh judge.
_PLAIN_BEFORE_KEEPING = 3

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


#: One test that passes, one that fails, and one that passes under the filter.
_KNOWN: dict[str, Any] = {
    "id": "",
    "code": (
        "def f(x):\n    return x\n\n\n"
        "import io\ndef confined():\n    try:\n        io.FileIO('/proc/self/status').close()\n"
        "    except OSError:\n        return True\n    return False\n"
    ),
    "setup": "",
    "judge_setup": "",
    "entry_point": None,
    "classes": [],
    "min_evidence": "none",
    "timeout_s": 10.0,
    "tests": [
        {"kind": "assert", "code": "assert f([1]) == [1]"},
        {"kind": "assert", "code": "assert f([2]) == [1]"},
        {"kind": "assert", "code": "assert confined()"},
    ],
    "limits": {
        "memory_bytes": 64 * 1024 * 1024,
        "output_bytes": 0,
        "source_bytes": 1000,
        "value_bytes": 1_000_000,
        "value_nodes": 1000,
        "value_depth": 100,
        "total_s": None,
    },
}


#: What the zygote gets of the host's greeting.
_FOR_ZYGOTE = ("policy", "entropy", "clock", "calls", "calls_with_files", "threads")


class Refusal(Exception):
    """The worker refuses to serve; the text tells the host why."""

    settings = False


class WrongSettings(Refusal):
    """The settings are the cause, so every other worker would refuse them too."""

    settings = True


class Supervisor:
    """One worker, from its greeting to the end of the host's stream."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._inbox: list[tuple[FrameType, dict[str, Any]]] = []
        self._plain_in_a_row = 0
        #: Where work directories can be: sizes in bytes, by path.
        self._places: dict[str, int] = {}
        self._held = b""
        self._oom = OomWatch()

    def serve(self) -> NoReturn:
        """Serve until the host hangs up."""
        kind, hello = self._receive()
        if kind is not FrameType.HELLO:
            raise FrameError("the first frame must be HELLO")
        try:
            greeting = self._greet(hello)
            self._prove()
        except Refusal as refusal:
            reason = f"{refusal}{self._memory_note(hello)}"
            self._send(FrameType.REFUSED, {"reason": reason, "settings": refusal.settings})
            os._exit(1)
        if hello["container"] is not None:
            process.keep_code_in_memory()
        self._pairs.prepare()
        self._send(FrameType.READY, greeting)
        while True:
            kind, payload = self._receive()
            if kind is not FrameType.RUN:
                raise FrameError(f"unexpected {kind.name}")
            self._run(payload)

    def _memory_note(self, hello: dict[str, Any]) -> str:
        """Return the setting that may explain a refusal, if the OOM killer has struck."""
        container = hello.get("container")
        if container is None or not self._oom.struck():
            return ""
        return f"; the kernel's OOM killer was there (memory_bytes={container['memory_bytes']})"

    def _receive(self) -> tuple[FrameType, dict[str, Any]]:
        while not self._inbox:
            data = os.read(_HOST_IN_FD, 1 << 16)
            if not data:
                os._exit(0)
            self._inbox += self._reader.feed(data)
        return self._inbox.pop(0)

    def _send(self, kind: FrameType, payload: dict[str, Any]) -> None:
        held, self._held = self._held, b""
        view = memoryview(held + encode_frame(kind, payload))
        while view:
            view = view[os.write(_HOST_OUT_FD, view) :]

    # -- start ------------------------------------------------------------------------------------

    def _greet(self, hello: dict[str, Any]) -> dict[str, Any]:
        if hello.get("protocol") != PROTOCOL:
            raise Refusal(f"the worker uses protocol {PROTOCOL}, not {hello.get('protocol')}")
        uid_base = hello["uid_base"]
        uids = None if uid_base is None else range(uid_base, uid_base + UIDS)
        checks = self_check.checks(hello["container"], uids)
        if not hello["allow_weak"]:
            _refuse_weak(checks)
        no_files = self._find_places(hello)  # before the filter, which may refuse its calls
        if hello["container_calls"] is not None:
            seccomp.for_this_machine(hello["container_calls"]).confine()
        settings = {key: hello[key] for key in _FOR_ZYGOTE}
        self._zygote = _start_zygote(settings)
        self._pairs = PairSource(self._zygote, uid_base, self._places)
        content = fingerprint_parts.content_digest()  # while the zygote warms up
        if content != (fingerprint_parts.built_digest() or content):
            raise Refusal("the standard library is not the one of the image: build the image anew")
        addresses = self._await_zygote()
        worker_digest = digest_of_directory(_PACKAGE)
        limits = {each.name: each.value for each in checks if each.name in ("memory", "pids")}
        limits["threads"] = str(hello["threads"])
        settings["profiles"] = hello["profiles"]
        parts = fingerprint_parts.parts(
            worker_digest, content, settings, limits, addresses=addresses
        )
        return {
            "protocol": PROTOCOL,
            "worker_digest": worker_digest,
            "fingerprint": fingerprint(parts),
            "parts": parts,
            "python": sys.version.split()[0],
            "no_files": no_files,
            "checks": [each._asdict() for each in (*checks, *self_check.facts())],
        }

    def _await_zygote(self) -> str:
        """Wait until the zygote is ready; return whether addresses are "fixed" or "random"."""
        try:
            return self._zygote.greeting()
        except LookupError as error:
            raise WrongSettings(str(error)) from error
        except RuntimeError as error:
            raise Refusal(str(error)) from error

    def _find_places(self, hello: dict[str, Any]) -> str | None:
        """Find the places for work directories; return why there are none, or None."""
        contained = hello["container"] is not None
        try:
            self._places = find_places(own_uids=hello["uid_base"] is not None, contained=contained)
        except NoPlaces as error:
            return str(error)
        return None

    def _prove(self) -> None:
        """Judge a known solution, so that a broken worker never gets a request."""
        execution = self._execution(_KNOWN, lambda _: None, lambda _: None)
        try:
            report = execution.run(self._pairs)
            clean = execution.clear() and report["clean"]
        except OSError as error:
            raise Refusal(f"this kernel refuses what a worker needs: {_told(error)}") from error
        statuses = [test["status"] for test in report["tests"]]
        if statuses != ["passed", "failed", "passed"] or not clean:
            seen = [test["message"] for test in report["tests"]]
            raise Refusal(f"the verdicts on a known solution are {statuses}: {seen}")

    # -- requests ---------------------------------------------------------------------------------

    def _run(self, request: dict[str, Any]) -> None:
        name = {"id": request["id"]}
        # Goes out with the first progress, or with the report if that is sooner: most executions
        # take milliseconds, and each write wakes three processes on the way to the host.
        self._held = encode_frame(FrameType.STARTED, name)

        def progress(charged_s: float) -> None:
            self._send(FrameType.PROGRESS, {**name, "charged_s": charged_s})

        def collected(found: cases.NamesOfCases) -> None:
            self._send(FrameType.COLLECTED, {**name, "suites": [*found.items()]})

        execution, kills = self._execution(request, progress, collected), self._oom.kills
        report = execution.run(self._pairs)
        if self._oom.kills > kills:
            self._prove_zygote(report)
        self._send(FrameType.REPORT, dict(report))
        # From here on the host waits only if it has another request.
        judge = self._judge_to_keep(execution)
        execution.kill()
        if not self._pairs.is_ready:
            self._pairs.prepare(judge)
        if not execution.clear():
            sys.stderr.write("the last execution has left something behind that cannot be killed")
            os._exit(1)

    def _prove_zygote(self, report: Report) -> None:
        """Fork the next pair now: the kernel's OOM killer may have ended the zygote as well."""
        try:
            self._pairs.prepare()
            self._zygote.children()
        except RuntimeError as error:
            report["clean"], report["detail"] = False, f"{error}, after an OOM kill"

    def _judge_to_keep(self, execution: Execution) -> JudgeHandle | None:
        """Return the judge of an execution if the next pair may use it and is not forked yet."""
        self._plain_in_a_row = self._plain_in_a_row + 1 if execution.plain else 0
        keep = self._plain_in_a_row >= _PLAIN_BEFORE_KEEPING and not self._pairs.is_ready
        return execution.release_judge() if keep else None

    def _execution(
        self,
        request: dict[str, Any],
        progress: Callable[[float], None],
        collected: Callable[[cases.NamesOfCases], None],
    ) -> Execution:
        known = self._zygote.children
        return Execution(request, _HOST_IN_FD, progress, self._oom, known, collected)


#: The environment of the zygote until it has imported everything. Libraries of linear algebra get
#: one thread. They and numpy use only instructions that all machines have, for equal results.
_ENVIRONMENT = {
    "OPENBLAS_CORETYPE": {"x86_64": "Nehalem"}.get(platform.machine(), "ARMV8"),
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
    " AVX512_SPR AVX512_KNL AVX512_KNM X86_V4",
}


def _refuse_weak(checks: list[self_check.Check]) -> None:
    weak = [f"{each.name} is {each.value}: {each.fix}" for each in checks if each.ok is False]
    if weak:
        raise Refusal(
            f"the isolation is weaker than asked for: {'; '.join(weak)}"
            " (or accept that with allow_weak_isolation=True)"
        )


def _told(error: OSError) -> str:
    """Return which call the kernel refused, and what to look at."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" in {trace.tb_frame.f_code.co_name}"
    if error.errno == errno.ENOSYS:
        fix = "leave out the setting `runtime`, or use a kernel of version 5.4 or newer"
    elif error.errno in (errno.EPERM, errno.EACCES):
        fix = "a security module may have denied it, which the kernel's log (`dmesg`) shows"
    else:
        fix = "the kernel's log (`dmesg`) may tell more"
    return f"{error}{where}; {fix}"


def _start_zygote(settings: dict[str, Any]) -> Zygote:
    """Start the zygote in a fresh interpreter: hash seed and addresses are fixed at exec only."""
    bells = [socket.socketpair() for _ in ROLES]
    orders = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in ROLES]
    pairs = bells + orders
    pid = os.fork()
    if pid:
        for _, theirs in bells:
            theirs.close()
        ours, ends = zip(*orders, strict=True)
        return Zygote(pid, [bell for bell, _ in bells], ours, ends)
    try:
        process.place_descriptors([0, 1, 2, *(theirs.fileno() for _, theirs in pairs)])
        process.keep_addresses_fixed()
        stack.fix()
        flags = ["-S", "-s", "-P", "-B", "-X", "utf8"]
        arguments = [sys.executable, *flags, os.path.join(_PACKAGE, "__main__.py"), "zygote"]
        os.execve(sys.executable, [*arguments, json.dumps(settings)], _ENVIRONMENT)
    finally:
        os._exit(71)


def _claim_descriptors() -> None:
    """Move the host's stream away: a stray print must not become a frame."""
    os.dup2(0, _HOST_IN_FD, inheritable=False)
    os.dup2(1, _HOST_OUT_FD, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


def main() -> NoReturn:
    """Run the worker."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    process.hide_from_ptrace()
    process.forbid_new_privileges()  # not every engine can be asked: ``stacks_profiles`` there
    process.limit_supervisor()
    process.adopt_orphans()
    _claim_descriptors()
    with contextlib.suppress(BrokenPipeError):
        Supervisor().serve()
    os._exit(0)
