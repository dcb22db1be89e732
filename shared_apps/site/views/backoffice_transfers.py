"""The transfer desk: the queue of bank transfers, one of them, and what admins say of it."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.messages import explain
from billing.models import Payment, TransferDecision, TransferReceipt
from billing.services.transfers import confirm_transfer, decide_transfer, send_transfer_back, undo_decision
from billing.services.verdicts import DECIDABLE, live_decision
from shared_apps.audit.texts import timeline
from shared_apps.core.downloads import SEALED
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.site import transfer_desk as desk
from shared_apps.site.ageing import age_of
from shared_apps.site.backoffice import history_of
from shared_apps.site.forms.payment import DecisionForm, QueueFilter
from shared_apps.site.plan_texts import plan_label
from shared_apps.site.transfer_check import mark_of
from shared_apps.site.transfer_flags import flags_of, judged
from shared_apps.site.views.backoffice import platform_admin, render_backoffice

PAGE = 25


@require_safe
@platform_admin
def transfers(request: HttpRequest) -> HttpResponse:
    """The queue of bank transfers, by what they wait for, how long, and words."""
    name = request.GET.get("show", "waiting")
    if name not in desk.FILTERS:
        name = "waiting"
    form = QueueFilter({**request.GET.dict(), "show": name})
    chosen = form.cleaned_data if form.is_valid() else {}
    counts = desk.transfer_counts()
    queue = desk.transfers(name, q=chosen.get("q", ""), waiting=chosen.get("waiting", ""))
    page = Paginator(queue, PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    since = [(one, one.last_receipt_at or one.created_at) for one in page.object_list]  # type: ignore[attr-defined]  # annotated
    rows = [{"payment": one, "since": moment, "age": age_of(moment, now=now)} for one, moment in since]
    tabs = [
        {
            "url": f"?show={key}",
            "label": one.label,
            "current": key == name,
            "count": counts[key] if key != "decided" else 0,
        }
        for key, one in desk.FILTERS.items()
    ]
    context = {"page": page, "rows": rows, "tabs": tabs, "show": name, "counts": counts, "form": form}
    return render_backoffice(request, "transfers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def transfer(request: HttpRequest, id: UUID) -> HttpResponse:
    """One transfer: what was expected, what was sent, and the verdict. Money that differs is confirmed first."""
    payment = desk.get_transfer(id)
    if request.method != "POST":
        return _transfer_page(request, payment, DecisionForm(payment=payment, initial={"seen": _fingerprint(payment)}))
    form = DecisionForm(request.POST, payment=payment)
    approved = request.POST.get("decision") == "approve"
    if request.POST.get("decision") not in ("approve", "reject"):
        form.add_error(None, _("Choose to approve or to reject."))
    elif request.POST.get("seen") != _fingerprint(payment):
        messages.warning(
            request, _("This transfer changed while you looked at it. Nothing was decided: check it again, please.")
        )
        return redirect("backoffice_transfer", id=payment.pk)
    if form.is_valid() and (not approved or form.check_confirmed()):
        data = form.cleaned_data
        try:
            decided = decide_transfer(
                payment=payment, admin=request.user, approved=approved, comment=data["comment"],
                received=data["received"], reference=data["reference"], as_received=True,
                bank_reference=data["bank_reference"],
            )  # fmt: skip
        except DomainError as error:
            show_error(form, error)
        else:
            return _announce(request, decided, approved=approved)
    return _transfer_page(request, payment, form)


@require_POST
@platform_admin
def decision(request: HttpRequest, id: UUID) -> HttpResponse:
    """A verdict that does not count yet is undone; the second person confirms it or sends it back."""
    found = live_decision(id)
    act = request.POST.get("act", "")
    try:
        if found is None or str(found.pk) != request.POST.get("verdict"):
            messages.warning(request, _("This verdict counts already, or was undone. Look at the transfer again."))
        elif act == "undo":
            undo_decision(decision=found, admin=request.user)
            messages.success(request, _("Undone. The transfer waits for a verdict again."))
        elif act == "confirm":
            return _announce(request, confirm_transfer(decision=found, admin=request.user), approved=True)
        elif act == "send_back":
            send_transfer_back(decision=found, admin=request.user, comment=request.POST.get("comment", ""))
            messages.success(request, _("Sent back. The transfer waits for a verdict again."))
        else:
            messages.warning(request, _("Choose what to do with the verdict."))
    except DomainError as error:
        messages.warning(request, str(error))
    return redirect("backoffice_transfer", id=id)


def _announce(request: HttpRequest, decided: Payment, *, approved: bool) -> HttpResponse:
    """Say what became of a verdict; the transfer's page follows while it may be undone."""
    number = {"number": decided.order.number}
    waiting = live_decision(decided.pk)
    if waiting is not None:
        if waiting.status == TransferDecision.Status.AWAITING_SECOND:
            messages.success(request, _("%(number)s: noted. Somebody else has to confirm it.") % number)
        return redirect("backoffice_transfer", id=decided.pk)
    if not approved:
        messages.success(request, _("%(number)s: rejected. The payer was told why.") % number)
    elif decided.status != Payment.Status.SUCCEEDED:
        messages.warning(
            request,
            _("%(number)s: noted, but not as expected. The payment waits for review and opens nothing.") % number,
        )
    elif decided.order.due:
        messages.success(request, _("%(number)s: part of it is paid. The payer was told what is missing.") % number)
    elif decided.credited_minor:
        messages.success(request, _("%(number)s: paid, and the rest is credit. The payer was told.") % number)
    else:
        messages.success(request, _("%(number)s: approved. The workspace is being prepared.") % number)
    return redirect("backoffice_transfers")


def _fingerprint(payment: Payment) -> str:
    """Changes when the payment moves, is decided, or gets another receipt."""
    receipts = sorted(str(receipt.pk) for receipt in payment.receipts.all())
    text = "|".join([payment.status, str(payment.decided_at), *receipts])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _transfer_page(request: HttpRequest, payment: Payment, form: DecisionForm) -> HttpResponse:
    found = form.obstacles()
    waiting = live_decision(payment.pk)
    decisions = desk.decisions_of(payment)
    context: dict[str, Any] = {
        "payment": payment,
        "order": payment.order,
        "number_html": format_html('<span class="nowrap">{}</span>', payment.order.number),
        "plan": plan_label(payment.order),
        "form": form,
        "waiting": judged(waiting, request.user) if waiting else None,
        "can_decide": waiting is None and payment.status in DECIDABLE and not payment.decision_approved,
        "can_reject": payment.status == Payment.Status.UNDER_REVIEW,
        "copies": desk.copies_of(payment),
        "flags": flags_of(payment, decisions),
        "twins": desk.twins_of(payment),
        "decisions": [judged(one, request.user) for one in decisions],
        "age": age_of(desk.since_of(payment), now=timezone.now()),
        "since": desk.since_of(payment),
        "events": timeline(history_of(payment)),
        "why": explain(payment.reason).what if payment.reason else "",
        "obstacles": found,
        "goes_to_review": form.goes_to_review,
        "mark": mark_of(found),
        # An order that is closed, or another account, is not put right by typing something else.
        "can_match": not DecisionForm(payment=payment).obstacles(),
    }
    return render_backoffice(request, "transfer.html", context)


@require_safe
@platform_admin
def receipt(request: HttpRequest, id: UUID) -> FileResponse:
    """A receipt, for admins' eyes: never run, never framed, never guessed at by the browser."""
    found = TransferReceipt.objects.filter(pk=id).first()
    if found is None:
        raise NotFound
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise NotFound from None
    is_picture = found.content_type.startswith("image/")
    extension = "jpg" if is_picture else "pdf"
    return FileResponse(
        content,
        content_type=found.content_type,
        as_attachment=not is_picture,
        filename=f"receipt-{found.pk}.{extension}",
        headers=SEALED,
    )
