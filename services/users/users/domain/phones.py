"""What a phone number looks like."""

import re

# Anchored with \A and \Z, and in ASCII: `$` would let a trailing newline through, `\d` the digits of every script.
PATTERN = re.compile(r"\A\+?1?[0-9]{9,15}\Z")
EXPLANATION = "Enter a phone number: an optional +, then 9 to 15 digits (one more after a leading 1)."


def is_phone_number(text: str) -> bool:
    """Return whether the text is a phone number."""
    return PATTERN.match(text) is not None


def digits(phone_number: str) -> str:
    """Return the form in which numbers are compared: with and without the plus sign they are the same."""
    return phone_number.removeprefix("+")
