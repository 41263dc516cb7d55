"""Detects OOM kills by the kernel's counter for this container."""

_OOM_FILES = (
    ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
)


class OomWatch:
    """Detects OOM kills in this container since the last call.

    Attributes:
        kills: Number of them at the last call.
    """

    def __init__(self) -> None:
        self.kills = _oom_kills()

    def struck(self) -> bool:
        """Return True if the counter has changed; it is read only when a process has died."""
        before, self.kills = self.kills, _oom_kills()
        return self.kills > before


def _oom_kills() -> int:
    for path, key in _OOM_FILES:
        try:
            with open(path) as file:
                fields = dict(line.split() for line in file)
            return int(fields[key])
        except (OSError, KeyError, ValueError):
            continue
    return 0
