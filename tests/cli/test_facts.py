"""Facts are told in words, and unknown where an engine or a kernel does not tell."""

import platform

import pytest

from runner.cli import facts

VERSION = {"Components": [{"Name": "Engine", "Version": "1"}, {"Name": "runc", "Version": "1.2"}]}
INFO = {
    "CgroupVersion": "2",
    "KernelVersion": platform.release(),
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"],
}


def test_an_engine_that_tells_nothing_is_no_error() -> None:
    """What Podman leaves out, too."""
    told = dict(facts.engine_facts({}, {}))
    assert told["runc"] == told["containerd"] == "unknown"
    assert told["AppArmor"] == "not used by the engine"


def test_facts_about_an_engine() -> None:
    told = dict(facts.engine_facts(VERSION, INFO))
    assert told["runc"] == "1.2"
    assert (told["cgroup"], told["AppArmor"]) == ("version 2", "used")
    assert told["user namespace"].startswith("none")


def test_the_kernel_of_another_machine_is_not_looked_at() -> None:
    """Control: this machine's is."""
    assert set(dict(facts.kernel_facts({**INFO, "KernelVersion": "1.0"}))) == {"kernel"}
    assert {"core pattern", "JIT hardening", "SMT"} <= set(dict(facts.kernel_facts(INFO)))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("core pattern", "core", "core"),
        ("core pattern", "|/usr/bin/helper %p", "|/usr/bin/helper %p: a program"),
        ("core dumps of processes that changed their user", "2", "2 (readable by root)"),
        ("merging of equal pages (KSM)", "1", "1 (on: "),
        ("huge pages", "always [madvise] never", "madvise"),
        ("JIT hardening", "7", "7"),
        ("SMT", "", "unknown"),
    ],
)
def test_what_the_kernel_tells_is_put_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    monkeypatch.setattr(facts, "_read", lambda _: text)
    assert dict(facts.kernel_facts(INFO))[name].startswith(told)
