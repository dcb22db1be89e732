"""What pages offer: nobody is shown a link or a button that they may not use, and whatever they may open has a way in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from tests.security.actors import Actor
from tests.security.rules import SIGNED_IN, STAFF, Methods, Rule
from tests.security.table import TABLES
from tests.security.test_matrix import URLCONFS, set_scene

PAGES_OF_A_NAME = 3
# Of the table's sample, which is somebody else's, the rule says who may: of one's own everybody.
OF_ONES_OWN = {"account_end_api_session"}

# What people may open though no page of the samples leads there: for devices, or offered in a state that they are not in.
_OF_TEAMS = {"team:delete_role", "team:new_api_key"}  # a role of one's own; a plan with the API
NO_WAY_IN = {
    "store": _OF_TEAMS
    | {f"store:till_{name}_api" for name in ("catalogue", "customers", "find", "session")}
    # Once something is counted; once something was sent; while a file is looked at, and where it has errors.
    | {f"store:staff_{name}" for name in ("book_count", "take_back", "follow_import", "import_problems")},
    "events": _OF_TEAMS
    | {  # events are not paid for yet
        f"payments:staff_{name}"
        for name in ("methods", "method", "payments", "payment", "receipt", "transfers", "refunds", "finish_refund")
    },
    "esxi": _OF_TEAMS | {"team:invite"},  # while there are seats left
}


class Offers(HTMLParser):
    """The links of a page, and where its forms go."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._form = ""
        self._method = "GET"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in at:
            self.found.append(("GET", at["href"]))
        elif tag == "form":
            self._form, self._method = at.get("action", ""), at.get("method", "get").upper()
            self.found.append((self._method, self._form))
        elif tag == "button" and "formaction" in at:
            self.found.append((at.get("formmethod", self._method).upper(), at["formaction"]))


@dataclass(slots=True)
class Walk:
    """Somebody who opens whatever they are shown, page by page."""

    site: str
    host: str
    actor: Actor
    entries: dict[str, Methods]
    offered: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def go(self, *starts: str) -> None:
        """Open the pages to begin with and all that they lead to, a few of each kind."""
        client = Client(HTTP_HOST=self.host)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.actor.cookie
        waiting, seen, opened = list(starts), set(starts), Counter[str]()
        while waiting:
            path = waiting.pop(0)
            name = self._name_of(path)
            if name is None or opened[name] >= PAGES_OF_A_NAME:
                continue
            opened[name] += 1
            answer = client.get(path)
            if answer.status_code >= 400:
                self.problems.append(f"{self.actor.name}: {path} answers {answer.status_code}")
                continue
            if not answer.get("Content-Type", "").startswith("text/html"):
                continue
            for method, where in self._offers(answer, path):
                self._look_at(method, where, shown_on=path)
                if method == "GET" and where not in seen:
                    seen.add(where)
                    waiting.append(where)

    def _offers(self, answer: HttpResponse, path: str) -> list[tuple[str, str]]:
        if 300 <= answer.status_code < 400:
            found = [("GET", answer["Location"])]
        else:
            offers = Offers()
            offers.feed(answer.content.decode())
            found = offers.found
        here = [(method, self._here(urljoin(path, where))) for method, where in found]
        return [(method, where) for method, where in dict.fromkeys(here) if where]

    def _here(self, url: str) -> str:
        """The path of an address of this host, with its question; "" for any other."""
        parts = urlsplit(url)
        if parts.scheme not in ("", "http", "https") or parts.hostname not in (None, self.host.split(":")[0]):
            return ""
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _name_of(self, path: str) -> str | None:
        try:
            return resolve(urlsplit(path).path, URLCONFS[self.site]).view_name
        except Resolver404:
            return None

    def _look_at(self, method: str, where: str, *, shown_on: str) -> None:
        name = self._name_of(where)
        if name is None:
            if not where.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
                self.problems.append(f"{self.actor.name}: {shown_on} shows {where}, which is no address")
            return
        rule = self.entries[name].get(method)
        if name not in OF_ONES_OWN and not self._may(rule, method, where):
            self.problems.append(f"{self.actor.name}: {shown_on} shows {method} {where}, which they may not use")
        self.offered.add(name)

    def _may(self, rule: Rule | None, method: str, where: str) -> bool:
        """Whether they may, or may log in there."""
        if rule is None:
            return False
        is_way_in = not self.actor.is_signed_in and method == "GET" and (rule.who in (SIGNED_IN, STAFF) or where == "/")
        return is_way_in or self.actor.may(rule.who)


def walks_of(site: str) -> list[Walk]:
    scene = set_scene(site)
    insiders = [actor for actor in scene.actors if actor.is_signed_in or actor.name == "visitor"]
    return [Walk(site, scene.host, actor, TABLES[site]) for actor in insiders]


def _starts(actor: Actor, site: str) -> list[str]:
    if actor.permissions:
        return ["/", "/staff/"]
    return [] if site == "esxi" and actor.is_signed_in else ["/"]  # an ESXi workspace has no customers


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("site", sorted(settings.PRODUCTS))
def test_everybody_is_shown_what_they_may_do_and_nothing_else(site: str) -> None:
    problems, hidden = [], {}
    for walk in walks_of(site):
        walk.go(*_starts(walk.actor, site))
        problems += walk.problems
        may_open = {
            name
            for name, methods in TABLES[site].items()
            if "GET" in methods and methods["GET"].who in walk.actor.permissions and not name.startswith("api-")
        }
        hidden[walk.actor.name] = may_open - walk.offered - NO_WAY_IN[site]
    assert not problems, "\n".join(problems)
    assert {name: sorted(pages) for name, pages in hidden.items() if pages} == {}
