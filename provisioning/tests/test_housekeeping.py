"""The nightly clean-up and the mail sweep: every schema, each by its own rules, one tenant's trouble its own."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from provisioning.services import housekeeping
from shared_apps.accounts.models import ApiSession, HandoverUse, LoginAttempt
from shared_apps.audit.models import AuditLog, RetentionRule
from shared_apps.audit.services import delete_expired_entries
from shared_apps.audit.tests.support import make_entry
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.fleet import in_every_tenant, live_organisations
from shared_apps.organisations.models import Invitation, Organisation
from shared_apps.outbox.models import OutboxMessage
from tenant_apps.team.models import Invitation as TeamInvitation
from tenant_apps.team.models import Role
from tests.support.factories import make_user
from tests.support.tenants import ready_tenant


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


@pytest.mark.parametrize(
    ("category", "level", "days"),
    [("http", "info", 90), ("http", "error", 365), ("security", "warning", 365), ("payment", "info", 2555),
     ("payment", "error", 2555), ("catalogue", "info", 2555)],
)  # fmt: skip
def test_entries_live_as_long_as_their_category_says(db: None, category: str, level: str, days: int) -> None:
    AuditLog.objects.all().delete()
    make_entry(category=category, level=level, days_ago=days + 0.1)
    young = make_entry(category=category, level=level, days_ago=days - 0.1)
    assert delete_expired_entries(batch=1) == 1
    assert list(AuditLog.objects.all()) == [young]


def test_a_rule_takes_the_place_of_the_default(db: None) -> None:
    AuditLog.objects.all().delete()
    RetentionRule.objects.create(category="http", days=40)
    make_entry(category="http", days_ago=41)
    make_entry(category="http", days_ago=39)
    assert delete_expired_entries() == 1


def test_what_others_left_behind_goes_too_and_the_rest_stays(db: None) -> None:
    user = make_user()
    for days, kept in ((400, False), (0, True)):
        key = f"key-{kept}"
        Session.objects.create(session_key=key, session_data="", expire_date=ago(days) + timedelta(hours=1))
        HandoverUse.objects.create(token_id=uuid.uuid4(), used_at=ago(days))
        ApiSession.objects.create(user=user, expires_at=ago(days) + timedelta(hours=1), user_agent=key)
        LoginAttempt.objects.create(email=key, method="password", succeeded=True, at=ago(days))
        Delivery.objects.create(
            key=key, template="x", recipient="a@example.org", locale="fr", status="sent", sent_at=ago(days)
        )
        OutboxMessage.objects.create(topic="x", key=key, done_at=ago(days))
    Delivery.objects.create(key="waiting", template="x", recipient="a@example.org", locale="fr", created_at=ago(400))
    OutboxMessage.objects.create(topic="x", key="waiting", created_at=ago(400))
    housekeeping.clean_up()
    assert set(Session.objects.values_list("session_key", flat=True)) == {"key-True"}
    assert HandoverUse.objects.filter(used_at__lt=ago(1)).count() == 0
    assert set(ApiSession.objects.values_list("user_agent", flat=True)) == {"key-True"}
    assert set(LoginAttempt.objects.values_list("email", flat=True)) == {"key-True"}
    assert not Delivery.objects.filter(key="key-False").exists()
    assert Delivery.objects.filter(key__in=["key-True", "waiting"]).count() == 2
    assert set(OutboxMessage.objects.filter(topic="x").values_list("key", flat=True)) == {"key-True", "waiting"}


def test_a_browser_whose_session_is_gone_is_listed_no_longer(db: None) -> None:
    user = make_user()
    for key in ("logged-out", "open"):
        UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="x")
    Session.objects.create(session_key="open", session_data="", expire_date=ago(-1))
    housekeeping.clean_up()
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"open"}


INVITATIONS = [("accepted_at", 91, False), ("revoked_at", 91, False), ("expires_at", 91, False),
               ("accepted_at", 89, True), ("revoked_at", 89, True), ("expires_at", 89, True), ("expires_at", -1, True)]  # fmt: skip


def test_invitations_that_are_long_over_go_with_the_addresses_in_them(db: None) -> None:
    tenant, user = ready_tenant("store-a"), make_user()
    kept = {f"{number}@example.org" for number, (_end, _days, stays) in enumerate(INVITATIONS) if stays}
    for number, (end, days, _stays) in enumerate(INVITATIONS):
        ends = {"expires_at": ago(-1), end: ago(days)}
        facts = {"email": f"{number}@example.org", "token_hash": str(number), "locale": "fr", **ends}
        Invitation.objects.create(organisation_id=tenant.pk, role="member", invited_by=user, **facts)
        with tenant_context(tenant):
            TeamInvitation.objects.create(role=Role.objects.get(key=Role.ADMINISTRATOR), **facts)
    housekeeping.clean_up()
    assert set(Invitation.objects.values_list("email", flat=True)) == kept
    with tenant_context(tenant):
        assert set(TeamInvitation.objects.values_list("email", flat=True)) == kept
        assert AuditLog.objects.filter(action="team.invitation.forgotten", before__role="administrator").count() == 3
    assert AuditLog.objects.filter(action="organisation.invitation.forgotten").count() == 3


def test_every_live_tenant_is_visited_by_its_own_rules(db: None) -> None:
    for name, days in (("store-a", 40), ("events-b", 90)):
        connection.set_tenant(ready_tenant(name))
        RetentionRule.objects.create(category="http", days=days)
        make_entry(category="http", days_ago=50)
    connection.set_schema_to_public()
    make_entry(category="http", days_ago=50)
    housekeeping.clean_up()
    left = {}
    for name in ("store-a", "events-b"):
        connection.set_tenant(ready_tenant(name))
        left[name] = AuditLog.objects.filter(category="http").count()
    connection.set_schema_to_public()
    assert left == {"store-a": 0, "events-b": 1}
    assert AuditLog.objects.filter(category="http").count() == 1


def test_one_tenants_trouble_stops_no_other(db: None) -> None:
    bad = ready_tenant("store-a").schema_name
    seen = []

    def act() -> int:
        if connection.schema_name == bad:
            raise DatabaseError("broken")
        seen.append(connection.schema_name)
        return 1

    assert in_every_tenant(act, what="a test") == len(live_organisations()) - 1 == len(seen)
    assert connection.schema_name == "public"


def test_closed_organisations_are_not_visited(db: None) -> None:
    Organisation.objects.filter(domains__domain="store-a.localhost").update(status="closed")
    gone = ready_tenant("store-a").schema_name
    assert gone not in {one.schema_name for one in live_organisations()}


def test_mail_of_a_tenant_whose_task_was_lost_is_sent_for(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(housekeeping, "send_soon", lambda task, **_: told.append(connection.schema_name))
    assert housekeeping.sweep_mail() == 0
    lost, later = ready_tenant("store-a"), ready_tenant("events-a")
    for tenant, due in ((lost, ago(0.1)), (later, ago(-0.1))):
        connection.set_tenant(tenant)
        Delivery.objects.all().delete()
        Delivery.objects.create(key="k", template="x", recipient="a@example.org", locale="fr", next_attempt_at=due)
    connection.set_schema_to_public()
    assert housekeeping.sweep_mail() == 1
    assert told == [lost.schema_name]
