"""The examples in the document are what the serializers say."""

import pytest

from orders.api import inputs, outputs
from shared.testing import examples


@pytest.mark.parametrize("kind", [*examples.serializers_of(inputs), *examples.serializers_of(outputs)])
def test_an_example_is_valid(kind):
    assert kind.EXAMPLE is not None
    assert examples.faults(kind) == {}
