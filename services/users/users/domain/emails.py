"""How addresses are written down, and when two of them are the same."""

import re
import unicodedata

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets

# What the table takes: no quoted local parts with spaces or a second @, no domain without a dot.
PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def normalised(email: str) -> str:
    """Return the address with its domain in lower case; the local part is not ours to change (RFC 5321)."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def key(email: str) -> str:
    """Return what an address is known by: two addresses with one key are one account's.

    In lower case, although RFC 5321 (section 2.4) lets a mail server tell `Ann@` from `ann@`: none does, and people
    write both. In NFKC, since that is how a domain's name is looked up (UTS 46): a full-width s is an s there.
    RFC 6532 advises against NFKC for writing an address down; that one stays as it was given, and mail only ever goes
    there. Where the key is too strict about a local part it refuses a lookalike of an address that is taken.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).lower())


def erased(identifier: object) -> str:
    """Return the address that stands in for an erased one; `.invalid` never resolves (RFC 2606)."""
    return f"{identifier}@erased.invalid"
