"""Prints runner/worker/kernel/syscall_numbers.py: system-call numbers from the kernel's headers.

python seccomp/table.py > runner/worker/kernel/syscall_numbers.py
(Debian: apt-get install linux-libc-dev)
"""

import re
import subprocess
import sys
import textwrap

_X86_64 = "asm/unistd_64.h"
_GENERIC = "asm-generic/unistd.h"
#: Macros that the headers of aarch64 define before they include the generic list.
_WANTED = "RENAMEAT NEW_STAT SET_GET_RLIMIT TIME32_SYSCALLS SYS_CLONE3 MEMFD_SECRET".split()


def _numbers(header: str, *options: str) -> dict[str, int]:
    command = ["cpp", "-dM", *options, "-"]
    source = f"#include <{header}>\n"
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    found = dict(re.findall(r"#define (__NR\w*) (\w+)", done.stdout))
    # __NR_fcntl is __NR3264_fcntl, which is 25.
    resolved = {name: found.get(value, value) for name, value in found.items()}
    return {
        name.removeprefix("__NR_"): int(value)
        for name, value in resolved.items()
        if name.startswith("__NR_") and value.isdigit()
    }


def main() -> None:
    """Print the module."""
    x86_64 = _numbers(_X86_64, "-D__x86_64__")
    aarch64 = _numbers(_GENERIC, "-D__BITS_PER_LONG=64", *(f"-D__ARCH_WANT_{w}" for w in _WANTED))
    for bound in ("arch_specific_syscall", "syscalls"):
        aarch64.pop(bound, None)
    words = [
        f"{name}:{x86_64.get(name, '-')}:{aarch64.get(name, '-')}"
        for name in sorted({*x86_64, *aarch64})
    ]
    text = textwrap.fill(" ".join(words), 100, break_long_words=False, break_on_hyphens=False)
    sys.stdout.write(
        '"""Numbers of all system calls, by name and architecture; printed by seccomp/table.py.'
        '"""\n\n'
        f'_TABLE = """\n{text}\n"""\n\n'
        '_ROWS = [entry.split(":") for entry in _TABLE.split()]\n\n'
        "#: Architecture as ``uname`` calls it, then name, then number.\n"
        "NUMBERS = {\n"
        '    machine: {row[0]: int(row[column]) for row in _ROWS if row[column] != "-"}\n'
        '    for column, machine in enumerate(("x86_64", "aarch64"), 1)\n'
        "}\n"
    )


if __name__ == "__main__":
    main()
