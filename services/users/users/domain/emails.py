"""How addresses are written down."""


def normalised(email: str) -> str:
    """Return the address with its domain in lower case; the local part is not ours to change (RFC 5321)."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def erased(identifier: object) -> str:
    """Return the address that stands in for an erased one; `.invalid` never resolves (RFC 2606)."""
    return f"{identifier}@erased.invalid"
