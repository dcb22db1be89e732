"""Where staff look at payments, check transfers, and give money back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.money import Money
from shared_apps.accounts.phones import show_phone
from shared_apps.core.templatetags.ui import moment
from tenant_apps.payments import selectors
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.forms import DecideForm, DoneForm, ReasonForm, RefundForm
from tenant_apps.payments.models import Method, Payment, Receipt, Refund
from tenant_apps.payments.permissions import CHECK_TRANSFERS, REFUND, VIEW_PAYMENTS
from tenant_apps.payments.services.by_hand import decide_review
from tenant_apps.payments.services.refunds import can_send, finish_by_hand, give_up_by_hand, request_refund
from tenant_apps.payments.services.resolve import BY_STAFF, resolve_now_or_soon
from tenant_apps.payments.services.transfers import decide_transfer
from tenant_apps.payments.texts import STATUS_TEXTS, explain
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

LIST = "payments:staff_payments"
ONE = "payments:staff_payment"
SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


@permission_required(VIEW_PAYMENTS)
@require_safe
def payments(request: StaffRequest) -> HttpResponse:
    """Every payment, the newest first, and what waits for staff."""
    chosen = selectors.PaymentFilter.of(request.GET)
    taken, tested = selectors.taken_today()
    context = {
        "page": selectors.list_payments(chosen, request.GET.get("page", "1")),
        "chosen": chosen,
        "filters": _filters(chosen),
        "waiting": selectors.waiting_for_staff(),
        "taken": taken,
        "tested": tested,
    }
    return render_workspace(request, "payments/staff/payments.html", context)


def _filters(chosen: selectors.PaymentFilter) -> list[dict[str, Any]]:
    periods = {"today": _("Today"), "week": _("7 days"), "month": _("30 days")}
    fields: list[tuple[str, str, str, dict[str, Any]]] = [
        ("status", _("Status"), chosen.status, {**STATUS_TEXTS, selectors.DISPUTED: _("Disputed")}),
        ("method", _("Way to pay"), chosen.method, dict(Method.Name.choices)),
        ("period", _("Period"), chosen.period, periods),
    ]
    return [
        {
            "name": name,
            "label": label,
            "value": value,
            "options": options,
            "all": pgettext("periods", "All") if name == "period" else _("All"),
        }
        for name, label, value, options in fields
    ]


@permission_required(VIEW_PAYMENTS)
@require_safe
def payment(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """One payment: what came of it, its proofs and refunds."""
    return _payment_page(request, get_object_or_404(Payment, pk=payment_id))


def _payment_page(
    request: StaffRequest, found: Payment, *, failed: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    found = (
        Payment.objects.prefetch_related("receipts", "refunds__requested_by")
        .select_related("decided_by")
        .get(pk=found.pk)
    )
    is_transfer = found.method == Method.Name.BANK_TRANSFER
    decidable = is_transfer and found.status in Payment.MAY_SUCCEED and found.decision_approved is not True
    left = found.refundable
    provider_sends = can_send(found) if left else False
    context: dict[str, Any] = {
        "payment": found,
        "facts": _facts(found),
        "refund_left": bool(left),
        "explanation": explain(found.reason) if found.reason else None,
        "decide_form": DecideForm(payment=found) if decidable else None,
        "may_reject": decidable and found.is_open,
        "reject_form": ReasonForm(auto_id="reject-%s"),
        "review_form": ReasonForm() if found.status == Payment.Status.NEEDS_REVIEW else None,
        "refund_form": _refund_form(found, left, provider_sends) if left else None,
        "provider_sends": provider_sends,
        "may_ask": found.method not in BY_STAFF and found.status in Payment.MAY_SUCCEED,
        "twins": selectors.same_receipts(found),
        "crumbs": [{"url": reverse(LIST), "label": _("Payments")}, {"label": found.subject_number}],
    }
    return render_workspace(request, "payments/staff/payment.html", {**context, **(failed or {})}, status=status)


def _refund_form(found: Payment, left: Money, provider_sends: bool) -> RefundForm:
    """What the payer is owed is proposed, as far as this payment goes; all of it where nothing is owed."""
    bill = payee_for(found.purpose).bill_of(found.subject)
    returning = selectors.giving_back_minor(selectors.payments_of(found.purpose, found.subject))
    owed = Money(bill.owed_minor - returning, bill.due.currency)
    proposed = owed if owed.currency == left.currency and 0 < owed.minor < left.minor else left
    return RefundForm(proposed=proposed, provider_sends=provider_sends)


def _facts(found: Payment) -> list[dict[str, Any]]:
    """What is known of a payment, as labels and values; what is empty is left out."""
    language = get_language() or "fr"
    received, fee = found.received, found.fee_minor
    decided_by = found.decided_by.get_full_name() or found.decided_by.email if found.decided_by else ""
    pairs = [
        (_("Order"), found.subject_number),
        (_("Way to pay"), found.get_method_display()),
        (_("Asked for"), found.amount.display(language)),
        (_("Charged"), found.charge.display(language) if found.charge != found.amount else ""),
        (_("Received"), received.display(language) if received else ""),
        (_("Fee of the provider"), Money(fee, found.received_currency).display(language) if received and fee else ""),
        (
            _("Given back"),
            Money(found.refunded_minor, found.received_currency).display(language) if found.refunded_minor else "",
        ),
        (_("Begun on"), moment(found.created_at)),
        (_("Received on"), moment(found.succeeded_at)),
        (_("Phone"), found.phone),
        (
            _("Reference at the provider"),
            "" if found.method in BY_STAFF else found.transaction_ref or found.provider_ref,
        ),
        (_("The bank’s reference"), found.decision_reference),
        (_("Decided by"), decided_by),
        (_("Note"), found.comment),
    ]
    # An empty `copy`: a template would take the dictionary's own method of that name for one.
    return [{"label": label, "value": value, "copy": ""} for label, value in pairs if value]


@permission_required(VIEW_PAYMENTS)
@require_POST
def ask_again(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """Ask the provider now."""
    found = get_object_or_404(Payment, pk=payment_id)
    if found.method not in BY_STAFF:
        resolve_now_or_soon(found.pk)
        messages.info(request, _("The provider was asked. This is what it says."))
    return redirect(ONE, found.pk)


@permission_required(CHECK_TRANSFERS)
@require_safe
def transfers(request: StaffRequest) -> HttpResponse:
    """Transfers whose proof waits."""
    context = {
        "page": selectors.transfers_to_check(request.GET.get("page", "1")),
        "waiting": selectors.waiting_for_staff(),
    }
    return render_workspace(request, "payments/staff/transfers.html", context)


@permission_required(CHECK_TRANSFERS)
@require_POST
def approve_transfer(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """The money is on the account."""
    found = get_object_or_404(Payment, pk=payment_id, method=Method.Name.BANK_TRANSFER)
    form = DecideForm(request.POST, payment=found)

    def decide() -> Payment:
        data = form.cleaned_data
        return decide_transfer(
            payment=found, by=request.user, approved=True, received=data["received"], reference=data["reference"]
        )

    if save_form(form, decide) is None:
        return _payment_page(request, found, failed={"decide_form": form}, status=UNPROCESSABLE)
    messages.success(request, _("The transfer counts. The customer’s page says so."))
    return redirect("payments:staff_transfers")


@permission_required(CHECK_TRANSFERS)
@require_POST
def reject_transfer(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """The money is not on the account."""
    found = get_object_or_404(Payment, pk=payment_id, method=Method.Name.BANK_TRANSFER)
    form = ReasonForm(request.POST, auto_id="reject-%s")

    def decide() -> Payment:
        return decide_transfer(payment=found, by=request.user, approved=False, reason=form.cleaned_data["reason"])

    decided = save_form(form, decide)
    if decided is None:
        return _payment_page(request, found, failed={"reject_form": form}, status=UNPROCESSABLE)
    may_send = _("The customer reads why, and may send another proof.")
    messages.success(request, may_send if decided.is_open else _("The customer reads why. Nothing is left to pay."))
    return redirect("payments:staff_transfers")


@permission_required(CHECK_TRANSFERS)
@require_POST
def review(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """Money that did not match: it counts for what it is, or it never came."""
    found = get_object_or_404(Payment, pk=payment_id)
    form = ReasonForm(request.POST)
    accepted = request.POST.get("decision") == "accept"

    def decide() -> Payment:
        return decide_review(payment=found, by=request.user, accepted=accepted, reason=form.cleaned_data["reason"])

    if save_form(form, decide) is None:
        return _payment_page(request, found, failed={"review_form": form}, status=UNPROCESSABLE)
    messages.success(request, _("Decided. The order knows."))
    return redirect(ONE, found.pk)


@permission_required(REFUND)
@require_POST
def refund(request: StaffRequest, payment_id: UUID) -> HttpResponse:
    """Give money back."""
    found = get_object_or_404(Payment, pk=payment_id)
    if found.refundable is None:
        raise Http404
    form = RefundForm(request.POST, proposed=found.refundable, provider_sends=can_send(found))

    def give() -> Refund:
        data = form.cleaned_data
        return request_refund(
            payment=found, amount=data["amount"], reason=data["reason"], by=request.user, key=data["key"],
            by_hand=data.get("by_hand", False),
        )  # fmt: skip

    made = save_form(form, give)
    if made is None:
        return _payment_page(request, found, failed={"refund_form": form}, status=UNPROCESSABLE)
    by_hand = _("Give the money back, then confirm it here.")
    messages.success(
        request, by_hand if made.is_manual else _("The refund is on its way. This page says when it is done.")
    )
    return redirect("payments:staff_refunds" if made.is_manual else reverse(ONE, args=[found.pk]))


@permission_required(REFUND)
@require_safe
def refunds(request: StaffRequest) -> HttpResponse:
    """Refunds that staff send by hand."""
    context = {
        "page": selectors.refunds_by_hand(request.GET.get("page", "1")),
        "waiting": selectors.waiting_for_staff(),
    }
    return render_workspace(request, "payments/staff/refunds.html", context)


@permission_required(REFUND)
@require_http_methods(["GET", "HEAD", "POST"])
def finish_refund(request: StaffRequest, refund_id: UUID) -> HttpResponse:
    """The money was given back by hand, or will not be."""
    found = get_object_or_404(Refund.objects.select_related("payment"), pk=refund_id, is_manual=True)
    form = DoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        given = request.POST.get("decision") != "give_up"

        def settle() -> Refund:
            if given:
                return finish_by_hand(refund=found, by=request.user, reference=form.cleaned_data["reference"])
            return give_up_by_hand(refund=found, by=request.user)

        if save_form(form, settle) is not None:
            messages.success(
                request, _("Noted: the money was given back.") if given else _("Noted: nothing was given back.")
            )
            return redirect("payments:staff_refunds")
    bill = payee_for(found.payment.purpose).bill_of(found.payment.subject)
    context = {
        "refund": found,
        "payer": " · ".join(filter(None, (bill.name, show_phone(bill.phone) if bill.phone else "", bill.email))),
        "form": form,
        "crumbs": [
            {"url": reverse("payments:staff_refunds"), "label": _("Refunds by hand")},
            {"label": found.payment.subject_number},
        ],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render_workspace(request, "payments/staff/finish_refund.html", context, status=status)


@permission_required(CHECK_TRANSFERS)
@require_safe
def receipt_file(request: StaffRequest, receipt_id: UUID) -> FileResponse:
    """A proof, for staff's eyes: never run, never framed, never guessed at by the browser."""
    found = get_object_or_404(Receipt, pk=receipt_id)
    name = str(found.file.name)
    try:
        content = default_storage.open(name, "rb")
    except FileNotFoundError:
        raise Http404 from None
    is_picture = found.content_type.startswith("image/")
    return FileResponse(
        content,
        content_type=found.content_type,
        as_attachment=not is_picture,
        filename=f"proof-{found.pk}.{'jpg' if is_picture else 'pdf'}",
        headers=SEALED,
    )
