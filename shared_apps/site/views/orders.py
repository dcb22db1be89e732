"""The order page: paying, waiting, and entering the workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from billing import gateways, tasks
from billing.models import Order, Payment
from billing.selectors import access_order
from billing.services.orders import cancel_order
from billing.services.payments import methods_for, start_payment, transfer_instructions
from billing.services.resolve import resolve_now_or_soon
from billing.services.transfers import upload_receipt
from shared_apps.core.context import host_with_port
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.soon import send_soon
from shared_apps.core.throttle import check_rate
from shared_apps.site import plan_texts
from shared_apps.site.countries import country_name
from shared_apps.site.forms.payment import PayForm, ReceiptForm, readable_phone
from shared_apps.site.order_page import OrderPage, State, load_order_page
from shared_apps.site.pages import render_page, signup_steps
from shared_apps.site.plan_texts import plan_label
from shared_apps.site.selectors import orders_of

# Seconds between two questions to a provider while somebody looks at the page.
NUDGE_SECONDS = {gateways.MTN_MOMO: 4, gateways.PAYPAL: 12}
# What to dial when the request does not appear, by the country of our MTN account.
USSD = {"CM": "*126#"}
# In the session: the payment whose PayPal page the visitor left without paying.
LEFT_PAYPAL = "left_paypal"
STATES: dict[str, tuple[str | Promise, str]] = {
    Order.Status.AWAITING_PAYMENT: (gettext_lazy("To pay"), "warning"),
    Order.Status.PAID: (gettext_lazy("Being prepared"), "info"),
    Order.Status.FULFILLED: (gettext_lazy("Ready"), "success"),
    Order.Status.EXPIRED: (gettext_lazy("Expired"), "neutral"),
    Order.Status.CANCELLED: (pgettext_lazy("order", "Cancelled"), "neutral"),
}


@never_cache
@require_safe
def order(request: HttpRequest, id: UUID) -> HttpResponse:
    """One order, in whatever state it is."""
    return _page(request, access_order(request.user, id))


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest, id: UUID) -> HttpResponse:
    """The live part of the page, or 204 when it would look as it does (`seen`). Asks the provider in the background."""
    if not request.user.is_authenticated:
        # A script that follows the page must not be given the log-in page as its next part.
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("order", args=[id])})
    page = _load(request, access_order(request.user, id))
    if page.payment and (page.state in (State.MOMO, State.PAYPAL) or page.left_paypal):
        _nudge(page.payment)
    if request.GET.get("seen") == page.fingerprint:
        return HttpResponse(status=204)
    return render(request, "site/partials/order_live.html", {**_context(page), "swapped": True})


def _nudge(payment: Payment) -> None:
    """Have the provider asked soon, unless it was asked a moment ago or somebody is about to."""
    seconds = NUDGE_SECONDS[payment.method.name]
    if payment.checked_at and (timezone.now() - payment.checked_at).total_seconds() < seconds:
        return
    try:
        if cache.add(f"order-nudge:{payment.pk}", 1, timeout=seconds):
            send_soon(tasks.resolve_payment, str(payment.pk))
    except RedisError:
        return  # the sweeper asks, as soon as there is a broker again


@require_POST
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    """Begin to pay, or go on with what was begun; leads to the provider where there is one to go to."""
    wanted = access_order(request.user, id)
    page = _load(request, wanted)
    form = _pay_form(page, request.POST)
    if not form.is_valid():
        return _page(request, wanted, page=page, pay_form=form)
    try:
        payment = start_payment(
            order_id=wanted.pk,
            method=form.cleaned_data["payment_method"],
            phone=form.cleaned_data.get("phone_number", ""),
            actor=request.user,
        )
    except DomainError as error:
        show_error(form, error)
        return _page(request, wanted, pay_form=form)
    if payment.method.name == gateways.PAYPAL:
        request.session.pop(LEFT_PAYPAL, None)
    if payment.redirect_url and payment.status == Payment.Status.PENDING:
        return HttpResponseRedirect(payment.redirect_url)
    return redirect("order", id=wanted.pk)


@login_not_required
@never_cache
@require_safe
def returned(request: HttpRequest, id: UUID) -> HttpResponse:
    """Back from PayPal. The address proves nothing: the provider is asked, and the order page shows the answer."""
    token = str(request.GET.get("token", ""))[:100].replace("\x00", "")
    payment = Payment.objects.filter(order_id=id, provider_ref=token).first() if token else None
    if payment:
        try:
            check_rate(action="paypal-return", who=str(id), limit=20, seconds=60)
        except DomainError:
            return redirect("order", id=id)
        request.session.pop(LEFT_PAYPAL, None)
        resolve_now_or_soon(payment.pk)
    return redirect("order", id=id)


@never_cache
@require_safe
def cancelled(request: HttpRequest, id: UUID) -> HttpResponse:
    """Back from PayPal without paying, says the address. PayPal is asked, and the order page shows what is true."""
    wanted = access_order(request.user, id)
    payment = wanted.payments.filter(method__name=gateways.PAYPAL, status=Payment.Status.PENDING).first()
    if payment:
        try:
            check_rate(action="paypal-return", who=str(id), limit=20, seconds=60)
        except DomainError:
            return redirect("order", id=id)
        if resolve_now_or_soon(payment.pk).status == Payment.Status.PENDING:
            request.session[LEFT_PAYPAL] = str(payment.pk)
    return redirect("order", id=id)


@require_POST
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """ "I have approved": ask the provider now."""
    page = _load(request, access_order(request.user, id))
    if page.payment and page.payment.method.is_automatic and page.payment.status in Payment.MAY_SUCCEED:
        try:
            check_rate(action="check-payment", who=str(page.payment.pk), limit=6, seconds=60)
        except DomainError:
            messages.info(request, _("We have just asked. This page follows the payment by itself."))
            return redirect("order", id=id)
        answer = resolve_now_or_soon(page.payment.pk)
        if answer.status in Payment.OPEN:
            messages.info(request, _("Not confirmed yet. This page follows the payment by itself."))
    return redirect("order", id=id)


@require_POST
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    """The proof of a transfer."""
    wanted = access_order(request.user, id)
    form = ReceiptForm(request.POST, request.FILES)
    payment = (
        wanted.payments.select_related("order", "method")
        .filter(method__name=gateways.BANK_TRANSFER, status__in=Payment.OPEN)
        .first()
    )
    if payment is None:
        messages.warning(request, _("This order no longer waits for a receipt."))
        return redirect("order", id=id)
    if form.is_valid():
        try:
            upload_receipt(payment=payment, upload=form.cleaned_data["receipt"], user=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Your receipt has arrived. We write to you as soon as it is checked."))
            return redirect("order", id=id)
    return _page(request, wanted, receipt_form=form)


@require_POST
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give an unpaid order up."""
    wanted = access_order(request.user, id)
    try:
        cancel_order(order=wanted, actor=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    return redirect("order", id=id)


@never_cache
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """My orders, newest first."""
    page = Paginator(orders_of(request.user), 20).get_page(request.GET.get("page"))
    rows = [
        {
            "order": one,
            "plan_label": plan_label(one),
            "state_text": STATES[one.status][0],
            "state_tone": STATES[one.status][1],
        }
        for one in page.object_list
    ]
    return render_page(request, "orders.html", {"page": page, "rows": rows})


def _load(request: HttpRequest, wanted: Order) -> OrderPage:
    return load_order_page(wanted, left_paypal=request.session.get(LEFT_PAYPAL, ""))


def _pay_form(page: OrderPage, data: Any = None) -> PayForm:
    return PayForm(data, order=page.order, methods=methods_for(page.order), latest=page.payment)


def _page(
    request: HttpRequest,
    wanted: Order,
    *,
    page: OrderPage | None = None,
    pay_form: PayForm | None = None,
    receipt_form: ReceiptForm | None = None,
) -> HttpResponse:
    context = _context(page or _load(request, wanted), pay_form=pay_form, receipt_form=receipt_form)
    invalid = any(form is not None and form.errors for form in (pay_form, receipt_form))
    context["failed_form"] = (pay_form or receipt_form) if invalid else None
    answer = render_page(request, "order.html", context)
    # What csp_update does; as a decorator it is typed for views without arguments only.
    answer._csp_update = {"form-action": settings.PAYMENT_FORM_ACTIONS}  # type: ignore[attr-defined]
    return answer


def _context(
    page: OrderPage, *, pay_form: PayForm | None = None, receipt_form: ReceiptForm | None = None
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "page": page,
        "order": page.order,
        "payment": page.payment,
        "plan_label": plan_label(page.order),
        "cycle_label": plan_texts.CYCLES[page.order.cycle],
        "country": country_name(page.order.customer_country),
        "address": f"{page.order.subdomain}.{host_with_port(settings.PLATFORM_HOST)}",
    }
    if page.may_choose:
        form = pay_form or _pay_form(page)
        context |= {"pay_form": form, "shows_pay_form": page.state is State.CHOOSE, **signup_steps(4)}
    if page.state is State.MOMO:
        context |= {
            "ussd": USSD.get(settings.MOMO_REGION, ""),
            "phone": readable_phone(page.payment.phone if page.payment else ""),
        }
    transfer = page.payment if page.state in (State.TRANSFER, State.RECEIPT) else None
    if transfer:
        transfer.order = page.order
        context |= {"bank": _bank_details(transfer), "receipt_form": receipt_form or ReceiptForm()}
    return context


def _bank_details(payment: Payment) -> list[dict[str, Any]]:
    """Where to send the money, in the order in which banks ask for it."""
    told = transfer_instructions(payment)
    labels = {
        "reference": _("Reference to write on the transfer"),
        "amount": _("Amount"),
        "account_name": _("Beneficiary"),
        "bank_name": _("Bank"),
        "branch": _("Branch"),
        "iban": _("IBAN"),
        "account_number": _("Account number"),
        "swift": _("SWIFT code (BIC)"),
    }
    pairs = []
    for name, label in labels.items():
        if name not in told:
            continue
        shown, copied = told[name], told[name]
        if name == "amount":
            shown = _("%(amount)s (%(currency)s)") % {
                "amount": payment.charge.display(_locale()),
                "currency": told["currency"],
            }
        if name == "iban":
            shown = " ".join(copied[i : i + 4] for i in range(0, len(copied), 4))
        pairs.append({"label": label, "value": shown, "copy": copied})
    return pairs


def _locale() -> str:
    return to_locale(get_language() or settings.LANGUAGE_CODE)
