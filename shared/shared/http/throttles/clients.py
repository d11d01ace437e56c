"""Whom a bucket belongs to: addresses and networks as keyed hashes, never in clear."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.utils.crypto import salted_hmac


@lru_cache(maxsize=4096)
def hashed(text: str) -> str:
    """Return a short keyed hash, which tells nobody what was hashed."""
    return salted_hmac("shared.throttles", text, algorithm="sha256").hexdigest()[:32]


def client(address: str) -> str:
    """Return the part of an address that one client has for itself: all of IPv4, of IPv6 the /64 (RFC 6177)."""
    return _network(address, bits=32)


def network(address: str) -> str:
    """Return the network that a client's address changes within: /24 for IPv4, /64 for IPv6."""
    return _network(address, bits=24)


@lru_cache(maxsize=4096)
def _network(address: str, *, bits: int) -> str:
    """Return the address's network; a text that is no address is its own."""
    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((int(found), 64), strict=False))
        found = found.ipv4_mapped
    return str(ip_network((int(found), bits), strict=False))
