"""The examples in the document are what the serializers say."""

import pytest

from orders.api import serializers
from shared.testing import examples


@pytest.mark.parametrize("kind", examples.serializers_of(serializers))
def test_an_example_is_valid(kind):
    assert examples.faults(kind) == {}
