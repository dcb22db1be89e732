"""Somebody is forgotten through the page; afterwards no column of their schema holds their address, number or name."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from billing.models import Order
from provisioning.services import housekeeping
from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.services.addresses import (
    ask_email_change,
    ask_phone,
    confirm_email_change,
    remove_phone,
)
from shared_apps.accounts.services.profile import update_profile
from shared_apps.accounts.tests.support import last_link, log_in
from shared_apps.audit.models import AuditLog
from shared_apps.audit.services import record
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import notify_by_sms, send_due_emails
from shared_apps.organisations.current import Tenant
from shared_apps.organisations.models import Impersonation, Membership, Organisation
from shared_apps.organisations.models import Invitation as OrganisationInvitation
from shared_apps.organisations.services.invitations import invite as invite_to_organisation
from shared_apps.organisations.services.members import change_role
from tenant_apps.team.models import Invitation as TeamInvitation
from tenant_apps.team.models import Role
from tenant_apps.team.services.invitations import invite as invite_to_team
from tests.support.factories import PASSWORD, make_order, make_user
from tests.support.tenants import Browser, owner_of, ready_tenant

pytestmark = pytest.mark.django_db
ADDRESS, PHONE, NAME = "awa.ndiaye@example.org", "+237671234567", "Ndiaye-Canari"
FORMER_ADDRESS, FORMER_PHONE = "awa.fall@former.example.org", "+237655555555"
PASSED_ON = "contact@shared.example.org"  # was hers, and is somebody else's now
UNPROVED_PHONE = "+237699999999"
UNPROVED_ADDRESS = "awa@new.example.org"
# Somebody else, whose address ends like hers.
OTHER = f"m{ADDRESS}"
BROWSER = {"HTTP_USER_AGENT": "Canary Browser 1.0", "REMOTE_ADDR": "10.77.77.7"}
TRACES = [
    rf"(?<!m){ADDRESS}",
    rf"\{PHONE}",
    rf"\{UNPROVED_PHONE}",
    rf"\{FORMER_PHONE}",
    FORMER_ADDRESS,
    UNPROVED_ADDRESS,
    NAME,
    BROWSER["HTTP_USER_AGENT"],
    BROWSER["REMOTE_ADDR"],
]


def columns_with_traces() -> set[str]:
    """Every column of the current schema that still tells of her, but for what orders and payments must keep."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
            " AND table_name NOT LIKE 'billing%%' AND data_type NOT LIKE 'timestamp%%'",
            [connection.schema_name],  # type: ignore[attr-defined]  # django-tenants' backend
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~* %s LIMIT 1', ["|".join(TRACES)])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found


def awa() -> User:
    """Somebody with a number, messages to it, and a part in other people's entries."""
    user = make_user(email=PASSED_ON, first_name="Awa", phone=FORMER_PHONE, phone_verified_at=timezone.now())
    for address in (FORMER_ADDRESS, ADDRESS):
        ask_email_change(user=user, email=address)
        user = confirm_email_change(token=last_link("email_change").split("/")[-2])
    make_user(email=PASSED_ON)
    remove_phone(user=user)
    user.phone, user.phone_verified_at = PHONE, timezone.now()
    user.save()
    update_profile(user=user, first_name="Awa", last_name=NAME, locale="fr")
    ask_phone(user=user, phone=UNPROVED_PHONE)
    ask_email_change(user=user, email=UNPROVED_ADDRESS)
    for number in (PHONE, FORMER_PHONE):
        notify_by_sms(key=number, template="one_time_code", recipient=number, locale="fr", context={})
    Delivery.objects.create(
        key="theirs", channel="email", template="welcome", recipient=PASSED_ON, locale="fr", context={}
    )
    LoginAttempt.objects.create(email=FORMER_ADDRESS, method="password", succeeded=False, reason="wrong")
    text = f"Complaint of\n{ADDRESS}\n{PHONE}\r\n\x0b{ADDRESS}"
    record(action="account.verified", category="user", resource=make_user(), after={"comment": text})
    for address in (ADDRESS, OTHER):
        facts = {"people": [address], "person": f"Awa {NAME} ({address})" if address == ADDRESS else address}
        record(action="account.verified", category="user", resource=make_user(), before=facts, after=facts)
    return user


def forget(client: Client) -> None:
    """Be forgotten through the page; then the last mail goes out, and a night passes."""
    log_in(client, ADDRESS, **BROWSER)
    client.post("/accounts/confirm/", {"answer": PASSWORD}, **BROWSER)
    assert client.post("/accounts/privacy/erase/", {"typed": ADDRESS}, **BROWSER).status_code == 200
    assert AuditLog.objects.filter(action="http.request", after__path="/accounts/privacy/erase/").exists()
    assert list(Delivery.objects.filter(recipient=ADDRESS).values_list("template", flat=True)) == ["account_erased"]
    # Whoever has her former address now keeps what is theirs.
    assert Delivery.objects.filter(key="theirs").exists()
    send_due_emails()
    housekeeping.clean_schema()


def test_a_platform_account_leaves_nothing_behind(public_client: Client) -> None:
    user = awa()
    for name, accepted in (("store-a", True), ("events-a", False)):
        place = Organisation.objects.get(pk=ready_tenant(name).pk)
        for address in (ADDRESS, FORMER_ADDRESS, OTHER):
            invite_to_organisation(organisation_id=place.pk, email=address, role="member", by=place.owner)
        if accepted:
            OrganisationInvitation.objects.filter(email__in=[ADDRESS, FORMER_ADDRESS]).update(
                accepted_at=timezone.now()
            )
            member = Membership.objects.create(organisation=place, user=user, role="member")
            change_role(organisation_id=place.pk, member_id=member.pk, role="admin", by=place.owner)
    Impersonation.objects.create(
        organisation=place, admin=make_user(), person_id=uuid4(), person=f"Awa {NAME} ({ADDRESS})", reason="Support",
        expires_at=timezone.now() + timedelta(minutes=5),
    )  # fmt: skip
    order = make_order(user=user)
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    assert {
        "audit_auditlog.before", "audit_auditlog.after", "organisations_invitation.email",
        "notifications_delivery.recipient", "organisations_impersonation.person", "accounts_user.phone",
    } <= columns_with_traces()  # fmt: skip
    forget(public_client)
    assert columns_with_traces() == set()
    assert Order.objects.get(pk=order.pk).customer_email == ADDRESS
    assert AuditLog.objects.filter(before__people=[OTHER], after__person=OTHER).count() == 1
    assert set(OrganisationInvitation.objects.values_list("email", flat=True)) == {OTHER}


def test_an_account_of_a_workspace_leaves_nothing_behind(tenant: Tenant) -> None:
    owner = owner_of(tenant)
    connection.set_tenant(tenant)
    awa()
    role = Role.objects.get(key=Role.ADMINISTRATOR)
    for number, address in enumerate((ADDRESS, FORMER_ADDRESS, PASSED_ON, OTHER)):
        invite_to_team(invitation_id=UUID(int=number), email=address, role=role, by=owner)
    assert {"team_invitation.email", "audit_auditlog.after"} <= columns_with_traces()
    forget(Browser(tenant))
    assert columns_with_traces() == set()
    assert set(TeamInvitation.objects.values_list("email", flat=True)) == {PASSED_ON, OTHER}
