"""Which function handles which event: one of a service for each."""

import pytest

from conftest import Greeted
from shared.events import registry


def test_an_event_has_one_handler(effects):
    def another(event, context):
        del event, context

    with pytest.raises(ValueError, match=r"shared\.greeted\.v1 already has the handler on_greeted"):
        registry.handles(Greeted)(another)

    assert registry.handler_of(Greeted.TYPE).__name__ == "on_greeted"
    assert Greeted.TYPE in registry.handled_types()
