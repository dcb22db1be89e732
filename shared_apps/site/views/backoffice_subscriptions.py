"""The back office's pages about subscriptions: who ends soon, who is read-only, and what an admin may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Subscription
from billing.services.subscriptions_admin import (
    end_provisional_access,
    give_days,
    lift_hold,
    suspend_subscription,
)
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.organisations.selectors import primary_host
from shared_apps.site import subscriptions_desk as desk
from shared_apps.site.forms.desk import SubscriptionSearch
from shared_apps.site.forms.subscription import ExtendForm, ReasonForm
from shared_apps.site.plan_texts import PRODUCTS
from shared_apps.site.subscription_state import LABELS, text_of
from shared_apps.site.views.backoffice import platform_admin, render_backoffice

UNPROCESSABLE = 422
Status = Subscription.Status
Hold = Subscription.Hold


@dataclass(frozen=True, slots=True)
class Action:
    """Something an admin may do: its words, its form, the service, and where it makes sense."""

    title: str | Promise
    text: str | Promise
    done: str | Promise
    form: type[forms.Form]
    act: Callable[..., None]
    fits: Callable[[Subscription], bool]
    is_dangerous: bool = False


ACTIONS: dict[str, Action] = {
    "extend": Action(
        gettext_lazy("Give free days"),
        gettext_lazy("They come after what is paid, or begin now where access had ended. What was only unpaid opens again."),
        gettext_lazy("The days are given."),
        ExtendForm,
        give_days,
        lambda one: one.status not in (Status.INCOMPLETE, Status.DELETED),
    ),
    "reactivate": Action(
        gettext_lazy("Take the hold back"),
        gettext_lazy("The workspace is then what it would be by time alone: open, in grace, or read-only until it is paid."),
        gettext_lazy("The hold is taken back."),
        ReasonForm,
        lift_hold,
        lambda one: one.status == Status.SUSPENDED and one.hold == Hold.ADMIN,
    ),
    "end-grace": Action(
        gettext_lazy("End the grace now"),
        gettext_lazy("The workspace can only be read from now on, also while a payment is being checked. A payment opens it again."),
        gettext_lazy("The grace is over."),
        ReasonForm,
        end_provisional_access,
        lambda one: one.status == Status.PAST_DUE,
        is_dangerous=True,
    ),
    "suspend": Action(
        gettext_lazy("Hold the workspace"),
        gettext_lazy("It can only be read until an administrator takes the hold back: a payment alone does not open it."),
        gettext_lazy("The workspace is held."),
        ReasonForm,
        suspend_subscription,
        lambda one: one.has_access or one.status == Status.CANCELLED or one.hold == Hold.UNPAID,
        is_dangerous=True,
    ),
}  # fmt: skip


@require_safe
@platform_admin
def subscriptions(request: HttpRequest) -> HttpResponse:
    """Every subscription by state and search, the soonest ending first."""
    name = request.GET.get("show", "running")
    view = name if name in desk.VIEWS else "running"
    form = SubscriptionSearch(request.GET)
    search = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(desk.subscriptions(view=view, search=search), 25).get_page(request.GET.get("page"))
    counts = desk.counts()
    tabs = [
        {"url": f"?show={key}", "label": one.label, "current": key == view, "count": counts[key]}
        for key, one in desk.VIEWS.items()
    ]
    context = {"form": form, "tabs": tabs, "show": view, "page": page, "rows": [_row(one) for one in page.object_list]}
    return render_backoffice(request, "subscriptions.html", context)


def _row(subscription: Subscription) -> dict[str, Any]:
    label, tone = LABELS[subscription.status]
    organisation = subscription.organisation
    return {
        "subscription": subscription,
        "subject": organisation,
        "host": primary_host(organisation) if organisation else "",
        "product": PRODUCTS[subscription.plan_version.plan.product].name,
        "plan": subscription.plan_version.plan.display_name,
        "label": label,
        "tone": tone,
    }


def card_of(subscription: Subscription | None) -> dict[str, Any] | None:
    """What the page of an organisation shows of its subscription: state, history, and what may be done."""
    if subscription is None:
        return None
    fitting = [{"key": key, "action": one} for key, one in ACTIONS.items() if one.fits(subscription)]
    settled = subscription.status in (Status.INCOMPLETE, Status.DELETED)
    return {
        **_row(subscription),
        "text": "" if settled else text_of(subscription, for_admin=True),
        "events": desk.history_of(subscription),
        "actions": fitting,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def change(request: HttpRequest, id: UUID, action: str) -> HttpResponse:
    """One act of an admin on a subscription, with its reason."""
    subscription = desk.get_subscription(id)
    chosen = ACTIONS.get(action)
    if chosen is None:
        raise NotFound
    form = chosen.form(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.act(subscription_id=id, admin=request.user, **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, str(chosen.done))
            return redirect("backoffice_organisation", id=subscription.organisation_id)
    context = {**_row(subscription), "action": chosen, "form": form, "fits": chosen.fits(subscription)}
    return render_backoffice(request, "subscription_change.html", context, status=UNPROCESSABLE if form.errors else 200)
