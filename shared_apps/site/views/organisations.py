"""The organisations a person belongs to, and the door into each."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from provisioning.services.people import prepare_entry
from shared_apps.accounts.handover import handover_url
from shared_apps.core.context import host_with_port
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.policies import has_seat
from shared_apps.organisations.selectors import access_membership, members_of, memberships_of, primary_host
from shared_apps.site.forms.members import ROLES
from shared_apps.site.pages import render_page
from shared_apps.site.plan_texts import PRODUCTS
from shared_apps.site.portal import render_portal
from shared_apps.site.selectors import first_orders_of, open_orders_of
from shared_apps.site.subscription_state import state_of

STATES = {
    Organisation.Status.PROVISIONING: (gettext_lazy("Being prepared"), "info"),
    Organisation.Status.ACTIVE: (pgettext_lazy("state", "Open"), "success"),
    Organisation.Status.SUSPENDED: (gettext_lazy("Read-only"), "warning"),
}
# What is not paid can still be entered, and read.
HAS_WORKSPACE = (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED)


@never_cache
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation with its door, and the orders that wait to be paid."""
    places = list(memberships_of(request.user))
    first_orders = first_orders_of([place.organisation_id for place in places])
    cards = [{**_card(place), "order_id": first_orders.get(place.organisation_id)} for place in places]
    return render_page(request, "organisations.html", {"cards": cards, "open_orders": open_orders_of(request.user)})


def _card(membership: Membership) -> dict[str, object]:
    organisation = membership.organisation
    host = primary_host(organisation)
    state, tone = STATES[Organisation.Status(organisation.status)]
    return {
        "organisation": organisation,
        "product": PRODUCTS[organisation.product],
        "plan": organisation.plan_version.plan.display_name,
        "role": ROLES[membership.role],
        "host": host_with_port(host) if host else "",
        "state": state,
        "tone": tone,
        "is_open": organisation.status in HAS_WORKSPACE,
        "can_enter": organisation.status in HAS_WORKSPACE and has_seat(membership.role),
    }


@never_cache
@require_safe
def organisation(request: HttpRequest, id: UUID) -> HttpResponse:
    """One organisation: its door, its plan, and who belongs to it."""
    place = access_membership(request.user, id)
    card = _card(place)
    people = members_of(place.organisation)
    context = {
        "card": card,
        "life": state_of(place),
        "people": people[:5],
        "people_count": people.count(),
    }
    return render_portal(request, place, "organisation.html", context)


@never_cache
@require_safe
def enter(request: HttpRequest, id: UUID) -> HttpResponse:
    """Into the workspace, by a token that works once and for a minute; `next` is a path of the workspace."""
    place = access_membership(request.user, id)
    organisation = place.organisation
    back = reverse("organisation", args=[id])
    if organisation.status not in HAS_WORKSPACE:
        messages.warning(request, _("This workspace is not open at the moment."))
        return redirect(back)
    try:
        account_id = prepare_entry(membership=place)
    except DomainError as error:
        return render(request, "errors/domain.html", {"error": error, "back_url": back}, status=error.status)
    target = handover_url(account_id=account_id, tenant=as_tenant(organisation), next_path=request.GET.get("next", ""))
    return HttpResponseRedirect(target)
