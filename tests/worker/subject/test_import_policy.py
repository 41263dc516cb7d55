"""Import policies are data, and apply to the solution's own imports only."""

import builtins

import pytest

from runner.worker.subject.import_policy import (
    POLICIES,
    guarded_import,
    policy_of,
    withhold_builtins,
)

_NAMES = {"solution"}


@pytest.mark.parametrize("module", ["os", "threading", "asyncio", "typing", "collections.abc"])
def test_standard_allows_what_programs_use(module: str) -> None:
    """``os`` and threads import for real: the kernel layer is the boundary."""
    assert POLICIES["standard"].permits(module)


@pytest.mark.parametrize("module", ["os", "os.path", "subprocess", "socket", "threading"])
def test_strict_refuses_the_system(module: str) -> None:
    """The block list of the pool that this replaces."""
    assert not POLICIES["strict"].permits(module)


@pytest.mark.parametrize("module", ["sys", "math", "typing", "random", "hashlib", "re", "json"])
def test_strict_allows_what_reference_solutions_import(module: str) -> None:
    """Modules without which honest solutions were rejected."""
    assert POLICIES["strict"].permits(module)


def test_what_no_policy_knows_is_an_import_error() -> None:
    """Packages that are not in the image do not exist."""
    with pytest.raises(ModuleNotFoundError, match=r"absent is not in this image"):
        guarded_import(POLICIES["standard"], _NAMES)("absent.part", {"__name__": "solution"})
    with pytest.raises(ImportError, match=r"turtle.*standard"):
        guarded_import(POLICIES["standard"], _NAMES)("turtle", {"__name__": "solution"})


def test_an_absent_package_names_the_image_that_has_it() -> None:
    """One that none of ours has is told where other images come from."""
    imported = guarded_import(POLICIES["standard"], _NAMES)
    for name, image in (("pandas", "data"), ("sklearn.svm", "data"), ("mpmath", "scientific")):
        text = f"No module named '{name}': it is in the image '{image}': Pool(image='{image}')"
        with pytest.raises(ModuleNotFoundError) as caught:
            imported(name, {"__name__": "solution"})
        assert str(caught.value) == text


def test_packages_of_the_image_are_offered_by_both_policies() -> None:
    """They are loaded on demand; a policy can refuse them."""
    for name in ("standard", "strict"):
        policy = POLICIES[name]._replace(offered=frozenset({"pandas"}))
        assert policy.permits("pandas.testing")
        assert not policy._replace(refused=frozenset({"pandas"})).permits("pandas")
        assert not policy.permits("numpy")


def test_the_library_may_import_what_the_solution_may_not() -> None:
    """A refused ``os`` is still what ``random`` is made of."""
    imported = guarded_import(POLICIES["strict"], _NAMES)
    assert imported("os", {"__name__": "random"}).__name__ == "os"
    with pytest.raises(ImportError):
        imported("os", {"__name__": "solution"})
    assert builtins.__import__ is not imported


def test_a_policy_can_be_extended() -> None:
    """By modules, with their submodules, and by refusals; the base stays what it is."""
    changes = {
        "name": "own",
        "base": "strict",
        "allow": ["numpy.linalg", "pathlib"],
        "refuse": ["re"],
        "no_builtins": ["open"],
    }
    own = policy_of(changes)
    assert [own.permits(name) for name in ("numpy", "pathlib", "re", "os")] == [
        True,
        True,
        False,
        False,
    ]
    assert "numpy.linalg" in own.allowed
    assert own.no_builtins == {"open", "breakpoint"}
    assert policy_of("strict").permits("re")
    assert not policy_of("strict").permits("pathlib")


def test_a_builtin_is_withheld_from_the_solution_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library goes on using it."""
    monkeypatch.setattr(builtins, "eval", builtins.eval)
    policy = POLICIES["standard"]._replace(no_builtins=frozenset({"eval", "no_such_builtin"}))
    withhold_builtins(policy, _NAMES)
    call = compile("value = eval('1 + 1', {})", "<test>", "exec")
    library: dict[str, object] = {"__name__": "collections"}
    exec(call, library)
    assert library["value"] == 2
    with pytest.raises(NameError, match=r"eval.*standard"):
        exec(call, {"__name__": "solution"})
