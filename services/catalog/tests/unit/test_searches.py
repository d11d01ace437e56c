"""What is wanted of a search text, when its words are to be guessed."""

import pytest

from catalog.domain import searches


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("red mug", "red mug"),
        ("red -mug", "red"),
        ('"red mug" -"blue cup" or tea', "red mug tea"),
        ("red OR blue", "red blue"),
        ('"never closed', "never closed"),
        ("t-shirt", "t-shirt"),
        ("-", ""),
        ('""', ""),
        ("", ""),
    ],
)
def test_operators_and_exclusions_are_left_out(text, wanted):
    assert searches.wanted_words(text) == wanted


@pytest.mark.parametrize(
    ("text", "excluded"),
    [("red mug", ""), ("red -mug", '"mug"'), ('-"blue cup" tea -t-shirt', '"blue cup" or "t-shirt"'), ("-", "")],
)
def test_what_is_excluded_stays_so(text, excluded):
    assert searches.excluded_words(text) == excluded


def test_one_slip_leads_to_and_from_a_word():
    assert {"lamp", "map", "imap", "mlap", "clmap"} <= searches.slips("lmap")
    assert "lmap" not in searches.slips("lmap")
    assert "lamp" not in searches.slips("lmpa1")
    assert searches.slips("x" * 11) == set()


@pytest.mark.parametrize(("word", "guessed"), [("mug", True), ("mu", False), ("m45", False), ("größe", True)])
def test_numbers_and_the_shortest_words_are_not_guessed(word, guessed):
    assert searches.guessable(word) is guessed


@pytest.mark.parametrize(
    ("found", "categories", "expected"),
    [
        (3000, 0, False),
        (499, 1, False),
        (500, 1, True),
        (188, 7, False),
        (189, 7, True),
        (66, 57, False),
        (67, 57, True),
    ],
)
def test_the_more_categories_the_rarer_a_word_may_be_that_is_walked_to(found, categories, expected):
    assert searches.frequent(found, categories) is expected
