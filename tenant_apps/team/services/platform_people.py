"""Accounts of people who come in from the platform: its owner, its members, by hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.team.models import Member, Role


@dataclass(frozen=True, slots=True)
class PlatformPerson:
    """A platform account, read before the switch into the tenant."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    locale: str

    @classmethod
    def of(cls, account: Any) -> PlatformPerson:
        """The person behind a platform account."""
        return cls(account.pk, account.email, account.first_name, account.last_name, account.locale)


@transaction.atomic
def ensure_owner(*, person: PlatformPerson) -> User:
    """The owner's own account in the tenant, made unless it is there. One transaction; the unique platform id decides."""
    user, created = User.objects.get_or_create(
        platform_user_id=person.id,
        defaults={
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "locale": person.locale,
            "is_staff": True,
        },
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        record(
            action="team.member.joined",
            category=AuditCategory.USER,
            resource=user,
            actor=user,
            after={"role": Role.OWNER},
        )
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    Member.objects.get_or_create(user=user, defaults={"role": Role.objects.get(key=Role.OWNER)})
    return user
