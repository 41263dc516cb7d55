"""What a zygote holds is shared by its children, and what comes later is freed as ever."""

import subprocess
import sys

import pytest

import runner
from runner.fingerprint import WORKER_DIRECTORY

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
_PAGES = """
import os, resource, sys
sys.path.insert(0, sys.argv[1])
from worker import immortal
held = [[str(n)] for n in range(100_000)]

def copied():
    faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pid = os.fork()
    if not pid:
        before = faults()
        for each in held:
            each[0]
        os._exit(min(255, (faults() - before) // 10))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

before = copied()
immortal.keep_for_good()
print(before, copied())
"""


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
