"""Which addresses a sandbox may reach."""

from __future__ import annotations

import socket
from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen_sandbox.network.addresses import Reach, own_addresses, resolve

NEVER = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "192.88.99.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "3fff::1",
    "::7f00:1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "100.128.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::101:101",
    "::ffff:1.1.1.1",
]


@pytest.mark.parametrize("address", NEVER)
def test_what_is_not_public_is_never_reached(address: str) -> None:
    assert not Reach().allows(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_reached_unless_it_is_ones_own(address: str) -> None:
    public = ip_address(address)
    assert Reach().allows(public)
    assert not Reach(frozenset({getattr(public, "ipv4_mapped", None) or public})).allows(
        public
    ) or address.startswith("64:")


@given(st.ip_addresses())
def test_nothing_is_allowed_that_python_calls_private(address: object) -> None:
    public = ip_address(str(address))
    if Reach().allows(public) and getattr(public, "ipv4_mapped", None) is None:
        assert public.is_global
        assert not public.is_multicast


def test_ones_own_address_is_not_reached_in_an_opened_network_either() -> None:
    network = IPv4Network("198.51.100.0/24")
    reach = Reach(frozenset({ip_address("198.51.100.7")}), (network,))
    assert reach.allows(ip_address("198.51.100.8"))
    assert not reach.allows(ip_address("198.51.100.7"))


def test_the_own_addresses_are_those_that_can_be_bound() -> None:
    own = set(own_addresses())
    assert {ip_address("127.0.0.1")} <= own
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.99", 9))  # sends nothing; tells the address that would send
        except OSError:
            pytest.skip("no route leads anywhere")
        assert ip_address(probe.getsockname()[0]) in own


def test_names_and_odd_spellings_are_looked_up() -> None:
    assert ip_address("127.0.0.1") in resolve("localhost")
    assert resolve("0x7f.1") == (ip_address("127.0.0.1"),)
    assert resolve("no-such-name.invalid") == ()
    assert resolve("a" * 300) == ()
