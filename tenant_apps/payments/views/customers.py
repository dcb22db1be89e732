"""What customers see of paying: the ways to choose from, waiting, and what came of it.

A payment's id is its secret: its pages show nothing but the bill's number, the amount and what became of it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from redis.exceptions import RedisError

from billing.providers import reasons
from billing.providers.fx import NoQuote, quote_in_eur
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_address_rate, check_rate
from tenant_apps.payments import selectors, tasks
from tenant_apps.payments.bills import Bill, Payee, payee_for
from tenant_apps.payments.forms import ChooseForm, ReceiptForm
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services.resolve import BY_STAFF, resolve_now_or_soon
from tenant_apps.payments.services.starting import next_url, start_payment, transfer_instructions
from tenant_apps.payments.services.transfers import send_receipt
from tenant_apps.payments.texts import explain
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.pages import UNPROCESSABLE, render_public
from tenant_apps.team.products import product_config

Status = Payment.Status
# Seconds between two questions to a provider while somebody looks at the page.
NUDGE_SECONDS = 4
PUSHED = (Method.Name.MTN_MOMO, Method.Name.MOOV)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: TenantRequest, purpose: str, subject: UUID) -> HttpResponse:
    """The bill and the ways to pay it; sent, it begins a payment and leads to the provider where there is one to go to."""
    bill = _payee(purpose).bill_of(subject)
    form = choose_form(bill, request.POST if request.method == "POST" else None)
    if request.method == "POST" and bill.payable and form.is_valid():
        try:
            check_address_rate("tenant-pay")
            payment = start_payment(
                purpose=purpose,
                subject=subject,
                method=form.cleaned_data["method"],
                phone=form.cleaned_data.get("phone", ""),
                by=request.user if request.user.is_authenticated else None,
            )
        except DomainError as error:
            show_error(form, error)
        else:
            return HttpResponseRedirect(next_url(payment))
    latest = selectors.latest_attempt(purpose, subject)
    context = {
        "bill": bill,
        "pay_form": form,
        "open_payment": latest if latest and latest.is_open else None,
    }
    return _page(request, "payments/choose_page.html", context, status=UNPROCESSABLE if form.errors else 200)


def choose_form(bill: Bill, data: Any = None) -> ChooseForm:
    """The form of `payments/choose.html` for a bill; products may show it on pages of their own."""
    offered = selectors.methods_for(bill.due) if bill.payable else []
    euros = ""
    if bill.due.minor > 0 and bill.due.currency != "EUR":
        try:
            euros = quote_in_eur(bill.due, at=timezone.now()).charged.display(get_language() or "fr")
        except NoQuote:
            euros = ""
    return ChooseForm(data, offered=offered, charged_in_euros=euros)


@login_not_required
@never_cache
@require_safe
def payment(request: TenantRequest, payment_id: UUID) -> HttpResponse:
    """Waiting for a payment, and what came of it. It follows by itself, and works by reloading."""
    found = _load(payment_id)
    _nudge(found)
    came_away = "left" in request.GET
    context = {**_about(found, came_away=came_away), "gave_up": found.is_open and came_away}
    return _page(request, "payments/payment.html", context)


@login_not_required
@never_cache
@require_safe
def follow(request: TenantRequest, payment_id: UUID) -> HttpResponse:
    """The live part of that page, or 204 when it would look as it does (`seen`)."""
    found = _load(payment_id)
    _nudge(found)
    if request.GET.get("seen") == found.status + found.reason:
        return HttpResponse(status=204)
    return render(request, "payments/live.html", _about(found, came_away="left" in request.GET))


@login_not_required
@never_cache
@require_safe
def come_back(request: TenantRequest, payment_id: UUID) -> HttpResponse:
    """Back from the provider's page, paid or not. It proves nothing: the provider is asked, and the page says what is true."""
    found = _load(payment_id)
    try:
        check_rate(action="tenant-pay-return", who=here(found.pk), limit=20, seconds=60)
    except DomainError:
        return redirect("payments:payment", found.pk)
    if found.method not in BY_STAFF:
        found = resolve_now_or_soon(found.pk)
    page = reverse("payments:payment", args=[found.pk])
    is_told = found.is_open or found.status == Status.FAILED
    return redirect(f"{page}?left=1" if is_told and "left" in request.GET else page)


@login_not_required
@require_POST
def receipt(request: TenantRequest, payment_id: UUID) -> HttpResponse:
    """The proof of a transfer."""
    found = _load(payment_id)
    form = ReceiptForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            check_rate(action="tenant-receipt", who=here(found.pk), limit=10, seconds=600)
            send_receipt(payment=found, upload=form.cleaned_data["receipt"])
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Your proof has arrived. It is being checked."))
            return redirect("payments:payment", found.pk)
    return _page(request, "payments/payment.html", _about(found, receipt_form=form), status=UNPROCESSABLE)


def _payee(purpose: str) -> Payee:
    try:
        return payee_for(purpose)
    except KeyError:
        raise Http404 from None


def _load(payment_id: UUID) -> Payment:
    found = Payment.objects.filter(pk=payment_id).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]  # untyped manager


def _nudge(found: Payment) -> None:
    """Have the provider asked soon, unless it was asked a moment ago or somebody is about to."""
    if found.method in BY_STAFF or found.status in (Status.SUCCEEDED, Status.NEEDS_REVIEW):
        return
    watched = found.is_open or found.next_check_at is not None
    asked_now = found.checked_at and (timezone.now() - found.checked_at).total_seconds() < NUDGE_SECONDS
    if not watched or asked_now:
        return
    try:
        if cache.add(f"payment-nudge:{found.pk}", 1, timeout=NUDGE_SECONDS):
            send_soon(tasks.resolve_payment, str(found.pk))
    except RedisError:
        return  # the poller asks, as soon as Redis is back


def _about(found: Payment, *, receipt_form: ReceiptForm | None = None, came_away: bool = False) -> dict[str, Any]:
    """`came_away`: the provider sent the payer back as one who gave up."""
    reason = found.reason
    if came_away and found.status == Status.FAILED and reason == reasons.UNKNOWN:
        reason = reasons.CANCELLED  # the provider does not say why: we know it from the address they came back by
    bill = payee_for(found.purpose).bill_of(found.subject)
    is_transfer = found.method == Method.Name.BANK_TRANSFER
    waits_for_proof = is_transfer and found.status == Status.PENDING
    return {
        "payment": found,
        "bill": bill,
        "is_transfer": is_transfer,
        "is_pushed": found.method in PUSHED,
        "is_waiting": found.is_open and not is_transfer,
        "waits_for_proof": waits_for_proof,
        "receipt_form": receipt_form or (ReceiptForm() if is_transfer and found.is_open else None),
        "bank": _bank_details(found) if is_transfer and found.is_open else [],
        "explanation": explain(reason) if reason else None,
        "is_unfinished": found.status == Status.FAILED and reason == reasons.CANCELLED,
        "came_away": came_away,
        "asks_again": found.reason in (reasons.PROVIDER_UNAVAILABLE, reasons.UNCLEAR, reasons.BEING_REVIEWED),
        "may_pay_again": bill.payable and not found.is_open and found.status != Status.NEEDS_REVIEW,
        "fingerprint": found.status + found.reason,
        "shown_phone": f"••• {found.phone[-4:]}" if found.phone else "",
    }


def _bank_details(found: Payment) -> list[dict[str, Any]]:
    """Where to send the money and what to write on it, as labels and values."""
    told = transfer_instructions(found)
    if not told:
        return []
    labels = {
        "bank_name": _("Bank"), "account_name": _("Account holder"), "iban": _("IBAN"),
        "account_number": _("Account number"), "swift": _("SWIFT code"), "branch": _("Branch"),
        "reference": _("Reference to write"),
    }  # fmt: skip
    amount = {"label": _("Amount"), "value": found.charge.display(get_language() or "fr"), "copy": told["amount"]}
    return [amount, *({"label": text, "value": told[key], "copy": True} for key, text in labels.items() if key in told)]


def _page(request: TenantRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    name, colour = product_config(request.tenant.product).public_face(request.tenant)
    answer = render_public(request, template, context, name=name, colour=colour)
    answer.status_code = status
    return lets_forms_lead_to_providers(answer)


def lets_forms_lead_to_providers(answer: HttpResponse) -> HttpResponse:
    """For every page with `payments/choose.html`: what the form begins may redirect to a provider's page."""
    # What csp_update does; as a decorator it is typed for views without arguments only.
    answer._csp_update = {"form-action": settings.TENANT_FORM_ACTIONS}  # type: ignore[attr-defined]
    return answer
