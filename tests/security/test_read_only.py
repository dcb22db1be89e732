"""A workspace that is not paid: whatever is sent to whatever address, by whomever, nothing of it changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from baobab.standing import ALWAYS, SAFE
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import forget_remembered_tenants
from shared_apps.organisations.models import Organisation
from tests.security.matrix import METHODS, Scene, _path, _savepoint, _send, addresses
from tests.security.table import TABLES
from tests.security.test_matrix import URLCONFS, set_scene
from tests.support.audit_watch import _WRITE

PARTS = 3
PRODUCTS = sorted(settings.PRODUCTS)
# What any request may leave behind: the log of what was refused.
LOGS = {"audit_auditlog"}
# What coming in and going out leave: sessions, tries, codes and the mails with them.
COMINGS = LOGS | {
    "django_session", "usersessions_usersession", "accounts_loginattempt", "accounts_apisession", "accounts_handoveruse",
    "accounts_onetimecode", "accounts_user", "notifications_delivery", "token_blacklist_outstandingtoken",
    "token_blacklist_blacklistedtoken",
    "payments_notice",  # what a provider says of money is kept
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_logged() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with override_settings(AUDIT_HTTP="off"):
        yield
    logging.disable(logging.NOTSET)


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables that are written meanwhile."""
    found: set[str] = set()

    def look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        written = _WRITE.search(sql if isinstance(sql, str) else "")
        if written and context["cursor"].rowcount:
            found.add(written[1])
        return result

    with connection.execute_wrapper(look):
        yield found


def suspended_scene(product: str) -> Scene:
    scene = set_scene(product)
    Organisation.objects.filter(domains__domain=scene.host).update(status="suspended")
    forget_remembered_tenants()
    scene.actors = [one for one in scene.actors if one.name in ("visitor", "customer", "owner")]
    return scene


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("product", PRODUCTS)
def test_no_method_that_may_change_something_changes_anything(product: str, part: int) -> None:
    scene = suspended_scene(product)
    problems, refused = [], 0
    with _savepoint():
        for address in list(addresses(URLCONFS[product]))[part::PARTS]:
            name, path = address.name, _path(address, scene.own, URLCONFS[product])
            for method in (one for one in METHODS if one not in SAFE):
                for actor in scene.actors:
                    with writes() as written:
                        status, text = _send(scene, actor, method, path, {})
                    case = f"{product} {method} {path} ({name}) as {actor.name}: {status}"
                    if not written <= (COMINGS if name in ALWAYS else LOGS):
                        problems.append(f"{case} wrote {written}")
                    if name not in ALWAYS:
                        refused += 1
                        # Who is not logged in is led to the log-in page first, and wrong methods are no methods.
                        if status not in ("403", "log-in", "404", "405"):
                            problems.append(case)
                        if path.startswith("/api/") and status == "403" and "subscription_suspended" not in text:
                            problems.append(f"{case}: {text[:200]}")
    assert refused > 100
    assert problems == [], "\n".join(problems[:40])


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("product", PRODUCTS)
def test_whoever_works_there_reads_everything_and_customers_find_it_closed(product: str) -> None:
    scene = suspended_scene(product)
    owner, visitor = (next(one for one in scene.actors if one.name == name) for name in ("owner", "visitor"))
    problems, closed = [], 0
    with _savepoint():
        for address in addresses(URLCONFS[product]):
            name = address.name
            rule = TABLES[product][name].get("GET")
            if rule is None:
                continue
            path = _path(address, scene.own, URLCONFS[product])
            status, text = _send(scene, owner, "GET", path, rule.data)
            if owner.may(rule.who) and status in ("403", "500") and 403 not in rule.answers:
                problems.append(f"owner {path}: {status}")
            if name.startswith(f"{product}:") and rule.who == "anybody":
                status, text = _send(scene, visitor, "GET", path, {})
                closed += 1
                if status != "403" or "CANARY" in text.upper().replace(path.upper(), ""):
                    problems.append(f"visitor {path}: {status}")
    assert closed == {"store": 15, "events": 5, "esxi": 0}[product]
    assert problems == [], "\n".join(problems[:40])


def test_what_works_always_is_there() -> None:
    named = {address.name for product in PRODUCTS for address in addresses(URLCONFS[product])}
    assert named >= ALWAYS
