"""Facts about engine and kernel that matter for isolation, for `runner doctor`.

One table for each source of facts. A fact is a name and a value; for a missing file or field the
value is ``unknown``.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Fact = tuple[str, str]

_UNKNOWN = "unknown"


def engine_facts(version: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield facts about an engine.

    Args:
        version: Its answer to ``/version``.
        info: Its answer to ``/info``.
    """
    yield "cgroup", f"version {info.get('CgroupVersion') or 1}"
    for name in ("runc", "containerd"):
        yield name, _component(version, name)
    yield "default runtime", str(info.get("DefaultRuntime") or _UNKNOWN)
    denied = [key for key in _LIMITS if not info.get(key)]
    yield "limits as reported by the engine", f"all but {', '.join(denied)}" if denied else "all"
    rootless = _security_option(info, "rootless")
    yield "rootless engine", rootless or "no"
    yield "user namespace", _security_option(info, "userns") or _WITHOUT_USERNS[bool(rootless)]
    yield "AppArmor", _security_option(info, "apparmor") or "not used by the engine"


def kernel_facts(info: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield facts about the kernel that sandboxes share, if it is the kernel of this machine.

    Args:
        info: The engine's answer to ``/info``.
    """
    if info.get("KernelVersion") != platform.release():
        yield "kernel", f"{info.get('KernelVersion') or _UNKNOWN}, on another machine than this one"
        return
    for name, path, describe in _KERNEL_FILES:
        yield name, describe(_read(path))


#: Index: whether the engine is rootless.
_WITHOUT_USERNS = (
    "none: root of a container is root of the host",
    "the engine's own: root of a container is the user of the engine",
)

#: Engines report these wrongly, so the worker's own check counts.
_LIMITS = ("MemoryLimit", "SwapLimit", "PidsLimit", "CpuCfsQuota")


def _component(version: Mapping[str, Any], name: str) -> str:
    for each in version.get("Components") or ():
        if each.get("Name") == name:
            return str(each.get("Version") or _UNKNOWN)
    return _UNKNOWN


def _security_option(info: Mapping[str, Any], option: str) -> str:
    """Return ``used`` with the option's parameters, or an empty string."""
    for each in info.get("SecurityOptions") or ():
        name, _, more = each.removeprefix("name=").partition(",")
        if name == option:
            return f"used, {more}" if more else "used"
    return ""


def _as_it_is(text: str) -> str:
    return text or _UNKNOWN


def _core_pattern(text: str) -> str:
    piped = text.startswith("|")
    return f"{text}: a program that starts as root of the host" if piped else _as_it_is(text)


def _chosen(text: str) -> str:
    """Return the word in brackets, which is how the kernel marks a choice."""
    _, bracket, rest = text.partition("[")
    return rest.partition("]")[0] if bracket else _as_it_is(text)


def _numbered(*words: str) -> Callable[[str], str]:
    def describe(text: str) -> str:
        known = text.isdecimal() and int(text) < len(words)
        return f"{text} ({words[int(text)]})" if known else _as_it_is(text)

    return describe


#: Name, file, and the function that describes its content.
_KERNEL_FILES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("core pattern", "/proc/sys/kernel/core_pattern", _core_pattern),
    (
        "core dumps of processes that changed their user",
        "/proc/sys/fs/suid_dumpable",
        _numbered("none", "as of others", "readable by root"),
    ),
    (
        "merging of equal pages (KSM)",
        "/sys/kernel/mm/ksm/run",
        _numbered("off", "on: memory contents can leak through timing", "off, and undone"),
    ),
    ("huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", _chosen),
    (
        "JIT hardening",
        "/proc/sys/net/core/bpf_jit_harden",
        _numbered("off", "for ordinary users", "for all users"),
    ),
    ("SMT", "/sys/devices/system/cpu/smt/control", _as_it_is),
)


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip()
    except OSError:
        return ""
