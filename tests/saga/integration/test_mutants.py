"""The promises have teeth: whoever breaks one rule of the saga is caught by a history of a few sentences."""

import pytest
from databases import SERVICES
from interleavings import CATCHES
from promises import Broken
from shop import Shop
from telling import tell

pytestmark = pytest.mark.timeout(300)  # the first one waits until three services have started

#: Caught where it is told what orders refuses, in test_accidents.
ELSEWHERE = {("orders", "price_not_checked")}


@pytest.mark.parametrize("catch", CATCHES.values(), ids=CATCHES.keys())
def test_every_history_keeps_the_promises(plaza, catch):
    tell(Shop(plaza), catch.history)


@pytest.mark.parametrize(("name", "catch"), CATCHES.items(), ids=CATCHES.keys())
def test_every_mutant_is_caught(plaza, broken, name, catch):
    broken(catch.service, name.rpartition(" ")[2])

    with pytest.raises(Broken, match=catch.shows):
        tell(Shop(plaza), catch.history)


def test_every_mutant_has_its_history(plaza):
    made = {(service, name) for service in SERVICES for name in plaza.processes[service].ask("mutants").result["own"]}
    everywhere = set(plaza.processes["orders"].ask("mutants").result["everywhere"])
    told = {(catch.service, name.rpartition(" ")[2]) for name, catch in CATCHES.items()}

    assert made == {each for each in told if each[1] not in everywhere} | ELSEWHERE
    assert everywhere <= {name for _, name in told}
