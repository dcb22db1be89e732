"""What may be connected to, and what must never be."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.core.hosts import BadHost, check_address, check_host


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("esxi1.example.com", "esxi1.example.com"),
        ("  ESXi1.Example.COM. ", "esxi1.example.com"),
        ("esxi1.corp.local", "esxi1.corp.local"),
        ("café.example.fr", "xn--caf-dma.example.fr"),
        ("192.168.1.20", "192.168.1.20"),
        ("10.0.0.1", "10.0.0.1"),
        ("93.184.216.34", "93.184.216.34"),
        ("2606:2800:220:0::1", "2606:2800:220::1"),
        ("[2606:2800:220::1]", "2606:2800:220::1"),
        ("fd12:3456::1", "fd12:3456::1"),
    ],
)
def test_hosts_are_taken_as_they_are_typed(typed: str, stored: str) -> None:
    assert check_host(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "host_missing"),
        ("   ", "host_missing"),
        ("https://esxi1.example.com/", "host_is_url"),
        ("root@esxi1.example.com", "host_is_url"),
        ("esxi 1", "host_is_url"),
        ("127.0.0.1", "host_refused"),
        ("127.255.255.254", "host_refused"),
        ("0.0.0.0", "host_refused"),
        ("0.1.2.3", "host_refused"),
        ("169.254.169.254", "host_refused"),
        ("169.254.1.1", "host_refused"),
        ("100.100.100.200", "host_refused"),
        ("168.63.129.16", "host_refused"),
        ("224.0.0.1", "host_refused"),
        ("240.0.0.1", "host_refused"),
        ("255.255.255.255", "host_refused"),
        ("::1", "host_refused"),
        ("::", "host_refused"),
        ("[::1]", "host_refused"),
        ("fe80::1", "host_refused"),
        ("fd00:ec2::254", "host_refused"),
        ("ff02::1", "host_refused"),
        ("::ffff:127.0.0.1", "host_refused"),
        ("::ffff:169.254.169.254", "host_refused"),
        ("::127.0.0.1", "host_refused"),
        ("64:ff9b::169.254.169.254", "host_refused"),
        ("64:ff9b:1::7f00:1", "host_refused"),
        ("2002:7f00:0001::1", "host_refused"),
        ("fe80::1%eth0", "host_malformed"),
        ("2130706433", "host_number"),
        ("0x7f000001", "host_number"),
        ("127.1", "host_number"),
        ("0x7f.1", "host_number"),
        ("0177.0.0.1", "host_number"),
        ("127.0.0.1.", "host_refused"),
        ("１２７.0.0.1", "host_number"),
        ("localhost", "host_refused"),
        ("LOCALHOST.", "host_refused"),
        ("esxi.localhost", "host_refused"),
        ("metadata.google.internal", "host_refused"),
        ("redis.default.svc.cluster.local", "host_refused"),
        ("redis", "host_incomplete"),
        ("-esxi.example.com", "host_malformed"),
        ("esxi_1.example.com", "host_malformed"),
        ("esxi..example.com", "host_malformed"),
        ("a" * 64 + ".example.com", "host_malformed"),
        (".".join(["abc"] * 80), "host_malformed"),
        ("esxi.example.com:8443", "host_malformed"),
        ("esxi.example.com\r\nX: y", "host_is_url"),
        ("esxi\x00.example.com", "host_malformed"),
    ],
)
def test_what_leads_into_the_platform_is_refused_with_a_reason(typed: str, code: str) -> None:
    with pytest.raises(BadHost) as caught:
        check_host(typed)
    assert caught.value.code == code
    assert caught.value.field == "host"
    assert len(str(caught.value)) > 20


@given(st.ip_addresses(v=4))
def test_no_wrapping_smuggles_an_address_through(address: ipaddress.IPv4Address) -> None:
    """If an address is refused, its IPv6 forms are too."""

    def refused(candidate: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        try:
            check_address(candidate)
        except BadHost:
            return True
        return False

    wrapped = [
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        str(ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80))),
    ]
    if refused(address):
        assert all(refused(ipaddress.ip_address(text)) for text in wrapped)


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    try:
        stored = check_host(text)
    except BadHost:
        return
    assert check_host(stored) == stored
