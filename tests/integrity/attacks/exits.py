"""Ending the process, or the test by an exception, before it has judged."""

from .tasks import ASSERTS, CRASHES, all_with, on_sum

_EXITS = {
    "sys.exit on load": "import sys\ndef tri(n): return 0\nsys.exit(0)",
    "sys.exit in the call": "import sys\ndef tri(n): sys.exit(0)",
    "SystemExit": "def tri(n): raise SystemExit",
    "KeyboardInterrupt": "def tri(n): raise KeyboardInterrupt",
    "GeneratorExit": "def tri(n): raise GeneratorExit",
    "os._exit on load": "import os\ndef tri(n): return 0\nos._exit(0)",
    "os._exit in the call": "import os\ndef tri(n): os._exit(0)",
    "exit in a destructor": (
        "import os\nclass D:\n    def __del__(self, end=os._exit): end(0)\nd = D()\ndef tri(n): return 0"
    ),
    "exit at exit": "import atexit, os\natexit.register(os._exit, 0)\ndef tri(n): return 0",
    "exit from a thread": (
        "import os, threading, time\ndef go():\n    time.sleep(0.05)\n    os._exit(0)\n"
        "threading.Thread(target=go).start()\ndef tri(n):\n    time.sleep(9)"
    ),
    "exception hook": (
        "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\ndef tri(n): return 0"
    ),
    "kills itself": "import os, signal\ndef tri(n): os.kill(os.getpid(), signal.SIGKILL)",
    "terminates itself": "import os\ndef tri(n): os.kill(os.getpid(), 15)",
    "kills its group": "import os\ndef tri(n): os.killpg(0, 9)",
    "kills every process": "import os\ndef tri(n): os.kill(-1, 9)",
    "stops itself": "import os, signal\ndef tri(n): os.kill(os.getpid(), signal.SIGSTOP)",
    "forks and leaves": "import os\ndef tri(n):\n    if os.fork(): os._exit(0)\n    return 0",
    "forks and stays": "import os\ndef tri(n):\n    os.fork()\n    return 0",
    "alarm": "import signal, time\ndef tri(n):\n    signal.alarm(1)\n    time.sleep(9)",
    "deep recursion": ("import sys\nsys.setrecursionlimit(10 ** 9)\ndef tri(n): return tri(n) + 1"),
    "closes everything": "import os\ndef tri(n):\n    os.closerange(0, 64)\n    return 0",
    "segmentation fault": "def tri(n):\n    import ctypes\n    return ctypes.string_at(0)",
}

_RAISED = {
    "exception with a voice": (
        "class E(AssertionError):\n    def __str__(s): raise SystemExit(0)\n    __repr__ = __str__\n"
        "def tri(n): raise E()",
        ASSERTS,
    ),
    "exception group": (
        "def tri(n): raise BaseExceptionGroup('x', [SystemExit(0), KeyboardInterrupt()])",
        ASSERTS,
    ),
}

ATTACKS = (
    *on_sum("leaving early", all_with(ASSERTS, _EXITS), CRASHES),
    *on_sum(
        "exceptions",
        _RAISED,
        resisted={
            "exception with a voice": "an exception is a failure there too",
            "exception group": "an exception is a failure there too",
        },
    ),
)
