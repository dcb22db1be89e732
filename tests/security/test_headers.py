"""What every answer tells browsers, whatever it is."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.tenants import client_of, ready_tenant

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGES = {
    "localhost": [
        "/", "/pricing/", "/accounts/login/", "/signup/", "/backoffice/", "/nowhere/", "/api/nowhere/", "/healthz",
        "/readyz", "/api/schema/", "/api/docs/", "/robots.txt", "/?a=%00", "/hooks/paypal/", "/accounts/password/reset/",
    ],
    "store-a.localhost": ["/", "/products/nothing/", "/staff/", "/staff/products/", "/media/photos/x.webp",
                          "/theme-112233.css", "/enter/bad/", "/accounts/login/"],
    "events-a.localhost": ["/", "/calendar.ics", "/staff/events/"],
    "esxi-a.localhost": ["/", "/servers/"],
    "nobody.localhost": ["/"],
}  # fmt: skip


@pytest.mark.parametrize("host", PAGES)
def test_every_answer_carries_the_headers(host: str) -> None:
    client = Client(HTTP_HOST=host)
    for path in PAGES[host]:
        for method in ("get", "post", "delete"):
            answer = getattr(client, method)(path)
            assert {name: answer.get(name) for name in EXPECTED} == EXPECTED, (method, path)
            assert "camera=(self)" in answer["Permissions-Policy"]
            policy = answer["Content-Security-Policy"]
            for rule in ("default-src 'none'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"):
                assert rule in policy, (method, path)
            assert "unsafe" not in policy


def test_pages_of_staff_are_kept_by_no_cache() -> None:
    answer = client_of(ready_tenant("store-a"), as_owner=True).get("/staff/products/")
    assert "no-store" in answer["Cache-Control"]


def test_forms_may_lead_to_a_provider_on_the_order_page_only() -> None:
    answer = Client(HTTP_HOST="localhost").get("/pricing/")
    assert "form-action 'self';" in answer["Content-Security-Policy"] + ";"


@pytest.fixture
def production_cookies(settings) -> None:
    """The cookie settings of production.py, which cannot be loaded beside this one; test_settings reads them there."""
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.LANGUAGE_COOKIE_NAME = "__Host-language"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.LANGUAGE_COOKIE_SECURE = True


@pytest.mark.parametrize("host", ["localhost", "store-a.localhost"])
def test_cookies_belong_to_one_host(host: str, production_cookies: None) -> None:
    """RFC 6265bis 4.1.3.2: `__Host-` needs Secure, Path=/ and no Domain; a sibling host cannot plant such a cookie."""
    client = Client(HTTP_HOST=host)
    tenant = ready_tenant("store-a")
    if host != "localhost":
        client = client_of(tenant, as_owner=True)
        client.get("/staff/products/", secure=True)
    client.get("/accounts/login/", secure=True)
    client.post("/i18n/setlang/", {"language": "en", "next": "/"}, secure=True)
    names = set(client.cookies)
    assert {"__Host-csrftoken", "__Host-language"} <= names
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"] or "") == (True, "/", ""), name
