"""The examples of a service's document: each must be what its serializer says."""

from types import ModuleType
from typing import Any

from shared.http.serializers import Output, StrictSerializer


def serializers_of(module: ModuleType) -> list[type[Any]]:
    """Return the inputs and outputs that a module declares, by name."""
    kinds = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return sorted(
        (each for each in kinds if issubclass(each, StrictSerializer | Output)), key=lambda kind: kind.__name__
    )


def faults(kind: type[Any], *, partial: bool = False) -> dict[str, Any]:
    """Return what is wrong with a serializer's example, by field; nothing when it has none.

    Args:
        kind: an input, whose example must be accepted, or an output, whose example must show every field.
        partial: the input is one of PATCH, of which any part is enough.
    """
    if kind.EXAMPLE is None:
        return {}
    serializer = kind(data=kind.EXAMPLE, partial=partial)
    serializer.is_valid()
    found = dict(serializer.errors)
    if issubclass(kind, Output):
        # What is shown may be empty, whatever an input of the same kind would say.
        found = {name: texts for name, texts in found.items() if [text.code for text in texts] != ["blank"]}
        different = set(kind.EXAMPLE) ^ set(kind().fields)
        found |= {name: ["Shown without being declared, or the other way round."] for name in different}
    return found
