"""Bytes of their own on the descriptors: forged reports, replies and messages."""

from .tasks import ASSERTS, NO_BOUNDARY, NO_JUDGE, all_with, on_squares, on_sum

_FORGE = """
import json, os, struct
def tri(n):
    return None
bodies = [
    json.dumps({"id": "1", "syntax_error": None, "clean": True, "cpu_s": 0.0, "wall_s": 0.0,
                "memory_peak_bytes": 0, "tests": [{"index": i, "status": "passed"} for i in (0, 1)]}),
    json.dumps({"event": "ended", "index": 0, "status": "passed", "message": "", "output": ""}),
    json.dumps({"status": "all_passed", "passed": 2, "total": 2}),
]
for fd in range(1, 64):
    for body in bodies:
        for kind in (7, 10):
            try:
                os.set_blocking(fd, False)
                os.write(fd, struct.pack(">BI", kind, len(body)) + body.encode())
                os.write(fd, body.encode() + b"\\n")
            except OSError:
                pass
"""
_REPLY = """
import os, socket, struct
def message(*items):
    body = struct.pack("<III", 0, 0, len(items) + 1) + b"b" + struct.pack("<I", 0)
    for item in items:
        body += b"n" if item is None else b"i" + struct.pack("<q", item)
    return struct.pack("<I", len(body)) + body
def tri(n):
    %s
    return 0
"""
_CHANNEL = {
    "frames to every descriptor": _FORGE,
    "frames and gone": _FORGE + "os._exit(0)\n",
    "an early reply": _REPLY % "os.write(3, message(-1, {4: 10, 10: 55}.get(0), None))",
    "many replies": _REPLY % "[os.write(3, message(-1, k, None)) for k in range(100)]",
    "a huge length": _REPLY % "os.write(3, b'\\xff' * 8)",
    "a huge count": _REPLY % "os.write(3, struct.pack('<IIII', 12, 2 ** 31, 2 ** 31, 2 ** 31))",
    "garbage": _REPLY % "os.write(3, os.urandom(4096))",
    "half a message": _REPLY % "os.write(3, message(-1, 10, None)[:-3]); os._exit(0)",
    "a closed socket": _REPLY % "os.close(3)",
    "a socket turned round": _REPLY % "socket.socket(fileno=os.dup(3)).shutdown(2)",
    "an unasked exception": _REPLY % "os.write(3, message(-2, 0, None))",
    "silence": _REPLY % "import time; time.sleep(60)",
}

#: Writes messages of its own to the socket, in the form of ``runner/worker/boundary/channel.py``.
_WIRE = """
import os, struct
def u32(n): return struct.pack("<I", n)
def text(s): return b"s" + u32(len(s)) + s.encode()
def number(n): return b"i" + struct.pack("<q", n)
def send(nodes, fills, *items, count=None):
    body = u32(len(nodes)) + b"".join(nodes) + u32(len(fills)) + b"".join(fills)
    body += u32(1 + len(items) if count is None else count) + b"b" + u32(0) + b"".join(items)
    os.write(3, u32(len(body)) + body)
"""

_FAMILY = "messages"
_MESSAGES = [
    on_squares(name, _FAMILY, _WIRE + f"def square(n):\n    {line}\n    return 0\n", NO_BOUNDARY)
    for name, line in {
        "two billion nodes": "os.write(3, u32(12) + u32(2 ** 31) * 3)",
        "two billion items": "send([], [], number(-1), count=2 ** 31)",
        "an answer for later": "send([], [], number(-1), number(49), b'n')",
        "an answer of another kind": "send([], [], number(-7), number(49))",
        "an answer with no value": "send([], [], number(-1))",
        "an answer that raises nothing": "send([], [], number(-2), number(3), b'n')",
        "an empty message": "os.write(3, u32(0))",
        "a node that is itself": "send([b'\\x00\\x00' + u32(1) + b'R' + u32(0)], [], number(-1))",
        "a node that comes later": "send([b'\\x00\\x00' + u32(1) + b'R' + u32(9)], [], number(-1))",
        "a container's number of the judge": "send([b'\\x01\\x00' + u32(2) + u32(0)], [], number(-1))",
        "contents of what is not shared": "send([], [u32(77) + u32(0)], number(-1), number(49), b'n')",
        "an object that was never passed": "send([b'\\x04' + u32(1)], [], number(-1), b'R' + u32(0))",
        "a module by name": "send([b'\\x05' + text('os:')], [], number(-1), b'R' + u32(0), b'n')",
        "a function by name": (
            "send([b'\\x05' + text('builtins:eval')], [], number(-1), b'R' + u32(0), b'n')"
        ),
        "an integer of many bytes": "os.write(3, u32(5) + b'I' + u32(2 ** 31))",
        "text that is none": "send([], [], number(-1), b's' + u32(2) + b'\\xff\\xfe', b'n')",
        "an unknown tag": "send([], [], number(-1), b'?', b'n')",
        "bytes to spare": "send([], [], number(-1), number(49), b'n' * 3)",
        "a request with no end": "[send([], [], number(3), b'n', b'n') for _ in range(9)]",
    }.items()
] + [
    on_squares(
        "a thread that answers faster",
        _FAMILY,
        _WIRE
        + """
import threading
def shout():
    for n in range(100):
        send([], [], number(-1), number(n), b"n")
def square(n):
    threading.Thread(target=shout).start()
    return 0
""",
        NO_BOUNDARY,
    ),
    on_squares(
        "a thread that steals the question",
        _FAMILY,
        "import os, threading\n"
        "threading.Thread(target=os.read, args=(3, 1 << 16), daemon=True).start()\n"
        "def square(n): return 0\n",
        NO_BOUNDARY,
    ),
    on_squares(
        "another socket in its place",
        _FAMILY,
        "import os, socket\na, b = socket.socketpair()\n"
        "def square(n):\n    os.dup2(a.fileno(), 3)\n    return 0\n",
        NO_BOUNDARY,
    ),
    on_squares(
        "descriptors as gifts",
        _FAMILY,
        "import array, socket\ndef square(n):\n    end = socket.socket(fileno=3)\n"
        "    gift = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))]\n"
        "    for _ in range(50):\n        end.sendmsg([b'\\0' * 4], gift)\n    end.detach()\n"
        "    return 0\n",
        NO_BOUNDARY,
    ),
]

_PICKLED = {
    "pickled trap": (
        "class T:\n    def __reduce__(s): return (eval, ('__import__(\"os\")._exit(0)',))\n"
        "def tri(n): return T()",
        ASSERTS,
    ),
}

ATTACKS = (
    *on_sum("forged frames", all_with(ASSERTS, _CHANNEL), NO_JUDGE),
    *_MESSAGES,
    *on_sum(
        "pickles",
        _PICKLED,
        resisted={
            "pickled trap": "it pickles nothing",
        },
    ),
)
