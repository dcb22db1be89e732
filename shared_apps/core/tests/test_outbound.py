"""Connections to addresses that tenants choose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from shared_apps.core import hosts, outbound
from shared_apps.core.hosts import BadHost


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What each name answers, one list of addresses a question; the last one again and again."""
    answers: dict[str, list[list[str]]] = {}

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        if host not in answers:
            raise socket.gaierror
        queue = answers[host]
        addresses = queue.pop(0) if len(queue) > 1 else queue[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    return answers


@pytest.fixture
def server() -> Iterator[int]:
    """A web server on this machine that sends `/away` elsewhere; what the guard must protect. Yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            away = self.path.partition("?to=")[2]
            self.send_response(302 if away else 200)
            if away:
                self.send_header("Location", away)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"secret")

        def log_message(self, *_: Any) -> None:
            pass

    web = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield web.server_port
    web.shutdown()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254", "100.100.100.200"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(names, address) -> None:
    names["trap.example.org"] = [[address]]
    with pytest.raises(BadHost):
        outbound.connect("trap.example.org", 80, seconds=1)


def test_one_bad_address_among_good_ones_refuses_the_name(names) -> None:
    names["mixed.example.org"] = [["93.184.216.34", "127.0.0.1"]]
    with pytest.raises(BadHost):
        outbound.connect("mixed.example.org", 80, seconds=1)


def test_private_addresses_need_an_open_network(names, settings) -> None:
    names["esxi.example.org"] = [["10.20.0.5"]]
    settings.OUTBOUND_PRIVATE_NETWORKS = ["10.20.0.0/16"]
    assert outbound.checked_addresses("esxi.example.org", 443) == [(socket.AF_INET, "10.20.0.5")]
    settings.OUTBOUND_PRIVATE_NETWORKS = ["10.30.0.0/16"]
    with pytest.raises(BadHost):
        outbound.checked_addresses("esxi.example.org", 443)


def test_a_name_without_an_address_says_so(names) -> None:
    with pytest.raises(BadHost) as refusal:
        outbound.connect("nobody.example.org", 80, seconds=1)
    assert refusal.value.code == "host_unknown"


def test_a_name_that_changes_its_answer_is_asked_once(names, server, monkeypatch) -> None:
    """DNS rebinding: what was checked is what is connected to."""
    names["rebind.example.org"] = [["192.0.2.1"], ["127.0.0.1"]]
    monkeypatch.setattr(hosts, "_refusal", lambda address: "" if str(address) == "192.0.2.1" else "inside")
    asked: list[Any] = []
    monkeypatch.setattr(outbound.socket.socket, "connect", lambda _self, place: asked.append(place))
    outbound.connect("rebind.example.org", server, seconds=1).close()
    assert asked == [("192.0.2.1", server)]


def test_the_session_reaches_what_is_allowed(names, server, monkeypatch) -> None:
    """The positive control: with the rule off, the very same request gets the secret."""
    names["trap.example.org"] = [["127.0.0.1"]]
    session = outbound.guarded_session()
    url = f"http://trap.example.org:{server}/"
    with pytest.raises(BadHost):
        session.get(url, timeout=2)
    monkeypatch.setattr(hosts, "_refusal", lambda _address: "")
    assert session.get(url, timeout=2).text == "secret"


def test_a_redirect_inside_is_refused(names, server, monkeypatch) -> None:
    names["open.example.org"] = [["127.0.0.1"]]
    names["trap.example.org"] = [["127.0.0.2"]]
    monkeypatch.setattr(hosts, "_refusal", lambda address: "" if str(address) == "127.0.0.1" else "inside")
    session = outbound.guarded_session()
    with pytest.raises(BadHost):
        session.get(f"http://open.example.org:{server}/away?to=http://trap.example.org:{server}/", timeout=2)


def test_proxies_of_the_environment_are_not_used(names, monkeypatch) -> None:
    names["trap.example.org"] = [["127.0.0.1"]]
    monkeypatch.setenv("HTTP_PROXY", "http://93.184.216.34:3128")
    with pytest.raises(BadHost):
        outbound.guarded_session().get("http://trap.example.org/", timeout=1)
