"""The log of requests: what is kept of them, what never is, and that it stands in nobody's way."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.urls import resolve

from shared_apps.audit import http
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant


def logged() -> list[AuditLog]:
    return list(AuditLog.objects.filter(category="http").order_by("pk"))


def test_a_request_that_changes_something_is_noted_with_its_actor(tenant: Tenant, tenant_client: Client) -> None:
    tenant_client.post("/staff/shop/?secret=query", {"name": "Autre", "password": "typed-secret"},
                       headers={"User-Agent": "Firefox"})  # fmt: skip
    connection.set_tenant(tenant)
    [entry] = logged()
    assert entry.after["method"] == "POST"
    assert entry.after["path"] == "/staff/shop/"
    assert entry.after["status"] in (200, 302, 404, 422)
    assert entry.after["ms"] >= 0
    assert entry.actor_label == "owner-store-a@example.org"
    assert entry.user_agent == "Firefox"
    assert len(entry.request_id) == 36
    assert "secret" not in str(AuditLog.objects.filter(pk=entry.pk).values().get())


def test_reading_a_page_is_not_noted_unless_everything_is(tenant: Tenant, tenant_client: Client, settings) -> None:
    tenant_client.get("/staff/team/")
    connection.set_tenant(tenant)
    assert logged() == []
    settings.AUDIT_HTTP = "all"
    tenant_client.get("/staff/team/")
    connection.set_tenant(tenant)
    assert [entry.action for entry in logged()] == ["http.request"]
    settings.AUDIT_HTTP = "off"
    tenant_client.post("/staff/team/")
    connection.set_tenant(tenant)
    assert len(logged()) == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "kept"),
    [
        ("GET", "/staff/", 403, True),
        ("GET", "/produits/", 404, False),
        ("GET", "/api/v1/x/", 404, True),
        ("GET", "/backoffice/x/", 404, True),
        ("GET", "/", 401, True),
        ("GET", "/", 429, True),
        ("GET", "/", 500, True),
        ("GET", "/", 302, False),
        ("DELETE", "/x/", 204, True),
        ("POST", "/hooks/paypal/", 200, False),
        ("POST", "/hooks/paypal/", 500, False),
    ],
)
def test_which_requests_are_kept(method: str, path: str, status: int, kept: bool) -> None:
    assert http.is_logged(RequestFactory().generic(method, path), status) is kept


@pytest.mark.parametrize(
    ("urlconf", "path", "shown"),
    [
        ("baobab.urls_store", "/enter/eyJpZCI6ImEifQ:1tabc:sig/", "/enter/•••/"),
        ("baobab.urls_public", "/signup/verify/lowercasetoken/", "/signup/verify/•••/"),
        ("baobab.urls_public", "/accounts/password/reset/key/5-cz12ab-9f8e7d/", "/accounts/password/reset/key/•••/"),
        ("baobab.urls_public", "/orders/6d1f9a52-7a1e-4c7b-9d38-0d2d3a7c1b11/",
         "/orders/6d1f9a52-7a1e-4c7b-9d38-0d2d3a7c1b11/"),
        ("baobab.urls_store", "/staff/products/", "/staff/products/"),
    ],
)  # fmt: skip
def test_what_opens_doors_is_masked_in_paths(urlconf: str, path: str, shown: str) -> None:
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path, urlconf)
    assert http.masked_path(request) == shown


@pytest.mark.parametrize("secret", ["aB3dEf9hIjKlMnOp", "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "x:y:z", "a" * 81])
def test_addresses_that_lead_nowhere_show_no_secret_either(secret: str) -> None:
    assert http.masked_path(RequestFactory().get(f"/join/{secret}/")) == "/join/•••/"


def test_refused_requests_are_warnings_and_failures_errors(tenant: Tenant, visitor: Client, monkeypatch) -> None:
    visitor.get("/api/nothing/")
    monkeypatch.setattr("shared_apps.core.error_views.render", _fail)
    visitor.raise_request_exception = False
    visitor.get("/nothing/")
    connection.set_tenant(tenant)
    assert [(entry.action, entry.level, entry.actor_label) for entry in logged()] == [
        ("http.refused", "warning", ""),
        ("http.failed", "error", ""),
    ]


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError


def test_each_host_keeps_its_own_and_an_unknown_one_nothing(tenant: Tenant, tenant_client: Client) -> None:
    connection.set_schema_to_public()
    before = AuditLog.objects.count()
    Client(HTTP_HOST="nobody.localhost").post("/staff/")
    tenant_client.post("/staff/team/")
    connection.set_schema_to_public()
    assert AuditLog.objects.count() == before
    Client(HTTP_HOST="localhost").post("/i18n/setlang/", {"language": "fr"})
    connection.set_schema_to_public()
    assert AuditLog.objects.filter(category="http").count() == 1


def test_a_log_that_fails_breaks_no_answer(tenant: Tenant, tenant_client: Client, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("no room")

    monkeypatch.setattr(http, "_note", broken)
    assert tenant_client.post("/i18n/setlang/", {"language": "fr"}).status_code in (204, 302)


def test_a_flood_of_refusals_from_one_address_does_not_fill_the_log(tenant: Tenant, visitor: Client) -> None:
    for _ in range(http.MOST_REFUSALS + 5):
        visitor.get("/api/nothing/")
    connection.set_tenant(tenant)
    assert len(logged()) == http.MOST_REFUSALS
    visitor.get("/api/nothing/", REMOTE_ADDR="203.0.113.9")
    connection.set_tenant(tenant)
    assert len(logged()) == http.MOST_REFUSALS + 1


def test_the_admin_who_acts_in_anothers_place_is_named(tenant: Tenant) -> None:
    from shared_apps.audit.services import record
    from shared_apps.core.request_info import RequestInfo, reset_request_info, set_request_info

    token = set_request_info(RequestInfo(impersonator="admin@example.org", ip="203.0.113.7", request_id="r1"))
    try:
        entry = AuditLog.objects.first()
        assert entry is not None
        record(action="store.shop.changed", category="catalogue", resource=entry)
    finally:
        reset_request_info(token)
    last = AuditLog.objects.order_by("-pk")[0]
    assert (last.impersonator, last.ip, last.request_id, last.level) == (
        "admin@example.org",
        "203.0.113.7",
        "r1",
        "info",
    )
