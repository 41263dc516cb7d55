"""What a process maps later is told from its libraries by its address, also by its filter."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.user

_PLACES = """
import ctypes, mmap, sys
from runner.worker.kernel import address_space
if sys.argv[1] == "closed":
    address_space.close_gaps()
own = address_space.own_memory()
pages = [mmap.mmap(-1, 4096) for _ in range(300)]
places = [ctypes.addressof(ctypes.c_char.from_buffer(page)) for page in pages]
print(sum(place not in own for place in places))
"""

#: A library that is loaded later, with a place kept for it and without. It prints whether its pages
#: look like own memory, and how many new pages do not.
_LATER = """
import ctypes, importlib.util, mmap, sys
from runner.worker.kernel import address_space
if sys.argv[1] == "kept":
    address_space.reserve()
address_space.close_gaps()
own = address_space.own_memory()
address_space.release()
path = importlib.util.find_spec("_codecs_jp").origin
assert path not in open("/proc/self/maps").read()
ctypes.CDLL(path)
address_space.close_gaps()
lines = [line for line in open("/proc/self/maps") if path in line]
print(any(int(line.partition("-")[0], 16) in own for line in lines))
pages = [mmap.mmap(-1, 4096) for _ in range(300)]
places = [ctypes.addressof(ctypes.c_char.from_buffer(page)) for page in pages]
print(sum(place not in own for place in places))
"""

#: What the kernel says about a shared wait whose time is over, and about a page that may move: on a
#: page of a library, then on one of the process.
_WAITS = """
import ctypes, errno, mmap, os, struct, sys
from runner.backends import seccomp_profiles
from runner.worker.kernel import process, seccomp
from runner.worker.kernel.syscall_numbers import NUMBERS
numbers = NUMBERS[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
process.forbid_new_privileges()
calls = seccomp.for_this_machine(seccomp_profiles.subject())
calls.note_libraries()
library = ctypes.cast(libc.printf, ctypes.c_void_p).value & ~4095
page = mmap.mmap(-1, 4096)
own = ctypes.addressof(ctypes.c_char.from_buffer(page))
if sys.argv[1] == "confined":
    calls.confine()

def call(name, *args):
    ctypes.set_errno(0)
    libc.syscall(numbers[name], *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    return errno.errorcode.get(ctypes.get_errno(), "OK")

for place in (library, own):
    value = ctypes.c_int.from_address(place).value
    print(call("futex", place, 265, value, struct.pack("qq", 0, 0), 0, -1),
          call("mremap", place, 4096, 4096, 1, 0))
"""


#: The same with the layout that other kernels have always.
_FILLED_FROM_BELOW = ("setarch", "--addr-compat-layout")


def _run(program: str, mode: str, *how: str) -> list[str]:
    command = [*how, sys.executable, "-c", program, mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


@pytest.mark.parametrize("how", [(), _FILLED_FROM_BELOW], ids=["from above", "from below"])
def test_new_memory_is_apart_from_every_library(how: tuple[str, ...]) -> None:
    """Without closing the gaps, some of it is between them."""
    assert _run(_PLACES, "closed", *how) == ["0"]
    assert int(_run(_PLACES, "open", *how)[0]) > 0


@pytest.mark.parametrize("how", [(), _FILLED_FROM_BELOW], ids=["from above", "from below"])
def test_a_library_that_is_loaded_later_is_apart_from_own_memory(how: tuple[str, ...]) -> None:
    """Without a place kept for it, its pages would be taken for own memory."""
    assert _run(_LATER, "kept", *how) == ["False", "0"]
    assert _run(_LATER, "none", *how)[0] == "True"


@pytest.mark.parametrize("how", [(), _FILLED_FROM_BELOW], ids=["from above", "from below"])
def test_a_shared_page_can_neither_be_waited_at_nor_moved(how: tuple[str, ...]) -> None:
    """Without the filter both are possible; with it on own pages alone."""
    assert _run(_WAITS, "free", *how) == ["ETIMEDOUT OK"] * 2
    assert _run(_WAITS, "confined", *how) == ["EAGAIN EPERM", "ETIMEDOUT OK"]
