"""The examples in the document are what the serializers say."""

import pytest

from shared.testing import examples
from users.api import inputs, outputs


@pytest.mark.parametrize("kind", [*examples.serializers_of(inputs), *examples.serializers_of(outputs)])
def test_an_example_is_valid(kind):
    assert examples.faults(kind, partial=kind.__name__.endswith("Change")) == {}
