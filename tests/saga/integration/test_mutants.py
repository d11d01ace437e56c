"""The promises have teeth: whoever breaks one rule of the saga is caught by a history of a few sentences."""

import pytest
from interleavings import CATCHES
from promises import Broken
from shop import Shop
from telling import tell


@pytest.mark.parametrize("catch", CATCHES.values(), ids=CATCHES.keys())
def test_every_history_keeps_the_promises(plaza, catch):
    tell(Shop(plaza), catch.history)


@pytest.mark.parametrize(("name", "catch"), CATCHES.items(), ids=CATCHES.keys())
def test_every_mutant_is_caught(plaza, broken, name, catch):
    broken(catch.service, name.rpartition(" ")[2])

    with pytest.raises(Broken, match=catch.shows):
        tell(Shop(plaza), catch.history)
