"""An example that does not keep to its serializer is found."""

from typing import ClassVar

import pytest
from rest_framework import serializers

from shared.http.serializers import Output, StrictSerializer
from shared.testing import examples


class Input(StrictSerializer):
    """One number."""

    number = serializers.IntegerField(max_value=5)


class Shown(Output):
    """One number."""

    number = serializers.IntegerField()


@pytest.mark.parametrize(
    ("kind", "example", "wrong"),
    [
        (Input, None, []),
        (Input, {"number": 5}, []),
        (Input, {"number": 6}, ["number"]),
        (Input, {"number": 1, "colour": "red"}, ["colour"]),
        (Shown, {"number": 6}, []),
        (Shown, {}, ["number"]),
        (Shown, {"number": 6, "colour": "red"}, ["colour"]),
    ],
)
def test_what_is_wrong_is_named(kind, example, wrong):
    class Exemplary(kind):
        EXAMPLE: ClassVar = example

    assert list(examples.faults(Exemplary)) == wrong
