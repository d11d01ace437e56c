"""The schedule: repeatable, and fair to every family of faults."""

import itertools

from tools.chaos import faults, schedule


def make(seed: int = 7, seconds: float = 120.0) -> list[schedule.Strike]:
    return schedule.make(cards=faults.CARDS, seed=seed, seconds=seconds)


def test_the_same_seed_gives_the_same_schedule():
    assert make() == make()


def test_another_seed_gives_another_schedule():
    assert make(seed=7) != make(seed=8)


def test_long_faults_come_one_after_another_and_end_before_the_load():
    cards = {card.name: card for card in faults.CARDS}
    long_ones = [strike for strike in make() if not cards[strike.name].quick]

    pairs = list(itertools.pairwise(long_ones))

    assert len(long_ones) >= 12
    assert all(first.at + first.seconds < second.at for first, second in pairs)
    assert all(strike.at + strike.seconds < 120 - schedule.QUIET_END for strike in long_ones)


def test_every_family_of_long_faults_strikes_before_any_strikes_twice():
    cards = {card.name: card for card in faults.CARDS}
    families = {card.family for card in faults.CARDS if not card.quick}

    dealt = [strike.family for strike in make() if not cards[strike.name].quick]

    assert set(dealt[: len(families)]) == families


def test_faults_last_and_meet_what_their_cards_say():
    cards = {card.name: card for card in faults.CARDS}

    for strike in make(seconds=600):
        card = cards[strike.name]
        assert card.shortest <= strike.seconds <= card.longest
        assert strike.target in card.targets
        assert strike.family == card.family


def test_a_run_too_short_for_a_fault_has_none():
    assert make(seconds=5.0) == []


def test_every_card_has_an_action_and_every_action_a_card():
    assert {card.name for card in faults.CARDS} == set(faults.ACTIONS)


def test_all_families_of_the_plan_are_there():
    assert {card.family for card in faults.CARDS} == {"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F12"}


def test_faults_can_be_chosen_by_family_name_and_target():
    only = frozenset({"F5", "kill relay", "cut line:orders-rabbitmq"})

    found = schedule.chosen(cards=faults.CARDS, only=only)

    assert sorted((card.name, card.targets) for card in found) == [
        ("cut line", ("orders-rabbitmq",)),
        ("empty cache", ("valkey",)),
        ("kill relay", ("users.relay", "catalog.relay", "orders.relay")),
        ("slow cache", ("valkey",)),
        ("stop cache", ("valkey",)),
    ]


def test_everything_is_chosen_when_nothing_is_named():
    assert schedule.chosen(cards=faults.CARDS, only=frozenset()) == list(faults.CARDS)
