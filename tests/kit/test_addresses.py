from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.kit.addresses import NOT_PUBLIC_IPV4, NOT_PUBLIC_IPV6, is_public, may_be_reached

NOT_PUBLIC = {
    "unspecified": ["0.0.0.0", "::"],
    "this network": ["0.0.0.1", "0.255.255.255"],
    "loopback": ["127.0.0.1", "127.0.0.0", "127.255.255.255", "127.1.2.3", "::1"],
    "private": ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
    "link-local": ["169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1", "2600::1%eth0"],
    "carriers' NAT": ["100.64.0.0", "100.100.100.200", "100.127.255.255"],
    "protocol assignments": ["192.0.0.0", "192.0.0.192", "192.0.0.255", "2001::", "2001:20::1", "2001:1ff:ffff::"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.255", "2001:db8::1", "3fff::1", "3fff:fff:ffff::"],
    "benchmarks": ["198.18.0.0", "198.19.255.255", "2001:2::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "254.255.255.255", "::2", "100::1", "200::1", "4000::1", "5f00::1", "fe00::1"],
    "broadcast": ["255.255.255.255"],
    "a cloud's own": ["168.63.129.16", "fd00:ec2::254", "fd20:ce::254"],
    "unique local": ["fc00::1", "fdff:ffff::1"],
    "site-local": ["fec0::1", "feff::1"],
    "6to4": ["192.88.99.1", "2002::", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0"],
    "IPv4-compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"],
    "IPv4-translated": ["::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"],
    "NAT64": ["64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::0.0.0.0"],
    "local NAT64": ["64:ff9b:1::", "64:ff9b:1::8.8.8.8", "64:ff9b:1:ffff::7f00:1", "64:ff9b:0:1::8.8.8.8"],
    "ISATAP": ["2600::5efe:127.0.0.1", "2600::200:5efe:10.0.0.1", "2a00:1450:4001::5efe:a9fe:a9fe"],
}  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
    "223.255.255.255",    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::", "2001:db9::", "2003::1", "2600::1", "2606:4700::1111",
    "2a00:1450:4001:80b::200e", "3ffe::1", "3fff:1000::", "2600::5efe:8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, address) for kind, addresses in NOT_PUBLIC.items() for address in addresses]
)
def test_what_is_not_public(kind: str, address: str) -> None:
    assert not is_public(ip_address(address)), kind
    assert not may_be_reached(ip_address(address), [])


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(ip_address(address))
    assert may_be_reached(ip_address(address), [])


def test_the_ends_of_every_network_that_is_not_public_belong_to_it() -> None:
    for network in (*NOT_PUBLIC_IPV4, *NOT_PUBLIC_IPV6):
        assert not is_public(network[0])
        assert not is_public(network[-1])


@given(st.ip_addresses())
def test_what_the_standard_library_calls_special_is_never_public(address: IPv4Address | IPv6Address) -> None:
    special = (
        address.is_private, address.is_loopback, address.is_link_local, address.is_multicast, address.is_reserved,
        address.is_unspecified, not address.is_global,
    )  # fmt: skip
    mapped = isinstance(address, IPv6Address) and (address.ipv4_mapped or address in ip_network("64:ff9b::/96"))
    assert not (is_public(address) and any(special) and not mapped)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_in_ipv6_as_it_is_alone(address: IPv4Address) -> None:
    public = is_public(address)
    assert is_public(IPv6Address(f"::ffff:{address}")) is public
    assert is_public(IPv6Address(f"64:ff9b::{address}")) is public
    number = int(address)
    for never in (
        IPv6Address(number),
        IPv6Address(0x2002 << 112 | number << 80),
        IPv6Address(0x20010000 << 96 | number),
    ):
        assert not is_public(never)


@given(st.ip_addresses(), st.integers(0, 32))
def test_an_allowed_network_opens_itself_and_nothing_else(address: IPv4Address | IPv6Address, host_bits: int) -> None:
    allowed = ip_network((address, address.max_prefixlen - host_bits), strict=False)
    assert may_be_reached(address, [allowed])
    before, after = int(allowed[0]) - 1, int(allowed[-1]) + 1
    for outside in (before, after):
        if 0 <= outside < 2**address.max_prefixlen:
            neighbour = type(address)(outside)
            assert may_be_reached(neighbour, [allowed]) is is_public(neighbour)


def test_an_allowed_network_is_meant_however_its_addresses_are_written() -> None:
    allowed = [IPv4Network("127.0.0.0/8"), IPv6Network("fd00::/8")]
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "fd12::1"):
        assert may_be_reached(ip_address(address), allowed)
    for address in ("::127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "::1", "10.0.0.1", "fc00::1"):
        assert not may_be_reached(ip_address(address), allowed)
