"""Every address × every method × everybody: sends it, undoes it, and compares the answer with the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLResolver, reverse

from shared_apps.core.tenancy import connection
from tests.security.actors import Actor
from tests.security.canaries import found_in
from tests.security.rules import ANYBODY, PEOPLE, Methods, Rule
from tests.security.samples import Samples, arguments_for

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SAVEPOINT = "before_the_request"
FORM = "application/x-www-form-urlencoded"
REFUSALS = {"log-in", "401", "403", "404", "405"}


@dataclass(slots=True)
class Scene:
    """A host with everybody in front of it. `foreign`: arguments of another tenant, which must be worth nothing here."""

    site: str
    host: str
    actors: list[Actor]
    own: Samples
    foreign: Samples
    marks: dict[str, tuple[str, ...]]  # what gives each tenant away, by subdomain; no secret to those who belong to it
    client: Client = field(init=False)
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.client = Client(HTTP_HOST=self.host, raise_request_exception=False)


class Address(NamedTuple):
    """A named address, its view, and what it is called with."""

    name: str
    view: Callable[..., Any]
    arguments: frozenset[str]


def addresses(urlconf: str) -> Iterator[Address]:
    """Every named address of a URLconf."""
    yield from _walk(import_module(urlconf).urlpatterns, "", frozenset())


def _walk(patterns: list[Any], namespace: str, before: frozenset[str]) -> Iterator[Address]:
    for pattern in patterns:
        arguments = before | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, arguments)
        else:
            yield Address(f"{namespace}{pattern.name}", pattern.callback, arguments)


def try_everything(scene: Scene, urlconf: str, entries: dict[str, Methods], *, part: slice) -> None:
    """Fill in the scene's problems and counts, for a part of the addresses."""
    with _savepoint():
        for address in list(addresses(urlconf))[part]:
            name = address.name
            own = _path(address, scene.own, urlconf)
            foreign = _path(address, scene.foreign, urlconf)
            for method in METHODS:
                wanted = entries[name].get("GET" if method == "HEAD" else method)
                for actor in scene.actors:
                    _try(scene, actor, method, own, wanted)
                    # On the platform's own host, what everybody may have is nobody's.
                    is_mine = scene.site != "public" or (wanted and wanted.who != ANYBODY)
                    if foreign != own and is_mine and actor.may("owner"):
                        _try_foreign(scene, actor, method, foreign, wanted)


def _path(address: Address, samples: Samples, urlconf: str) -> str:
    arguments = arguments_for(address.name, address.arguments, samples)
    return reverse(address.name, urlconf=urlconf, kwargs=arguments)


def _try(scene: Scene, actor: Actor, method: str, path: str, wanted: Rule | None) -> None:
    status, text = _send(scene, actor, method, path, wanted.data if wanted else {})
    case = f"{scene.host} {method} {path} as {actor.name}"
    _look_for_canaries(scene, actor, case, path, text)
    if status == "500":
        scene.problems.append(f"{case}: 500 {text[:300]}")
    elif method == "OPTIONS":
        scene.counts["described"] += 1
    elif wanted and actor.may(wanted.who):
        scene.counts["allowed"] += 1
        if status in REFUSALS and int(status if status.isdigit() else 302) not in wanted.answers:
            scene.problems.append(f"{case}: {status}, though the table lets them")
    else:
        scene.counts["refused"] += 1
        expected = _refusals(actor, path, wanted)
        if status not in expected:
            scene.problems.append(f"{case}: {status} instead of {' or '.join(sorted(expected))}")


def _refusals(actor: Actor, path: str, wanted: Rule | None) -> set[str]:
    if wanted is None:
        return REFUSALS
    if not actor.is_signed_in:
        outside = {"401"} if path.startswith("/api/") else {"log-in"}
        return outside | ({"404"} if wanted.hidden else set())
    if wanted.hidden:  # whoever belongs to the organisation knows of it, and may be told that they may not
        return {"403", "404"} if PEOPLE in actor.kinds else {"404"}
    return {"403"}


def _try_foreign(scene: Scene, actor: Actor, method: str, path: str, wanted: Rule | None) -> None:
    """The owner of this host with the ids of another tenant finds nothing."""
    status, text = _send(scene, actor, method, path, {})
    case = f"{scene.host} {method} {path} (another tenant's) as {actor.name}"
    _look_for_canaries(scene, actor, case, path, text)
    if method == "OPTIONS":
        return
    scene.counts["refused"] += 1
    if status not in REFUSALS and not (wanted and status in map(str, wanted.answers)):
        scene.problems.append(f"{case}: {status}, and should find nothing")


def _look_for_canaries(scene: Scene, actor: Actor, case: str, path: str, text: str) -> None:
    secrets = tuple(mark for subdomain, marks in scene.marks.items() if subdomain not in actor.sees for mark in marks)
    said = text.replace(path, "").replace(quote(path, safe=""), "")  # an error may name the address that was asked for
    found = found_in(said, secrets)
    if found:
        scene.counts["leaked"] += 1
        scene.problems.append(f"{case}: LEAKED {found}")


def _send(scene: Scene, actor: Actor, method: str, path: str, data: dict[str, Any]) -> tuple[str, str]:
    """Send, read and roll back; what came of it and everything that was said."""
    client = scene.client
    client.cookies.clear()
    if actor.cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = actor.cookie
    headers = {"Authorization": f"Bearer {actor.token}"} if actor.token and path.startswith("/api/") else {}
    cache.clear()  # throttles: the matrix asks who may, not how often
    response = client.generic(method, path, urlencode(data), FORM, headers=headers)
    text = _text_of(response)
    _undo()
    return _outcome(response), text


@contextmanager
def _savepoint() -> Iterator[None]:
    """A block in which `_undo` goes back to the start, as often as wanted: one statement instead of five a request."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # lets services open durable blocks inside, as Django's own tests do
    with block:
        connection.cursor().execute(f"SAVEPOINT {SAVEPOINT}")
        yield
        transaction.set_rollback(True)


def _undo() -> None:
    connection.connection.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
    connection.needs_rollback = False
    connection.run_on_commit = []
    connection.set_schema_to_public()


def _text_of(response: HttpResponseBase) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    said = body.decode("utf-8", "replace") + "\n" + "\n".join(f"{k}: {v}" for k, v in response.headers.items())
    problem = getattr(response, "exc_info", None)
    return f"{problem[1]!r} {said}" if problem else said


def _outcome(response: HttpResponseBase) -> str:
    if response.status_code == 302 and response.headers["Location"].startswith("/accounts/login/"):
        return "log-in"
    if response.status_code == 204 and "HX-Redirect" in response.headers:
        return "log-in"
    return "500" if response.status_code >= 500 else str(response.status_code)
