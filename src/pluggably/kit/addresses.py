"""Which IP addresses belong to the public internet, and which one a request comes from.

What users name is fetched from there alone: behind every other address may be a machine, a cloud's metadata service
or the gateway itself, which trust whoever can reach them.

Sources: IANA's special-purpose address registries (RFC 6890 and its successors), RFC 6052 (NAT64), RFC 5214 (ISATAP).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # "this network"; Linux takes 0.0.0.0 for itself
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' NAT, and some clouds' metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by its number, but Azure's platform for every machine in it
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
NOT_PUBLIC_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo is in it
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address wrapped up
            "3fff::/20",  # documentation
        ),
    )
)
"""What is not public within 2000::/3; outside of it nothing is, but NAT64's well-known prefix."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet. An IPv4 address in an IPv6 one must be public as well."""
    address = plain(address)
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in NOT_PUBLIC_IPV4)
    if address.scope_id is not None:
        return False
    inside = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64:  # how networks without IPv4 reach the rest
        return is_public(inside)
    if address not in _GLOBAL_UNICAST or any(address in network for network in NOT_PUBLIC_IPV6):
        return False
    is_isatap = int(address) >> 32 & 0xFFFF_FFFF in _ISATAP
    return address.is_global and (not is_isatap or is_public(inside))


def may_be_reached(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether an address is public or in one of the networks that the operator allows."""
    spellings = {address, plain(address)}
    return is_public(address) or any(spelling in network for network in allowed for spelling in spellings)


def plain(address: Address) -> Address:
    """An IPv4 address as itself, also if it is mapped into IPv6 (`::ffff:127.0.0.1`): sockets see no difference."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def client_address(connection: HTTPConnection, trusted: Iterable[Network]) -> str | None:
    """The address that a request comes from: the peer's, or, as far as proxies in the `trusted` networks tell, the
    one that they had it from (`X-Forwarded-For`, read from its end). None where the peer has no IP address.
    """
    if connection.client is None:
        return None
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    found = None
    for text in (*forwarded, connection.client.host)[::-1]:
        try:
            address = plain(ip_address(text.strip().strip("[]").partition("%")[0]))
        except ValueError:
            break
        found = str(address)
        if not any(address in network for network in trusted):
            break
    return found
