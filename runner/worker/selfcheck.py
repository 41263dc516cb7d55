"""What the kernel really applies to this worker, and the digest of what decides verdicts."""

import hashlib
import json
import os
import platform
import sys
from typing import Any

_STDLIB_DIGEST_FILE = "/opt/runner/stdlib.sha256"


def fingerprint(worker_digest: str, settings: dict[str, Any]) -> str:
    """Return the digest over worker, interpreter, standard library, machine type and settings."""
    facts = {
        "worker": worker_digest,
        "python": sys.version,
        "stdlib": _read(_STDLIB_DIGEST_FILE).strip(),
        "machine": platform.machine(),
        "settings": settings,
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def checks() -> list[dict[str, Any]]:
    """Return ``name`` and ``value`` of each fact about the lock-down, as the kernel has it."""
    wanted = ("Seccomp", "NoNewPrivs", "CapEff", "CapBnd")
    fields = dict(line.split(":", 1) for line in _read("/proc/self/status").splitlines())
    found = [{"name": name, "value": fields[name].strip()} for name in wanted if name in fields]
    found.append({"name": "pid", "value": str(os.getpid())})
    for name, paths in _LIMITS.items():
        value = next((text for text in map(_read, paths) if text), "unknown")
        found.append({"name": name, "value": value.strip()})
    return found


_LIMITS = {
    "memory": ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "pids": ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    "cpu": ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
}


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
