"""What supervisor and zygote say to each other: rings, orders, and the numbers that come back."""

import struct

from ..packages.libraries import MASK_BYTES

#: What a zygote forks. One process forks judges, the other subjects.
ROLES = SUBJECT, JUDGE = range(2)

#: Asks for a fork.
RING = b"!"

#: An order, which comes with descriptors: the uid, or -1 for "stay who you are", the largest file
#: that a subject with a work directory may make, in bytes, and which packages' libraries a subject
#: is to load (a bit for each, the lowest one first). The descriptor of what a subject with a work
#: directory is to see as its root comes behind those that each subject gets.
ORDER = struct.Struct(f"<iq{MASK_BYTES}s")
#: The answer to the bell: the child's pid as the machine writes it, or -1: there was no fork.
FORKED_BYTES = 4

#: How the greeting begins if there is nothing to fork, instead of with what addresses are like.
MISSING = "missing"
