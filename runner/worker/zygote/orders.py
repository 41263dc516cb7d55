"""Messages between supervisor and zygote: rings that ask for a fork, orders, and pids."""

import struct

from ..packages.libraries import MASK_BYTES

#: What a zygote forks. One process forks judges, the other subjects.
ROLES = SUBJECT, JUDGE = range(2)

#: Asks for a fork.
RING = b"!"

#: An order: the uid, or -1 to keep the current one; the largest file that a subject with a work
#: directory may make, in bytes; and the packages whose libraries a subject loads (a bit for each,
#: the lowest one first). It comes with descriptors; of a subject with a work directory, the last
#: one is its root.
ORDER = struct.Struct(f"<iq{MASK_BYTES}s")
#: The answer to a ring: the child's pid in native byte order, or -1 if the fork failed.
FORKED_BYTES = 4

#: The first word of the greeting if something is missing; otherwise "fixed" or "random".
MISSING = "missing"
