"""What a password must contain, beyond what Django's validators check."""

from collections.abc import Callable

LONGEST = 128

_CLASSES: dict[str, Callable[[str], bool]] = {
    "an upper-case letter": str.isupper,
    "a lower-case letter": str.islower,
    "a digit": str.isdigit,
    "a special character": lambda char: not (char.isalnum() or char.isspace()),
}


def missing_classes(password: str) -> list[str]:
    """Return the kinds of characters that the password lacks, in words."""
    return [name for name, belongs in _CLASSES.items() if not any(belongs(char) for char in password)]
