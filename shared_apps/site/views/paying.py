"""An order's page, however it was opened: paying, waiting, and what comes of it.

The views of `orders` and `pay` find the order and check who asks; everything else is here, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from billing import gateways, tasks
from billing.models import Order, Payment
from billing.selectors import order_in_place_of
from billing.services.payments import methods_for, start_payment, transfer_instructions
from billing.services.renewals import open_renewal, open_renewal_by_link
from billing.services.resolve import resolve_now_or_soon
from billing.services.subscriptions import renewal_period
from billing.services.transfers import upload_receipt
from shared_apps.core.context import host_with_port, platform_url
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.core.numbers import reader_locale
from shared_apps.core.soon import send_soon
from shared_apps.core.templatetags.ui import in_fours
from shared_apps.core.throttle import check_rate
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.policies import has_seat
from shared_apps.site import plan_texts
from shared_apps.site.countries import country_name
from shared_apps.site.doors import Door, remember_link, share_links
from shared_apps.site.forms.payment import PayForm, ReceiptForm, readable_phone
from shared_apps.site.order_page import OrderPage, State, load_order_page
from shared_apps.site.pages import render_page, signup_steps
from shared_apps.site.plan_texts import plan_label

# Seconds between two questions to a provider while somebody looks at the page.
NUDGE_SECONDS = {gateways.MTN_MOMO: 4, gateways.PAYPAL: 12}
# What to dial when the request does not appear, by the country of our MTN account.
USSD = {"CM": "*126#"}
# In the session: the payment whose PayPal page the visitor left without paying.
LEFT_PAYPAL = "left_paypal"
_OVER = (State.EXPIRED, State.CANCELLED)


def show(
    request: HttpRequest,
    door: Door,
    *,
    page: OrderPage | None = None,
    pay_form: PayForm | None = None,
    receipt_form: ReceiptForm | None = None,
) -> HttpResponse:
    """The page in whatever state the order is; one whose place another order took leads there."""
    page = page or _load(request, door)
    later = order_in_place_of(door.order) if page.state in _OVER else None
    if later:
        return redirect(door.of(later).url)
    context = _context(page, door, pay_form=pay_form, receipt_form=receipt_form) | _after_payment(request, page, door)
    invalid = any(form is not None and form.errors for form in (pay_form, receipt_form))
    context["failed_form"] = (pay_form or receipt_form) if invalid else None
    answer = render_page(request, "order.html", context)
    # What csp_update does; as a decorator it is typed for views without arguments only.
    answer._csp_update = {"form-action": settings.PAYMENT_FORM_ACTIONS}  # type: ignore[attr-defined]
    return answer


def follow(request: HttpRequest, door: Door) -> HttpResponse:
    """The live part of the page, or 204 when it would look as it does (`seen`). Asks the provider in the background."""
    page = _load(request, door)
    if page.payment and (page.state in (State.MOMO, State.PAYPAL) or page.left_paypal):
        _nudge(page.payment)
    if request.GET.get("seen") == page.fingerprint:
        return HttpResponse(status=204)
    return render(
        request,
        "site/partials/order_live.html",
        {**_context(page, door), **_after_payment(request, page, door), "swapped": True},
    )


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


def begin(request: HttpRequest, door: Door) -> HttpResponse:
    """Begin to pay, or go on with what was begun; leads to the provider where there is one to go to."""
    page = _load(request, door)
    form = _pay_form(page, door, request.POST)
    if not form.is_valid():
        return show(request, door, page=page, pay_form=form)
    try:
        payment = start_payment(
            order_id=door.order.pk,
            method=form.cleaned_data["payment_method"],
            phone=form.cleaned_data.get("phone_number", ""),
            **_way_back(door),
            actor=None if door.by_link else request.user,
        )
    except DomainError as error:
        show_error(form, error)
        return show(request, door, pay_form=form)
    if payment.method.name == gateways.PAYPAL:
        request.session.pop(LEFT_PAYPAL, None)
        if door.by_link:
            remember_link(request, door.order)
    if payment.redirect_url and payment.status == Payment.Status.PENDING:
        return HttpResponseRedirect(payment.redirect_url)
    return redirect(door.url)


def _way_back(door: Door) -> dict[str, str]:
    """Where PayPal sends the payer. The address is told to PayPal, so the link's token is not in it: the session has it."""
    if not door.by_link:
        return {}
    ways = {"return_url": "order_return", "cancel_url": "order_cancelled"}
    return {key: f"{platform_url(reverse(name, args=[door.order.pk]))}?by=link" for key, name in ways.items()}


def come_back(request: HttpRequest, door: Door, payment: Payment | None, *, paid: bool) -> HttpResponse:
    """Back from PayPal, says the address. It proves nothing: PayPal is asked, and the page shows what is true."""
    if payment:
        try:
            check_rate(action="paypal-return", who=str(door.order.pk), limit=20, seconds=60)
        except DomainError:
            return redirect(door.url)
        if paid:
            request.session.pop(LEFT_PAYPAL, None)
        answer = resolve_now_or_soon(payment.pk)
        if not paid and answer.status == Payment.Status.PENDING:
            request.session[LEFT_PAYPAL] = str(payment.pk)
    return redirect(door.url)


def check_now(request: HttpRequest, door: Door) -> HttpResponse:
    """ "I have approved": ask the provider now."""
    page = _load(request, door)
    if page.payment and page.payment.method.is_automatic and page.payment.status in Payment.MAY_SUCCEED:
        try:
            check_rate(action="check-payment", who=str(page.payment.pk), limit=6, seconds=60)
        except DomainError:
            messages.info(request, _("We have just asked. This page follows the payment by itself."))
            return redirect(door.url)
        answer = resolve_now_or_soon(page.payment.pk)
        if answer.status in Payment.OPEN:
            messages.info(request, _("Not confirmed yet. This page follows the payment by itself."))
    return redirect(door.url)


def take_receipt(request: HttpRequest, door: Door) -> HttpResponse:
    """The proof of a transfer."""
    form = ReceiptForm(request.POST, request.FILES, currency=door.order.currency)
    payment = (
        door.order.payments.select_related("order", "method")
        .filter(method__name=gateways.BANK_TRANSFER, status__in=Payment.OPEN)
        .first()
    )
    if payment is None:
        messages.warning(request, _("This order no longer waits for a receipt."))
        return redirect(door.url)
    if form.is_valid():
        sender = None if door.by_link else request.user
        try:
            upload_receipt(payment=payment, upload=form.cleaned_data["receipt"], user=sender, declared=form.declared)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Your receipt has arrived. We write to you as soon as it is checked."))
            return redirect(door.url)
    return show(request, door, receipt_form=form)


def renew(request: HttpRequest, door: Door) -> HttpResponse:
    """A renewal in place of one that can no longer be paid."""
    if door.order.kind == Order.Kind.FIRST:
        raise NotFound
    if not _load(request, door).may_renew or order_in_place_of(door.order):
        return redirect(door.url)
    subscription_id = door.order.subscription_id
    try:
        order = (
            open_renewal_by_link(subscription_id=subscription_id)
            if door.by_link
            else open_renewal(subscription_id=subscription_id, actor=request.user)
        )
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect(door.url)
    return redirect(door.of(order).url)


def _load(request: HttpRequest, door: Door) -> OrderPage:
    return load_order_page(door.order, left_paypal=request.session.get(LEFT_PAYPAL, ""))


def _pay_form(page: OrderPage, door: Door, data: Any = None) -> PayForm:
    return PayForm(
        data, order=page.order, methods=methods_for(page.order), latest=page.payment, knows_payer=not door.by_link
    )


def _context(
    page: OrderPage, door: Door, *, pay_form: PayForm | None = None, receipt_form: ReceiptForm | None = None
) -> dict[str, Any]:
    order = page.order
    context: dict[str, Any] = {
        "page": page,
        "order": order,
        "door": door,
        "payment": page.payment,
        "plan_label": plan_label(order),
        "cycle_label": plan_texts.CYCLES[order.cycle],
        "country": country_name(order.customer_country),
        "period": _period(order),
        "address": f"{order.subdomain}.{host_with_port(settings.PLATFORM_HOST)}" if order.subdomain else "",
    }
    if page.may_choose:
        form = pay_form or _pay_form(page, door)
        context |= {"pay_form": form, "shows_pay_form": page.state is State.CHOOSE, "share": share_links(order)}
        if page.is_first:
            context |= signup_steps(4)
    if page.state is State.MOMO:
        context |= {"ussd": USSD.get(settings.MOMO_REGION, ""), "phone": _phone(page, door)}
    transfer = page.payment if page.state in (State.TRANSFER, State.RECEIPT) else None
    if transfer:
        transfer.order = order
        context |= {
            "bank": _bank_details(transfer),
            "receipt_form": receipt_form or ReceiptForm(currency=page.order.currency),
        }
    return context


def _period(order: Order) -> tuple[datetime, datetime] | None:
    """The time that is bought: for a renewal that is not paid yet, what paying it now would give."""
    if order.kind == Order.Kind.RENEWAL and order.paid_at is None:
        return renewal_period(order.subscription, order.cycle, at=timezone.now())
    if order.kind == Order.Kind.FIRST or order.period_start is None or order.period_end is None:
        return None
    return order.period_start, order.period_end


def _after_payment(request: HttpRequest, page: OrderPage, door: Door) -> dict[str, Any]:
    """Of a paid order, for who came with an account: its documents, and whether the organisation and its workspace are
    theirs to enter."""
    order = door.order
    if door.by_link or order.paid_at is None:
        return {}
    roles = Membership.objects.filter(user_id=request.user.pk, organisation_id=order.organisation_id).exclude(  # type: ignore[misc]  # somebody is logged in
        organisation__status=Organisation.Status.CLOSED
    )
    held = list(roles.values_list("role", flat=True))
    return {
        "documents": list(order.invoices.order_by("issued_at", "sequence")),
        "belongs": bool(held),
        "may_enter": any(has_seat(role) for role in held),
    }


def _phone(page: OrderPage, door: Door) -> str:
    """The number that rings; who only has the link sees its end."""
    number = page.payment.phone if page.payment else ""
    return f"••• {number[-2:]}" if door.by_link else readable_phone(number)


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
                "amount": payment.charge.display(reader_locale()),
                "currency": told["currency"],
            }
        if name == "iban":
            shown = in_fours(copied)
        pairs.append({"label": label, "value": shown, "copy": copied})
    return pairs
