"""An organisation's plan: what it has and uses, the next period, and another plan."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Plan, Subscription
from billing.money import Money
from billing.services.reminders import open_renewal_of
from billing.services.renewals import open_renewal, order_change, schedule_change
from billing.services.subscriptions import last_version
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.forms import show_error
from shared_apps.organisations.models import Membership
from shared_apps.organisations.policies import may_pay
from shared_apps.organisations.selectors import access_membership
from shared_apps.organisations.services.locks import not_yours
from shared_apps.site.forms.plan import ChangeForm, RenewForm
from shared_apps.site.plan_page import access_plan, change_page, plan_page, renewals_of, subscription_of, wanted_cycle
from shared_apps.site.portal import render_portal
from shared_apps.site.subscription_state import has_time_left, state_of

UNPROCESSABLE = 422


@never_cache
@require_safe
def plan(request: HttpRequest, id: UUID) -> HttpResponse:
    """The plan and what is used of it: everybody; what it costs: those who pay."""
    place = access_membership(request.user, id)
    return render_portal(request, place, "plan.html", plan_page(place))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, id: UUID) -> HttpResponse:
    """To the order of the next period: the one that waits, or one for the cycle that is chosen. `?choose` shows the choice
    although one waits."""
    place, subscription = access_to_pay(request, id)
    waiting = open_renewal_of(subscription.pk)
    if request.method != "POST" and waiting and "choose" not in request.GET:
        return redirect("order", id=waiting.pk)
    form = RenewForm(
        request.POST if request.method == "POST" else None,
        previews=renewals_of(subscription),
        initial={"cycle": wanted_cycle(subscription)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            order = open_renewal(subscription_id=subscription.pk, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            return redirect("order", id=order.pk)
    context = {
        "form": form,
        "life": state_of(place),
        "subscription": subscription,
        "opens_without_payment": has_time_left(subscription),
    }
    return render_portal(request, place, "renew.html", context, status=UNPROCESSABLE if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, id: UUID, name: str) -> HttpResponse:
    """Another plan: what it costs and brings, and the confirmation of exactly that."""
    place, subscription = access_to_pay(request, id)
    wanted = access_plan(subscription, name)
    if wanted.pk == subscription.plan_version.plan_id:
        return redirect("organisation_plan", id=id)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            return _confirm(request, place, subscription, wanted)
        except DomainError as error:
            problem = error
            subscription = subscription_of(place)
    try:
        context = change_page(place, subscription, wanted)
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect("organisation_plan", id=id)
    later = context["later"]
    chosen = request.POST.get("cycle") or wanted_cycle(subscription)
    shown = {
        "now": context["preview"].is_now,
        "expected": context["preview"].due.minor,
        "cycle": chosen if chosen in later else next(iter(later), ""),
    }
    context |= {"problem": problem, "form": ChangeForm(initial=shown, later=later)}
    return render_portal(request, place, "plan_change.html", context, status=problem.status if problem else 200)


def _confirm(request: HttpRequest, place: Membership, subscription: Subscription, wanted: Plan) -> HttpResponse:
    form = ChangeForm(request.POST, later=change_page(place, subscription, wanted)["later"])
    if not form.is_valid():
        raise Conflict(
            "not_understood", _("Your confirmation could not be read. Check the amount, then confirm again.")
        )
    asked = form.cleaned_data
    if asked["now"]:
        order = order_change(
            subscription_id=subscription.pk,
            plan=wanted,
            expected_due=Money(asked["expected"], subscription.currency),
            actor=request.user,
        )
        return redirect("order", id=order.pk)
    schedule_change(subscription_id=subscription.pk, plan=wanted, cycle=asked["cycle"], actor=request.user)
    messages.success(
        request, _("Noted: the plan %(plan)s begins with your next period.") % {"plan": wanted.display_name}
    )
    return redirect("organisation_plan", id=place.organisation_id)


@require_POST
def keep(request: HttpRequest, id: UUID) -> HttpResponse:
    """Undo a planned change."""
    _place, subscription = access_to_pay(request, id)
    try:
        schedule_change(
            subscription_id=subscription.pk,
            plan=last_version(subscription).plan,
            cycle=subscription.cycle,
            actor=request.user,
        )
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The plan stays as it is."))
    return redirect("organisation_plan", id=id)


def access_to_pay(request: HttpRequest, organisation_id: UUID) -> tuple[Membership, Subscription]:
    """Somebody's place and its subscription; raises NotFound for strangers, NotAllowed for those who do not pay."""
    place = access_membership(request.user, organisation_id)
    if not may_pay(place.role):
        raise not_yours()
    return place, subscription_of(place)
