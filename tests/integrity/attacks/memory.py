"""What is left for later tests, or learnt from earlier ones."""

from typing import Any

from .tasks import ASSERTS, NO_BOUNDARY, on_squares, on_sum

_FAMILY = "memory of earlier tests"
_LATER = [
    on_squares(
        "answers by the number of the call",
        _FAMILY,
        "import builtins\nbuiltins.calls = getattr(builtins, 'calls', 0)\ndef square(n):\n"
        "    builtins.calls += 1\n    return [49, 0, 144][-builtins.calls]\n",
        "it does not know the answers either",
    ),
    on_squares(
        "a trace function on later callers",
        _FAMILY,
        "import sys\ndef spy(frame, event, arg):\n"
        "    frame.f_trace_opcodes = True\n"
        "    for const in frame.f_code.co_consts:\n        if const in (49, 144):\n"
        "            sys.found = const\n    return spy\n"
        "sys.settrace(spy)\ndef square(n):\n    return getattr(sys, 'found', 0)\n",
        "a tracer sees only frames that begin later",
    ),
    on_squares(
        "an audit hook",
        _FAMILY,
        "import sys\ndef hook(event, args):\n    if event in ('compile', 'exec'):\n"
        "        sys.seen = getattr(sys, 'seen', ()) + (args,)\nsys.addaudithook(hook)\n"
        "def square(n):\n    text = str(getattr(sys, 'seen', ''))\n"
        "    return int(text.split(f'square({n}) == ')[1][:3]) if f'({n}) ==' in text else 0\n",
        "it depends on what the harness compiles after loading",
    ),
    on_squares(
        "an import hook",
        _FAMILY,
        "import builtins\nreal = builtins.__import__\ndef fake(name, *a, **k):\n"
        "    return real(name, *a, **k)\nbuiltins.__import__ = fake\n"
        "builtins.__build_class__ = print\ndef square(n): return 0\n",
        "these tests import nothing",
    ),
    on_squares(
        "a codec that rewrites",
        _FAMILY,
        "import codecs\ncodecs.register(lambda name: codecs.lookup('rot13'))\n"
        "def square(n): return '49'.encode('utf-8')\n",
        "these tests decode nothing",
    ),
    on_squares(
        "a patched worker",
        _FAMILY,
        """
import sys
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").endswith((".checks", ".judge", ".doubt", ".boundary")):
        for name, item in list(vars(module).items()):
            if callable(item) and name in ("same_value", "same_output", "examine", "describe"):
                setattr(module, name, lambda *a, **k: True)
def square(n): return 0
""",
        NO_BOUNDARY,
    ),
    on_squares(
        "a weak reference's last word",
        _FAMILY,
        "import weakref, os\nclass Result:\n    pass\ndef square(n):\n    result = Result()\n"
        "    weakref.finalize(result, os._exit, 0)\n    return result\n",
        "it ends the harness, which then reports nothing",
    ),
    on_squares(
        "a generator that never lets go",
        _FAMILY,
        "def square(n):\n    try:\n        yield n\n    finally:\n        yield n * n\n",
        "a generator equals no number",
    ),
]

_LEARNS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "learns across a retry": (
        "import os, sys\nstore = sys.modules.setdefault('store', type(sys)('store')).__dict__\n"
        "def tri(n):\n    if n in store: return store[n]\n    store[n] = 0\n    os._exit(0)",
        ASSERTS,
    ),
}

ATTACKS = (
    *_LATER,
    *on_sum(
        "memory of attempts",
        _LEARNS,
        resisted={
            "learns across a retry": "it makes one attempt only",
        },
    ),
)
