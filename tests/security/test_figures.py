"""The figures that the documentation names are those of the code."""

import json
from pathlib import Path

from runner.backends import seccomp_profiles
from runner.worker.kernel.seccomp import allowed

from .file_probes import FILE_PROBES, WITHIN
from .probes import PROBES
from .test_abuse import ABUSES
from .test_files import TROUBLE

_ROOT = Path(__file__).parents[2]
_CALLS = {
    machine: len(allowed(seccomp_profiles.subject(), machine)) for machine in ("x86_64", "aarch64")
}
_FILES = {
    machine: len(allowed(seccomp_profiles.subject_with_files(), machine)) for machine in _CALLS
}
_CONTAINER = len(
    {
        name
        for rule in json.loads(seccomp_profiles.container())["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]
    }
)


def test_the_page_on_security_counts_calls_probes_and_abuses() -> None:
    text = (_ROOT / "runner" / "SECURITY.md").read_text("utf-8")
    biting = sum(not probe.never for probe in PROBES)
    assert f"leaves {_CALLS['x86_64']} system calls ({_CALLS['aarch64']} on aarch64)" in text
    assert f"allow list of {_CONTAINER} system calls" in text
    assert f"runs {len(PROBES)} probes in nine categories and {len(ABUSES)} kinds of abuse" in text
    assert f"{sum(bool(probe.waived) for probe in PROBES)} probes are waived, each" in text
    assert f"{biting} of the probes get through in a container without protection" in text
    within, files = len(WITHIN), len(FILE_PROBES)
    biting_files = sum(not probe.never for probe in FILE_PROBES)
    assert f"({within} of them stay within it by design" in text
    assert f"adds {files} at files; {biting_files} of these get through" in text
    assert f"the other {files - biting_files} say why they cannot. {len(TROUBLE)} programs" in text
    assert f"the other {len(PROBES) - biting} give the reason why they cannot" in text


def test_the_profiles_description_counts_their_calls() -> None:
    text = (_ROOT / "seccomp" / "README.md").read_text("utf-8")
    assert f"{_CALLS['x86_64']} calls on x86_64, {_CALLS['aarch64']} on aarch64" in text
    assert f"{_FILES['x86_64']} calls on x86_64, {_FILES['aarch64']} on aarch64: also" in text
    assert f"{_CONTAINER} names" in text
