"""What a zygote holds is shared by its children, and what comes later is freed as ever."""

import ctypes
import mmap
import subprocess
import sys

import pytest

import runner
from runner.fingerprint import WORKER_DIRECTORY
from runner.worker.kernel import process

pytestmark = pytest.mark.user

_COUNTS = """
import json, sys, weakref

class Mine: pass

def immortal():
    return [sys.getrefcount(x) == sys.getrefcount(None)
            for x in (json.loads, json.loads.__code__.co_consts, "a text of my own %d" % 7)]

def mortal():
    it = weakref.ref(Mine())
    return it() is None
"""

#: Prints how many pages a child copies that looks at what its parent holds, before and after.
#: Not by faults: some kernels (User Mode Linux) have one at the first look, too.
_PAGES = """
import os, re, sys
sys.path.insert(0, sys.argv[1])
from worker.zygote import page_sharing
held = [[str(n)] for n in range(100_000)]

def copied():
    rollup = lambda: open("/proc/self/smaps_rollup").read()
    own = lambda: int(re.search(r"Private_Dirty: *([0-9]+)", rollup())[1]) // 4
    pid = os.fork()
    if not pid:
        before = own()
        for each in held:
            each[0]
        os._exit(min(255, (own() - before) // 10))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

before = copied()
page_sharing.keep_for_good()
print(before, copied())
"""

#: Switches large pages off (1) and on again (0) for this process and its children.
_SWITCH = """
import ctypes
PR_SET_THP_DISABLE = 41

def without_large_pages(off):
    assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, off, 0, 0, 0) == 0
"""

#: Prints how many bytes are on large pages before and after, and how many large pages were made.
_LARGE_PAGES = (
    _SWITCH
    + """
import re, sys
sys.path.insert(0, sys.argv[1])
from worker.zygote import page_sharing
without_large_pages(1)  # some kernels make them unasked
held = [None] * 200_000
for n in range(len(held)):
    held[n] = [str(n)]

def on_large_pages():
    with open("/proc/self/smaps_rollup") as file:
        return 1024 * int(re.search(r"AnonHugePages: *([0-9]+)", file.read())[1])

before = on_large_pages()
without_large_pages(0)
print(before, page_sharing.join_pages(), on_large_pages())
"""
)

#: Prints what a program sees of its memory; with an argument, the kernel has no large pages.
_ADDRESSES = (
    _SWITCH
    + """
import sys
import runner
if sys.argv[1:]:
    without_large_pages(1)
with runner.Pool(workers=1, spares=0, backend="local") as pool:
    result = pool.execute("held = [object(), [], print]", ["print([*map(id, held)])"])
print(result.tests[0].stdout, result.digest, result.fingerprint)
"""
)


def test_the_library_is_immortal_and_a_program_is_not(pool: runner.Pool, backend: str) -> None:
    result = pool.execute(_COUNTS, ["print(immortal())", "assert mortal()"])
    assert result.status == "all_passed", result.error
    knows = backend == "docker" or sys.version_info >= (3, 12)
    assert result.tests[0].stdout == f"{[knows, knows, False]}\n"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no immortal objects")
def test_children_do_not_copy_what_they_only_look_at() -> None:
    command = [sys.executable, "-I", "-c", _PAGES, str(WORKER_DIRECTORY.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before > 100
    assert after < before / 10


def test_objects_are_put_on_large_pages() -> None:
    size_bytes = 2 * 1024 * 1024
    with mmap.mmap(-1, 2 * size_bytes, flags=mmap.MAP_PRIVATE) as memory:
        memory.write(b"x" * len(memory))
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if not process.join_pages(-(-start // size_bytes) * size_bytes, size_bytes):
            pytest.skip("the kernel has no large page, or is older than Linux 6.1")
    command = [sys.executable, "-I", "-c", _LARGE_PAGES, str(WORKER_DIRECTORY.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, count, after = map(int, done.stdout.split())
    assert before == 0
    assert count > 3
    assert after >= count * size_bytes


def test_no_address_hangs_on_large_pages() -> None:
    """So machines with and without them come to the same verdict."""
    commands = [[sys.executable, "-c", _ADDRESSES, *without] for without in ([], ["without"])]
    one, other = (subprocess.check_output(command, text=True) for command in commands)
    assert one == other
    assert "[" in one
