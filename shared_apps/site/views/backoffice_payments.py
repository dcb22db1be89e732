"""The back office's pages about payments: finding one, giving it back, and deciding about money that does not fit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.messages import explain
from billing.models import Payment
from billing.providers.base import ProviderError
from billing.providers.turns import turn_to_call
from billing.services.refunds import plan_refund, request_refund
from billing.services.resolve import resolve_now_or_soon
from billing.services.reversals import sync_reversals
from billing.services.reviews import settle_review
from billing.tasks import sync_reversals as sync_soon
from shared_apps.accounts.confirm import confirmation_required
from shared_apps.audit.texts import timeline
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.soon import send_soon
from shared_apps.core.throttle import check_rate
from shared_apps.site import payment_desk as desk
from shared_apps.site.backoffice import history_of
from shared_apps.site.forms.payment import readable_phone
from shared_apps.site.forms.refunds import PaymentFilter, RefundForm, ReviewForm, possible_decisions
from shared_apps.site.payment_effects import decision_cards, effects_of, mark_of, shown, verb_of
from shared_apps.site.payment_rows import (
    dispute_row,
    journal_row,
    message_row,
    payment_row,
    refund_row,
    review_row,
)
from shared_apps.site.views.backoffice import platform_admin, render_backoffice, room_tabs

PAGE = 25
UNPROCESSABLE = 422


@require_safe
@platform_admin
def payments(request: HttpRequest) -> HttpResponse:
    """Every payment, by search, method, state and day."""
    form = PaymentFilter(request.GET)
    page = Paginator(desk.payments(**form.chosen()), PAGE).get_page(request.GET.get("page"))
    rows = [payment_row(one) for one in page.object_list]
    return render_backoffice(request, "payments.html", {"form": form, "page": page, "rows": rows, **rooms("payments")})


@require_safe
@platform_admin
def payment(request: HttpRequest, id: UUID) -> HttpResponse:
    """One payment: its life, what the provider says, the books, and what may be done."""
    found = desk.get_payment(id)
    file = desk.payment_file(found)
    context = {
        **payment_row(found),
        "file": file,
        "order": found.order,
        "phone": readable_phone(found.phone) if found.phone else "",
        "refunds": [refund_row(one) for one in file.refunds],
        "journals": [journal_row(one) for one in file.journals],
        "webhooks": [message_row(one) for one in file.webhooks],
        "disputes": [dispute_row(one) for one in file.disputes],
        "events": timeline(history_of(found)),
        "why": explain(found.reason).what if found.reason else "",
        "may_refund": found.status == Payment.Status.SUCCEEDED and bool(found.refundable),
        "may_ask": found.method.is_automatic,
        "parts": found.order.payments.filter(applied_minor__gt=0).count(),
    }
    return render_backoffice(request, "payment.html", context)


@require_POST
@platform_admin
def ask_again(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask the provider now what became of the payment, and what was taken back of it."""
    found = desk.get_payment(id)
    try:
        check_rate(action="backoffice-ask", who=str(id), limit=10, seconds=60)
        resolve_now_or_soon(found.pk)
        with turn_to_call() as may_call:
            if may_call:
                sync_reversals(found.pk)
            else:
                send_soon(sync_soon, str(found.pk))
    except DomainError as error:
        messages.info(request, str(error))
    except ProviderError:
        messages.warning(request, _("The provider does not answer at the moment. Nothing has changed."))
    else:
        state = payment_row(desk.get_payment(id))["state"]
        messages.success(request, _("The provider was asked. The payment is: %(state)s.") % {"state": state})
    return redirect("backoffice_payment", id=id)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
@confirmation_required
def refund(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give a payment back. First the page says what that does; the second press of the button does it."""
    found = desk.get_payment(id)
    if not found.refundable or found.status != Payment.Status.SUCCEEDED:
        messages.warning(request, _("Nothing of this payment is left to give back."))
        return redirect("backoffice_payment", id=id)
    form = RefundForm(request.POST or None, payment=found)
    effects, verb = [], ""
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data.get(name, False) for name in ("ends_access", "to_credit")}
        amount = form.cleaned_data["amount"]
        try:
            plan = plan_refund(payment=found, order=found.order, amount=amount, **wanted)
            effects, verb = effects_of(plan, found, **wanted), verb_of(plan, to_credit=wanted["to_credit"])
            if form.cleaned_data["confirmed"] == mark_of(effects):
                reason = form.cleaned_data["reason"]
                made = request_refund(payment=found, amount=amount, reason=reason, actor=request.user, **wanted)
                messages.success(
                    request, _("Refund of %(amount)s · %(state)s") % {"amount": shown(amount), **refund_row(made)}
                )
                return redirect("backoffice_payment", id=id)
        except DomainError as error:
            effects = []
            show_error(form, error)
    context = {**payment_row(found), "order": found.order, "form": form, "effects": effects, "verb": verb}
    context["mark"] = mark_of(effects)
    return render_backoffice(request, "refund.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def decide(request: HttpRequest, id: UUID) -> HttpResponse:
    """Decide about money in review."""
    found = desk.get_payment(id)
    if found.status != Payment.Status.NEEDS_REVIEW:
        messages.info(request, _("This payment does not wait for a decision."))
        return redirect("backoffice_payment", id=id)
    cards = decision_cards(found, possible_decisions(found))
    form = ReviewForm(request.POST or None, payment=found, cards=cards)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            settled = settle_review(
                payment=found,
                decision=data["decision"],
                received=data.get("received"),
                admin=request.user,
                comment=data["comment"],
            )
        except DomainError as error:
            show_error(form, error, field="received_amount" if error.field == "received" else "")
        else:
            _announce(request, settled)
            return redirect("backoffice_review")
    context = {**review_row(found), "order": found.order, "form": form}
    return render_backoffice(request, "decide.html", context, status=UNPROCESSABLE if form.errors else 200)


def _announce(request: HttpRequest, settled: Payment) -> None:
    number = {"number": settled.order.number}
    if settled.status == Payment.Status.NEEDS_REVIEW:
        messages.warning(request, _("%(number)s: noted. Somebody else has to say so too.") % number)
    else:
        messages.success(request, _("%(number)s: decided. The payer was told.") % number)


@require_safe
@platform_admin
def review(request: HttpRequest) -> HttpResponse:
    """Money that waits for a decision."""
    page = Paginator(desk.in_review(), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [review_row(one) for one in page.object_list], **rooms("review")}
    return render_backoffice(request, "review.html", context)


def rooms(current: str) -> dict[str, Any]:
    """The rooms of payments, with how much waits in each."""
    counts = desk.waiting_counts()
    waiting = {"review": counts["review"], "refunds": counts["second"] + counts["by_hand"] + counts["silent"]}
    labels = {
        "payments": _("All payments"),
        "review": _("To decide"),
        "refunds": _("Refunds"),
        "invoices": _("Invoices"),
    }
    return {
        "counts": counts,
        "tabs": room_tabs(labels, current=current, counts=waiting),
    }
