"""The end of a subscription and its way back, for the people of an organisation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import Subscription
from billing.services.cancelling import cancel_subscription, request_deletion, undo_cancellation
from billing.transitions import DELETED_AFTER, DELETED_ON_REQUEST_AFTER
from shared_apps.accounts.confirm import confirmation_required
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.core.templatetags.ui import day
from shared_apps.organisations.models import Membership
from shared_apps.organisations.policies import may_end
from shared_apps.organisations.selectors import access_membership
from shared_apps.organisations.services.locks import not_yours
from shared_apps.site.forms.subscription import CancelForm, DeleteForm
from shared_apps.site.portal import render_portal
from shared_apps.site.subscription_state import state_of

UNPROCESSABLE = 422


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """No further period, with the reason; everything works until the paid time ends."""
    place = _access_to_end(request, id)
    subscription = _subscription(place)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = cancel_subscription(subscription_id=subscription.pk, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _cancelled_words(ended))
            return redirect("organisation", id=id)
    context = {"form": form, "days": DELETED_AFTER.days, "life": state_of(place)}
    return render_portal(request, place, "cancel.html", context, status=UNPROCESSABLE if form.errors else 200)


def _cancelled_words(subscription: Subscription) -> str:
    if subscription.has_access:
        return _("The subscription ends on %(day)s. Until then everything works, and you can take it back.") % {
            "day": day(subscription.paid_until)
        }
    return _("The subscription is cancelled. The workspace can be read until %(day)s.") % {
        "day": day(subscription.delete_after)
    }


@require_POST
def undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take the end back while time is left."""
    place = _access_to_end(request, id)
    try:
        undo_cancellation(subscription_id=_subscription(place).pk, actor=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The subscription goes on."))
    return redirect("organisation", id=id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """Have everything deleted. Strangers are turned away before they are asked who they are."""
    return _delete(request, _access_to_end(request, id))


@confirmation_required
def _delete(request: HttpRequest, place: Membership) -> HttpResponse:
    form = DeleteForm(request.POST or None, organisation_name=place.organisation.name)
    if request.method == "POST" and form.is_valid():
        try:
            due = request_deletion(subscription_id=_subscription(place).pk, actor=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            words = _("Everything is deleted on %(day)s. Until then you can take it back.") % {"day": day(due)}
            messages.success(request, words)
            return redirect("organisation", id=place.organisation_id)
    context = {"form": form, "days": DELETED_ON_REQUEST_AFTER.days, "life": state_of(place)}
    return render_portal(request, place, "delete.html", context, status=UNPROCESSABLE if form.errors else 200)


def _access_to_end(request: HttpRequest, organisation_id: UUID) -> Membership:
    place = access_membership(request.user, organisation_id)
    if not may_end(place.role):
        raise not_yours()
    return place


def _subscription(place: Membership) -> Subscription:
    subscription = getattr(place.organisation, "subscription", None)
    if subscription is None:
        raise NotFound
    return subscription
