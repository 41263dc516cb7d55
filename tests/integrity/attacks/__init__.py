"""Solutions that did not solve the task and want to pass all the same, by what they abuse."""

from tests.integrity.programs import Attack, merged

from . import (
    comparison,
    control_flow,
    deriving,
    exceptions,
    exits,
    introspection,
    library_classes,
    memory,
    mixed_bases,
    names,
    objects_of_tests,
    operators,
    patching,
    requests,
    resources,
    stdio,
    trust,
    wire,
)

ATTACKS: dict[str, Attack] = merged(
    {attack.name: attack}
    for module in (
        comparison,
        mixed_bases,
        operators,
        names,
        patching,
        memory,
        exits,
        control_flow,
        deriving,
        exceptions,
        introspection,
        library_classes,
        objects_of_tests,
        wire,
        requests,
        stdio,
        resources,
        trust,
    )
    for attack in module.ATTACKS
)
