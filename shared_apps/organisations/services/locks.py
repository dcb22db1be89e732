"""The one lock of everything about an organisation's people, and the refusals they share."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shared_apps.core.errors import NotAllowed, NotFound
from shared_apps.organisations.models import Invitation, Membership, Organisation


def lock_organisation(organisation_id: uuid.UUID) -> Organisation:
    """Lock an organisation's row until the transaction ends; raises NotFound for one that is not there or closed."""
    organisation = (
        Organisation.objects.select_for_update()
        .filter(pk=organisation_id)
        .exclude(status=Organisation.Status.CLOSED)
        .first()
    )
    if organisation is None:
        raise NotFound
    return organisation


def lock_organisations_of(user: Any) -> None:
    """Lock every organisation where somebody has a place or an invitation until the transaction ends, in the order of ids."""
    places = Membership.objects.filter(user_id=user.pk).values("organisation_id")
    invited = Invitation.objects.filter(email=user.email).values("organisation_id")
    touched = Organisation.objects.filter(Q(pk__in=places) | Q(pk__in=invited))
    list(touched.select_for_update().order_by("pk").values_list("pk"))


def access_place(user: Any, organisation: Organisation) -> Membership:
    """Somebody's place in a locked organisation; raises NotFound for strangers."""
    membership = organisation.memberships.filter(user_id=user.pk).select_related("user").first()
    if membership is None:
        raise NotFound
    return membership


def not_yours() -> NotAllowed:
    """Your role is too small for this."""
    return NotAllowed("not_yours_to_change", _("Your role does not allow this. Ask an owner of the organisation."))
