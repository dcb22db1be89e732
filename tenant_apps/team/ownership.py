"""Who must stay for a workspace to have an owner."""

from __future__ import annotations

from django.db import transaction
from django_tenants.utils import get_public_schema_name

from shared_apps.accounts.models import User
from shared_apps.core.tenancy import connection
from tenant_apps.team.selectors import member_of
from tenant_apps.team.services.members import check_not_last_owner, lock_team


@transaction.atomic
def check_is_not_needed(user: User) -> None:
    """Raise DomainError for the last owner. Locks the team, until the end of the caller's transaction."""
    if connection.schema_name == get_public_schema_name():
        return
    lock_team()
    member = member_of(user)
    if member:
        check_not_last_owner(member)
