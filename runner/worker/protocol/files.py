"""Where the files of a request are in a sandbox, and how large they may be.

Each place is a file system in memory with a fixed size. A directory of an execution lies on the
smallest place with enough room, and the surplus of that place is filled beforehand. So the kernel
itself enforces both limits: a program that exceeds one gets ENOSPC.
"""

MIB = 1024 * 1024

#: The most that ``Limits.files_bytes`` and ``Limits.files_count`` may allow.
MOST_FILES_BYTES = 64 * MIB
MOST_FILES = 1000

#: Sizes of the places in a container, in bytes, by path.
PLACES = {f"/files/{size}": size * MIB for size in (1, 4, 16, 64)}
#: Where they are without a container: in a directory that the worker's Python does not need.
LOCAL = "/dev/shm"  # noqa: S108 - only the worker sees what it mounts there
LOCAL_PLACES = {f"{LOCAL}{path}": size for path, size in PLACES.items()}

#: Files and directories beside those of a program: the place itself, the root that the program
#: sees, its two directories, and two that fill the place.
OWN_COUNT = 6

#: The directories that a program finds: where it starts, and for temporary files.
WORK, TEMPORARY = "work", "tmp"

#: Bytes of all paths that a report may hold.
MOST_NAME_BYTES = 256 * 1024


def mount_options(size: int) -> str:
    """Return the mount options of a place, in which only root can write.

    Args:
        size: Of the place, in bytes.
    """
    return f"size={size // MIB}m,nr_inodes={MOST_FILES + OWN_COUNT},mode=0755"
