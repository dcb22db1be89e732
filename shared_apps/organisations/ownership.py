"""Who must stay for an organisation to have an owner."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict
from shared_apps.organisations.models import Membership, Organisation


def check_is_not_needed(user: User) -> None:
    """Raise Conflict for the only owner of an organisation that still lives.

    Whoever acts on it holds the organisations (`lock_organisations_of`), so that of two owners one stays.
    """
    mine = Membership.objects.filter(user=user, role=Membership.Role.OWNER)
    others = Membership.objects.filter(
        organisation=OuterRef("pk"), role=Membership.Role.OWNER, user__is_active=True
    ).exclude(user=user)
    alone = (
        Organisation.objects.filter(pk__in=mine.values("organisation"))
        .exclude(status=Organisation.Status.CLOSED)
        .filter(~Exists(others))
        .first()
    )
    if alone is not None:
        raise Conflict(
            "last_owner",
            _("You are the only owner of %(organisation)s. Hand it over or close it first, then come back.")
            % {"organisation": alone.name},
            extra={"url": platform_url("/organisations/"), "label": _("My organisations")},
        )
