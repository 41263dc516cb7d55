"""Honest programs that lean on unusual features: each passes here as it does in one process."""

from tests.integrity.programs import Honest, merged

from . import (
    classes,
    concurrency,
    containers,
    enums,
    exceptions,
    functions,
    identity,
    iteration,
    library_classes,
    names,
    numbers,
    objects_of_tests,
    operators,
    origins,
    setup,
    streams,
    surroundings,
    values,
)

HONEST: dict[str, Honest] = merged(
    (
        classes.HONEST,
        operators.HONEST,
        containers.HONEST,
        enums.HONEST,
        identity.HONEST,
        iteration.HONEST,
        library_classes.HONEST,
        concurrency.HONEST,
        exceptions.HONEST,
        origins.HONEST,
        functions.HONEST,
        names.HONEST,
        setup.HONEST,
        values.HONEST,
        numbers.HONEST,
        objects_of_tests.HONEST,
        streams.HONEST,
        surroundings.HONEST,
    )
)
