"""What one tenant gave, shown at another's door: sessions, CSRF tokens, files, links, cache entries, tasks, searches.

Hand-over tokens, JWT and API keys have files of their own beside the code that makes them.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from celery.exceptions import Reject
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django_tenants.utils import tenant_context

from baobab.celery import TenantTask, app
from shared_apps.accounts.models import User
from shared_apps.core.tenancy import connection
from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.current import Tenant
from tenant_apps.store.tests.support import make_photo, make_product
from tests.support.factories import make_user
from tests.support.tenants import client_of, owner_of, ready_tenant

pytestmark = pytest.mark.django_db
SESSION = django_settings.SESSION_COOKIE_NAME


@pytest.fixture
def here() -> Tenant:
    return ready_tenant("store-a")


@pytest.fixture
def elsewhere() -> Tenant:
    return ready_tenant("store-b")


def at(host: str, *, session: str = "", **options: Any) -> Client:
    client = Client(HTTP_HOST=host, **options)
    if session:
        client.cookies[SESSION] = session
    return client


@pytest.mark.parametrize("issuer", ["store-a", "store-b", "events-a"])
def test_a_session_opens_its_own_workspace_only(issuer) -> None:
    cookie = client_of(ready_tenant(issuer), as_owner=True).cookies[SESSION].value
    for name in ("store-a", "store-b", "events-a", "esxi-b"):
        status = at(f"{name}.localhost", session=cookie).get("/staff/team/").status_code
        assert status == (200 if name == issuer else 302), name
    assert at("localhost", session=cookie).get("/organisations/").status_code == 302


def test_a_session_of_the_platform_opens_no_workspace(here) -> None:
    connection.set_schema_to_public()
    client = at("localhost")
    client.force_login(make_user(is_staff=True), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/backoffice/").status_code == 200
    assert at(here.host, session=client.cookies[SESSION].value).get("/staff/").status_code == 302


def test_logging_out_elsewhere_with_a_stolen_cookie_ends_nothing_here(here, elsewhere) -> None:
    cookie = client_of(here, as_owner=True).cookies[SESSION].value
    at(elsewhere.host, session=cookie).post("/accounts/logout/")
    assert at(here.host, session=cookie).get("/staff/team/").status_code == 200


def csrf_of(client: Client) -> str:
    page = client.get("/accounts/login/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_csrf_token_of_another_host_is_refused(here, elsewhere) -> None:
    victim, attacker = (at(one.host, enforce_csrf_checks=True) for one in (here, elsewhere))
    own, foreign = csrf_of(victim), csrf_of(attacker)
    assert victim.post("/i18n/setlang/", {"language": "en", "csrfmiddlewaretoken": own}).status_code == 302
    assert victim.post("/i18n/setlang/", {"language": "en", "csrfmiddlewaretoken": foreign}).status_code == 403
    assert victim.post("/i18n/setlang/", {"language": "en"}).status_code == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://store-a.localhost", 302),
        ("http://store-b.localhost", 403),
        ("http://localhost", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_right_token(here, origin, status) -> None:
    client = at(here.host, enforce_csrf_checks=True)
    data = {"language": "en", "csrfmiddlewaretoken": csrf_of(client)}
    assert client.post("/i18n/setlang/", data, headers={"Origin": origin}).status_code == status


def test_photos_are_found_on_their_own_host_and_drafts_by_their_staff(here, elsewhere) -> None:
    with tenant_context(here):
        shown, hidden = make_photo(), make_photo()
        make_product("Shown", photos=[shown])
        make_product("Hidden", publish=False, photos=[hidden])
        paths = {photo: photo.url(320) for photo in (shown, hidden)}
    staff, stranger = client_of(here, as_owner=True), client_of(elsewhere, as_owner=True)
    assert staff.get(paths[hidden]).status_code == 200
    assert at(here.host).get(paths[shown]).status_code == 200
    assert at(here.host).get(paths[hidden]).status_code == 404
    for client in (stranger, at(elsewhere.host), at("localhost")):
        assert {client.get(path).status_code for path in paths.values()} == {404}


@pytest.mark.parametrize(
    "trick", ["../{other}/x.txt", "photos/../../{other}/x.txt", "%2e%2e/{other}/x.txt", "/{other}/x.txt"]
)
def test_no_path_leads_out_of_a_tenants_files(here, elsewhere, trick) -> None:
    with tenant_context(elsewhere):
        path = default_storage.path("x.txt")
        default_storage.save("x.txt", ContentFile(b"KanariStoreB"))
        assert default_storage.exists("x.txt")
    assert elsewhere.schema_name in path
    wanted = trick.format(other=elsewhere.schema_name)
    answer = client_of(here, as_owner=True).get(f"/media/{wanted}")
    assert answer.status_code in (301, 400, 404)
    with tenant_context(here), pytest.raises(SuspiciousFileOperation):
        default_storage.open(f"../{elsewhere.schema_name}/x.txt")


def reset_link(tenant: Tenant, email: str) -> str:
    mail.outbox.clear()
    at(tenant.host).post("/accounts/password/reset/", {"email": email})
    with tenant_context(tenant):
        send_due_emails()
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_link_for_a_new_password_works_in_its_own_tenant_only(here, elsewhere) -> None:
    """Even for the same account id and address."""
    person = uuid4()
    for tenant in (here, elsewhere):
        with tenant_context(tenant):
            user = User.objects.create_user("awa@example.org", "calme-baobab-2026", id=person)
            user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    path = reset_link(here, "awa@example.org")
    assert "set-password" in at(here.host).get(path).headers.get("Location", "")
    for host in (elsewhere.host, "localhost"):
        assert "set-password" not in at(host).get(path).headers.get("Location", "")


def test_a_cache_entry_is_read_by_its_own_tenant_only(here, elsewhere) -> None:
    for tenant, value in ((here, "a"), (elsewhere, "b")):
        connection.set_tenant(tenant)
        assert cache.get("key") is None
        cache.set("key", value)
    connection.set_schema_to_public()
    assert cache.get("key") is None
    connection.set_tenant(here)
    assert cache.get("key") == "a"


@app.task(name="tests.where_am_i")
def where_am_i() -> str:
    return connection.schema_name


def run_with(headers: dict[str, str]) -> Any:
    """The task as a worker runs it, with these headers on its message."""
    task: TenantTask = where_am_i
    task.push_request(headers=headers, id="x")
    try:
        return task.__call__()
    finally:
        task.pop_request()


@pytest.fixture
def _keeps_its_connection(monkeypatch) -> None:
    """A worker closes its connection after each task; this test's holds its transaction."""
    monkeypatch.setattr(type(connection._connections["default"]), "close", lambda _: None)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_keeps_its_connection")
def test_a_task_runs_where_its_header_says_and_nowhere_without_one(here) -> None:
    assert run_with({"tenant_id": str(here.pk)}) == here.schema_name
    assert run_with({"tenant_id": "public"}) == "public"
    for headers in ({}, {"tenant_id": ""}, {"tenant_id": str(uuid4())}):
        with pytest.raises(Reject):
            run_with(headers)
        assert connection.schema_name == "public"


def test_a_search_and_an_export_hold_their_own_tenants_rows_only(here, elsewhere) -> None:
    for tenant in (here, elsewhere):
        with tenant_context(tenant):
            make_product(f"Pagne {tenant.name}")
    for tenant, other in ((here, elsewhere), (elsewhere, here)):
        staff = client_of(tenant, as_owner=True)
        for path in ("/?q=pagne", "/staff/products/?q=pagne"):
            text = staff.get(path).content.decode()
            assert tenant.name in text.partition("<main")[2], path
            assert other.name not in text, path
        export = b"".join(staff.get("/staff/audit/export/").streaming_content).decode()
        assert owner_of(tenant).email in export
        assert owner_of(other).email not in export
