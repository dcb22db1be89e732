"""Who must stay for a workspace to have an owner."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from tenant_apps.team.models import Member, Role


def check_is_not_needed(user: User) -> None:
    """Raise DomainError for the last owner. Locks the owner's role row, as every change of members does."""
    if connection.schema_name == get_public_schema_name():
        return
    with transaction.atomic():
        owner = Role.objects.select_for_update().get(key=Role.OWNER)
    owners = Member.objects.filter(role=owner, user__is_active=True)
    if owners.filter(user=user).exists() and not owners.exclude(user=user).exists():
        raise DomainError("last_owner", _("You are the last owner of this workspace. Name another one first."))
