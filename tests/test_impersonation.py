"""Support looks at a workspace as one of its people: announced, short, read-only unless asked, and never as oneself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django_tenants.utils import tenant_context

from baobab.products import PRODUCTS
from shared_apps.accounts.models import LoginAttempt, SecondFactor, User
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Impersonation, Organisation
from shared_apps.organisations.services.impersonation import end_expired_impersonations
from tests.support.factories import make_admin
from tests.support.portal import follow, on_platform, organisation_at

pytestmark = pytest.mark.django_db
BANNER = 'class="impersonation"'


def inside(organisation: Organisation) -> Any:
    return tenant_context(as_tenant(organisation))


def owner_inside(organisation: Organisation) -> User:
    with inside(organisation):
        return User.objects.get(platform_user_id=organisation.owner_id)


def begin(organisation: Organisation, admin: User, *, mode: str = "read", **changes: Any) -> tuple[Client, Any]:
    """What the back office answers to the form."""
    client = on_platform(admin)
    data = {"person": owner_inside(organisation).pk, "reason": "Ticket 4711", "mode": mode, **changes}
    return client, client.post(f"/backoffice/organisations/{organisation.pk}/visit/", data)


def visit(organisation: Organisation, *, admin: User | None = None, mode: str = "read") -> tuple[Client, Impersonation]:
    """A client inside the workspace as its owner, and the platform's row."""
    desk, answer = begin(organisation, admin or make_admin(), mode=mode)
    assert answer.status_code == 302, answer.content.decode()
    row = Impersonation.objects.order_by("-started_at")[0]
    client, entered = follow(desk.get(f"/backoffice/visits/{row.pk}/open/"))
    assert entered.status_code == 302, entered.content.decode()
    return client, row


@pytest.mark.parametrize("product", list(PRODUCTS))
def test_every_page_of_the_workspace_says_who_looks_why_and_until_when(product) -> None:
    organisation = organisation_at(f"{product}-a")
    client, row = visit(organisation)
    for path in ("/", "/staff/", "/staff/team/", "/no-such-page/", "/accounts/logout/"):
        page = client.get(path, follow=True).content.decode()
        assert BANNER in page, path
        assert row.admin.email in page
        assert "Ticket 4711" in page
        assert f'datetime="{row.expires_at.astimezone(timezone.get_current_timezone()):%Y-%m-%dT%H:%M}' in page


def test_the_owners_own_pages_show_no_banner() -> None:
    organisation = organisation_at()
    visit(organisation)
    client = Client(HTTP_HOST="store-a.localhost")
    with inside(organisation):
        owner = User.objects.get(platform_user_id=organisation.owner_id)
        client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert BANNER not in client.get("/staff/", follow=True).content.decode()
    assert client.get("/staff/team/").status_code == 200


def test_both_logs_and_the_owner_are_told() -> None:
    organisation, admin = organisation_at(), make_admin()
    client, row = visit(organisation, admin=admin)
    client.post("/impersonation/end/")
    for action in ("impersonation.started", "impersonation.ended"):
        entry = AuditLog.objects.get(action=action, resource_id=str(row.pk))
        assert (entry.category, entry.level, entry.actor_label) == ("security", "warning", admin.email)
        assert "person" not in entry.after  # whoever is forgotten there must not live on here
        with inside(organisation):
            theirs = AuditLog.objects.get(action=action)
            assert theirs.after["reason"] == "Ticket 4711"
            assert theirs.after["admin"] == admin.email
            # Whoever was forgotten meanwhile is not named again at the end.
            assert theirs.after.get("person") == (row.person if action == "impersonation.started" else None)
    row.refresh_from_db()
    assert row.person == ""
    mail = Delivery.objects.get(template="impersonation")
    assert (mail.recipient, mail.context["reason"]) == (organisation.owner.email, "Ticket 4711")


def test_it_leaves_no_trace_of_a_log_in_on_the_person() -> None:
    organisation = organisation_at()
    before = owner_inside(organisation).last_login
    visit(organisation)
    assert owner_inside(organisation).last_login == before
    with inside(organisation):
        assert not LoginAttempt.objects.exists()
        assert not AuditLog.objects.filter(action="account.entered").exists()


def unsafe_paths(product: str) -> Iterator[str]:
    """Every address of a tenant's host, with something in place of each argument."""
    yield from _walk(get_resolver(PRODUCTS[product].urlconf).url_patterns, "/")


def _walk(patterns: list[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        part = re.sub(r"<uuid:\w+>", "7f1b1f0e-5a55-4c0e-9a53-0a8f6c9b3c11", str(pattern.pattern))
        part = re.sub(r"<int:\w+>", "1", part)
        part = re.sub(r"<(\w+:)?\w+>", "x", part)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + part)
        elif isinstance(pattern, URLPattern):
            yield prefix + re.sub(r"\(\?P[^)]*\)|[\^$\\]", "x" if "(?P" in part else "", part)


@pytest.mark.parametrize("product", list(PRODUCTS))
def test_nothing_can_be_sent_while_it_is_read_only(product) -> None:
    client, _row = visit(organisation_at(f"{product}-a"))
    tried = 0
    for path in unsafe_paths(product):
        if path in ("/impersonation/end/", "/accounts/logout/", "/i18n/setlang/"):
            continue
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(path)
            assert answer.status_code == 403, (method, path)
            tried += 1
    assert tried > 40


def test_changes_that_were_asked_for_are_made_and_name_the_admin() -> None:
    organisation, admin = organisation_at(), make_admin()
    owner_email = organisation.owner.email
    client, _row = visit(organisation, admin=admin, mode="change")
    shop = {"name": "Chez Awa", "description": "Mode", "phone": "", "brand_colour": "#aa3300"}
    assert client.post("/staff/settings/", shop).status_code == 302
    with inside(organisation):
        made = AuditLog.objects.get(action="store.shop.changed")
        assert (made.impersonator, made.actor_label) == (admin.email, owner_email)
    on_platform(admin).get("/backoffice/")
    assert not AuditLog.objects.exclude(impersonator="").exists()


@pytest.mark.parametrize("mode", ["read", "change"])
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/reset/", "/accounts/login/", "/accounts/", "/enter/x/", "/staff/api-keys/", "/staff/identity/",
        "/staff/identity/7f1b1f0e-5a55-4c0e-9a53-0a8f6c9b3c11/document/",
    ],
)  # fmt: skip
def test_a_persons_own_affairs_are_closed(mode, path) -> None:
    client, _row = visit(organisation_at(), mode=mode)
    for method in ("get", "post"):
        assert getattr(client, method)(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/staff/team/invite/", "/staff/team/roles/new/", "/staff/accounts/google/", "/staff/audit/retention/"],
)
def test_what_would_outlast_it_can_only_be_looked_at(path) -> None:
    client, _row = visit(organisation_at(), mode="change")
    assert client.get(path).status_code == 200
    assert client.post(path, {"email": "moi@example.org", "role": "administrator"}).status_code == 403


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_it_ends_with_the_admins_own_rights(lost) -> None:
    admin = make_admin()
    client, _row = visit(organisation_at(), admin=admin)
    User.objects.filter(pk=admin.pk).update(**{lost: False})
    assert client.get("/staff/team/").status_code == 403
    assert_over(client)


def test_it_ends_with_the_second_factor_that_admins_need(settings) -> None:
    settings.ADMINS_NEED_SECOND_FACTOR = True
    admin = make_admin()
    factor = SecondFactor.objects.create(user=admin, kind=SecondFactor.Kind.EMAIL)
    client, _row = visit(organisation_at(), admin=admin)
    assert client.get("/staff/team/").status_code == 200
    factor.delete()
    assert client.get("/staff/team/").status_code == 403
    assert_over(client)


def assert_over(client: Client) -> None:
    client.get("/staff/team/")
    assert client.get("/staff/team/").status_code == 302
    assert BANNER not in client.get("/").content.decode()


def test_it_ends_by_its_button() -> None:
    client, row = visit(organisation_at())
    assert client.post("/impersonation/end/").status_code == 200
    row.refresh_from_db()
    assert row.ended_at
    assert_over(client)


def test_it_ends_at_log_out() -> None:
    client, row = visit(organisation_at())
    client.post("/accounts/logout/")
    row.refresh_from_db()
    assert row.ended_at
    assert_over(client)


def test_it_ends_when_its_time_is_over() -> None:
    client, row = visit(organisation_at())
    assert client.get("/staff/team/").status_code == 200
    past = timezone.now() - timedelta(minutes=31)
    Impersonation.objects.filter(pk=row.pk).update(started_at=past, expires_at=past + timedelta(minutes=30))
    answer = client.get("/staff/team/")
    assert answer.status_code == 403
    assert "Ticket" not in answer.content.decode()
    assert_over(client)


def test_both_logs_say_that_its_time_was_over() -> None:
    organisation = organisation_at("store-a")
    _, row = visit(organisation)
    _, running = visit(organisation)
    past = timezone.now() - timedelta(minutes=31)
    Impersonation.objects.filter(pk=row.pk).update(started_at=past, expires_at=past + timedelta(minutes=30))
    assert end_expired_impersonations() == 1
    assert end_expired_impersonations() == 0
    assert AuditLog.objects.filter(action="impersonation.ended").count() == 1
    with inside(organisation):
        assert AuditLog.objects.filter(action="impersonation.ended").count() == 1
    running.refresh_from_db()
    assert running.ended_at is None


def test_the_platform_ends_it_at_once() -> None:
    organisation, other_admin = organisation_at(), make_admin()
    client, row = visit(organisation)
    on_platform(other_admin).post(f"/backoffice/visits/{row.pk}/end/")
    assert client.get("/staff/team/").status_code == 403
    assert_over(client)
    with inside(organisation):
        assert AuditLog.objects.filter(action="impersonation.ended").count() == 1


def test_only_the_admin_who_began_it_goes_in_and_only_while_it_lasts() -> None:
    desk, _answer = begin(organisation_at(), make_admin())
    row = Impersonation.objects.get()
    path = f"/backoffice/visits/{row.pk}/open/"
    assert on_platform(make_admin()).get(path).status_code == 404
    door = desk.get(path)
    assert follow(door, host="store-b.localhost")[1].status_code == 403
    assert follow(door)[1].status_code == 302
    assert follow(door)[1].status_code == 403
    Impersonation.objects.update(ended_at=timezone.now())
    assert desk.get(path).status_code == 404


def test_its_session_opens_nothing_elsewhere() -> None:
    client, _row = visit(organisation_at())
    other = Client(HTTP_HOST="store-b.localhost")
    other.cookies = client.cookies
    assert other.get("/staff/team/").status_code == 302
    assert other.get("/staff/team/", HTTP_HOST="localhost").status_code in (302, 404)


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": "  "}, {"person": "7f1b1f0e-5a55-4c0e-9a53-0a8f6c9b3c11"}, {"mode": "all"}]
)
def test_it_needs_a_reason_and_somebody_who_works_there(wrong) -> None:
    _client, answer = begin(organisation_at(), make_admin(), **wrong)
    assert answer.status_code == 422
    assert not Impersonation.objects.exists()


def test_a_visit_needs_a_fresh_proof_of_who_asks() -> None:
    organisation, admin = organisation_at(), make_admin()
    path = f"/backoffice/organisations/{organisation.pk}/visit/"
    client = on_platform(admin, confirmed=False)
    data = {"person": owner_inside(organisation).pk, "reason": "Ticket 4711", "mode": "read"}
    for answer in (client.get(path), client.post(path, data)):
        assert answer.headers["Location"].startswith("/accounts/confirm/")
    assert not Impersonation.objects.exists()


def test_people_of_another_workspace_are_not_offered() -> None:
    stranger = owner_inside(organisation_at("store-b"))
    _client, answer = begin(organisation_at(), make_admin(), person=stranger.pk)
    assert answer.status_code == 422
    assert stranger.email not in answer.content.decode()


def test_only_platform_admins_come_near_it(client) -> None:
    organisation = organisation_at()
    row = Impersonation.objects.create(
        organisation=organisation,
        admin=make_admin(),
        person_id=owner_inside(organisation).pk,
        person="Awa",
        reason="x",
        started_at=timezone.now(),
        expires_at=timezone.now() + timedelta(minutes=5),
    )
    owner = on_platform(organisation.owner)
    for path in (
        "/backoffice/organisations/",
        f"/backoffice/organisations/{organisation.pk}/",
        f"/backoffice/organisations/{organisation.pk}/visit/",
        f"/backoffice/visits/{row.pk}/open/",
    ):
        assert owner.get(path).status_code == 403, path
    assert owner.post(f"/backoffice/visits/{row.pk}/end/").status_code == 403
    row.refresh_from_db()
    assert row.ended_at is None
