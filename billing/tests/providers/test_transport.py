"""Bounded, silent HTTP and the token cache."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from billing.providers.base import ProviderUnavailable
from billing.providers.transport import Token, TokenCache, Transport, mask_phone, token_from
from billing.tests.providers.support import RawServer


def transport(**changes: float) -> Transport:
    values = {"connect_timeout": 0.5, "read_timeout": 0.5, **changes}
    return Transport(
        provider="test",
        connect_timeout=values["connect_timeout"],
        read_timeout=values["read_timeout"],
        max_answer_bytes=int(values.get("max_answer_bytes", 1000)),
    )


def send(server: RawServer, client: Transport | None = None) -> str:
    reply = (client or transport()).send("GET", server.url, operation="read", headers={"Authorization": "Bearer t"})
    reply.check_available()
    return reply.text


def test_an_answer_is_read_and_our_name_is_sent(raw_server: RawServer) -> None:
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]
    assert send(raw_server) == "{}"
    assert b"User-Agent: Baobab/1.0\r\n" in raw_server.requests[0]


def test_a_netrc_entry_does_not_replace_our_credentials(
    raw_server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("billing.providers.transport.LOOPBACK_HOSTS", frozenset())
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]
    send(raw_server)
    assert b"Authorization: Bearer t\r\n" in raw_server.requests[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"not http at all\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_what_is_no_complete_answer_is_unavailable(raw_server: RawServer, answer: bytes) -> None:
    raw_server.pieces = [answer]
    with pytest.raises(ProviderUnavailable):
        send(raw_server)
    assert len(raw_server.requests) == 1  # neither followed nor repeated


def test_a_redirect_is_not_followed(raw_server: RawServer) -> None:
    location = raw_server.url.encode()
    raw_server.pieces = [
        b"HTTP/1.1 307 Elsewhere\r\nLocation: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % location
    ]
    with pytest.raises(ProviderUnavailable):
        send(raw_server)
    assert len(raw_server.requests) == 1


def test_silence_ends_at_the_time_out(raw_server: RawServer) -> None:
    raw_server.pieces, raw_server.pause = [b"HTTP/1.1 200 OK\r\n"], 5
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        send(raw_server)
    assert time.monotonic() - begun < 1.5


def test_a_door_that_nobody_opens_ends_at_the_connect_time_out() -> None:
    """Case 12: the queue of those who wait to be let in is full, so that a connection is neither made nor refused."""
    with socket.socket() as door, ExitStack() as queue:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(door.getsockname())
        slow = Transport(provider="test", connect_timeout=0.4, read_timeout=30)
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable) as failure:
            slow.send("GET", f"http://127.0.0.1:{door.getsockname()[1]}/", operation="read", headers={})
    assert failure.value.detail == "ConnectTimeout"
    assert time.monotonic() - begun < 5


def test_an_answer_that_drips_ends_too(raw_server: RawServer) -> None:
    """Every byte comes within the socket's time-out, the whole answer does not."""
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *([b" "] * 100)]
    raw_server.pause = 0.2
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        send(raw_server)
    assert time.monotonic() - begun < 2.5


def test_nobody_there_is_unavailable_and_names_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ProviderUnavailable) as failure:
        transport().send("GET", f"http://127.0.0.1:{port}/237670000001", operation="read", headers={})
    assert "237670000001" not in str(failure.value)


@pytest.mark.parametrize("text", ["<html>", "", "[1]", '"text"', "{"])
def test_only_a_json_object_is_an_answer(raw_server: RawServer, text: str) -> None:
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text.encode())]
    reply = transport().send("GET", raw_server.url, operation="read", headers={})
    with pytest.raises(ProviderUnavailable):
        reply.json()
    assert reply.json_or_empty() == {}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_is_kept_until_its_margin() -> None:
    clock, values = Clock(), iter(["one", "two", "three"])
    cache = TokenCache(lambda: Token(next(values), 3600), margin=300, clock=clock)
    assert cache.get() == "one"
    clock.now += 3299
    assert cache.get() == "one"
    clock.now += 2
    assert cache.get() == "two"


def test_a_short_token_is_still_of_use() -> None:
    clock, values = Clock(), iter(["one", "two"])
    cache = TokenCache(lambda: Token(next(values), 60), margin=300, clock=clock)
    cache.get()
    clock.now += 29
    assert cache.get() == "one"
    clock.now += 2
    assert cache.get() == "two"


def test_a_dropped_token_is_renewed_but_not_its_successor() -> None:
    values = iter(["one", "two", "three"])
    cache = TokenCache(lambda: Token(next(values), 3600))
    assert cache.get() == "one"
    cache.drop("one")
    assert cache.get() == "two"
    cache.drop("one")  # a late answer to a request with the old token
    assert cache.get() == "two"


def test_a_hundred_threads_fetch_one_token() -> None:
    fetched: list[int] = []

    def fetch() -> Token:
        time.sleep(0.05)
        fetched.append(1)
        return Token("one", 3600)

    cache = TokenCache(fetch)
    with ThreadPoolExecutor(100) as pool:
        assert set(pool.map(lambda _: cache.get(), range(100))) == {"one"}
    assert len(fetched) == 1


def test_threads_that_wait_for_a_failing_fetch_share_its_failure() -> None:
    """Otherwise twenty threads would time out one after another."""
    fetched: list[int] = []

    def fetch() -> Token:
        fetched.append(1)
        time.sleep(0.3)
        raise ProviderUnavailable("provider_unavailable")

    cache = TokenCache(fetch)

    def get(_: int) -> str:
        try:
            return cache.get()
        except ProviderUnavailable as error:
            return error.reason

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(get, range(20))) == {"provider_unavailable"}
    assert len(fetched) == 1
    with pytest.raises(ProviderUnavailable):
        cache.get()
    assert len(fetched) == 2  # who asks later tries again


@pytest.mark.parametrize("document", [{}, {"access_token": ""}, {"access_token": 5}])
def test_an_answer_without_a_token(document: dict[str, object]) -> None:
    with pytest.raises(ProviderUnavailable):
        token_from(document)


def test_masked_phones() -> None:
    assert mask_phone("237670123456") == "237***56"
    assert mask_phone("123") == "***"
