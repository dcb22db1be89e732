"""The organisations a person belongs to, and the door into each."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shared_apps.accounts.handover import handover_url
from shared_apps.core.context import host_with_port
from shared_apps.core.errors import NotFound
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.site.pages import render_page
from shared_apps.site.plan_texts import PRODUCTS
from shared_apps.site.selectors import access_organisation, memberships_of, open_orders_of

STATES = {
    Organisation.Status.PROVISIONING: (gettext_lazy("Being prepared"), "info"),
    Organisation.Status.ACTIVE: (pgettext_lazy("state", "Open"), "success"),
    Organisation.Status.SUSPENDED: (gettext_lazy("Suspended"), "warning"),
}
ROLES = {
    Membership.Role.OWNER: gettext_lazy("Owner"),
    Membership.Role.ADMIN: gettext_lazy("Administrator"),
    Membership.Role.BILLING: gettext_lazy("Billing"),
    Membership.Role.MEMBER: gettext_lazy("Member"),
}


@never_cache
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation with its door, and the orders that wait to be paid."""
    cards = [_card(membership) for membership in memberships_of(request.user)]
    return render_page(request, "organisations.html", {"cards": cards, "open_orders": open_orders_of(request.user)})


def _card(membership: Membership) -> dict[str, object]:
    organisation = membership.organisation
    primary = next((domain.domain for domain in organisation.domains.all() if domain.is_primary), "")
    state, tone = STATES[Organisation.Status(organisation.status)]
    return {
        "organisation": organisation,
        "product": PRODUCTS[organisation.product],
        "plan": organisation.plan_version.plan.display_name,
        "role": ROLES[Membership.Role(membership.role)],
        "host": host_with_port(primary) if primary else "",
        "state": state,
        "tone": tone,
        "is_open": organisation.status == Organisation.Status.ACTIVE,
    }


@never_cache
@require_safe
def enter(request: HttpRequest, id: UUID) -> HttpResponse:
    """Into the workspace, by a token that works once and for a minute."""
    membership = access_organisation(request.user, id)
    if membership is None:
        raise NotFound
    organisation = membership.organisation
    if organisation.status != Organisation.Status.ACTIVE:
        messages.warning(request, _("This workspace is not open at the moment."))
        return redirect("organisations")
    return HttpResponseRedirect(handover_url(user=request.user, tenant=as_tenant(organisation)))
