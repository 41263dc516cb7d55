"""What supervisor and zygote say to each other: rings, orders, and the numbers that come back."""

import struct

#: What a zygote forks. One process forks judges, the other subjects.
ROLES = SUBJECT, JUDGE = range(2)

#: Asks for a fork.
RING = b"!"

#: An order, which comes with descriptors: the uid, or -1 for "stay who you are", and the largest
#: file that a subject with a work directory may make, in bytes. The descriptor of what such a
#: subject is to see as its root comes behind those that each subject gets.
ORDER = struct.Struct("<iq")
#: The answer to the bell: the child's pid as the machine writes it, or -1: there was no fork.
FORKED_BYTES = 4

#: How the greeting begins if there is nothing to fork, instead of with what addresses are like.
MISSING = "missing"
