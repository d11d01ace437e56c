"""Slugs: readable, valid, unique in the end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain import slugs


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "white-hanging-heart-t-light-holder"),
        ("  Crème brûlée — No. 5! ", "creme-brulee-no-5"),
        ("日本", ""),
        ("--", ""),
        ("x" * 300, "x" * 220),
    ],
)
def test_a_text_becomes_lower_case_words(text, slug):
    assert slugs.slugify(text) == slug


def test_the_name_comes_first_and_then_what_sets_apart():
    assert slugs.candidates("Red Mug", "R 1", "abc") == ["red-mug", "red-mug-r-1", "red-mug-r-1-abc"]


def test_a_name_without_letters_leaves_the_parts():
    assert slugs.candidates("日本", "R 1", "abc") == ["r-1", "r-1-abc"]


def test_an_address_of_its_own_is_no_slug():
    assert slugs.candidates("Import", "A", "b") == ["import-a", "import-a-b"]


def test_the_first_free_slug_is_chosen_and_taken():
    taken = {"red-mug"}

    assert slugs.choose(["red-mug", "red-mug-r"], taken) == "red-mug-r"
    assert taken == {"red-mug", "red-mug-r"}


@given(st.text(max_size=400), st.text(max_size=64))
def test_every_candidate_is_a_valid_slug_and_the_last_holds_the_unique_part(name, sku):
    found = slugs.candidates(name, sku, "0123456789ab")

    assert found
    assert found[-1].endswith("0123456789ab")
    assert all(re.match(slugs.PATTERN, slug) and len(slug) <= slugs.LONGEST for slug in found)
