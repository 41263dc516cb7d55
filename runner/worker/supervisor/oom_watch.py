"""Whether the kernel killed for memory: its own counter, of this container alone."""

_OOM_FILES = (
    ("/sys/fs/cgroup/memory.events", "oom_kill"),
    ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
)


class OomWatch:
    """Says whether the kernel has killed for memory in this container since it was last asked."""

    def __init__(self) -> None:
        self._seen = _oom_kills()

    def struck(self) -> bool:
        """Return whether the counter has moved; read only when a process has died."""
        before, self._seen = self._seen, _oom_kills()
        return self._seen > before


def _oom_kills() -> int:
    for path, key in _OOM_FILES:
        try:
            with open(path) as file:
                fields = dict(line.split() for line in file)
            return int(fields[key])
        except (OSError, KeyError, ValueError):
            continue
    return 0
