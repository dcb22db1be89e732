"""The back office: the transfer desk, payments to review, workspaces that are stuck."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.messages import explain
from billing.models import Payment, TransferReceipt
from billing.services.transfers import decide_transfer
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.texts import timeline
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.site import backoffice as desk
from shared_apps.site.forms.payment import LABELS, DecisionForm
from shared_apps.site.pages import frame_of
from shared_apps.site.plan_texts import plan_label
from shared_apps.site.services.backoffice import restart_provisioning
from shared_apps.site.transfer_check import mark_of

View = Callable[..., HttpResponseBase]
DECIDABLE = (*Payment.OPEN, Payment.Status.EXPIRED, Payment.Status.CANCELLED)


def platform_admin(view: View) -> View:
    """The one door of the back office: a logged-in platform admin with a second factor, and nobody else."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:  # type: ignore[union-attr]  # logged in: LoginRequiredMiddleware
            raise PermissionDenied
        if not is_platform_admin(request.user):
            messages.warning(request, _("The back office opens once your account has a second factor."))
            return redirect("account_security")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@platform_admin
def home(request: HttpRequest) -> HttpResponse:
    """What waits for somebody."""
    counts = desk.transfer_counts()
    reviews = [
        {
            "payment": payment,
            "why": explain(payment.reason).what,
            "method": LABELS.get(payment.method.name, payment.method),
        }
        for payment in desk.payments_to_review()
    ]
    jobs = [{"job": job, "plan": plan_label(job.order)} for job in desk.stuck_jobs()]
    return render_backoffice(request, "home.html", {"counts": counts, "reviews": reviews, "jobs": jobs})


@require_safe
@platform_admin
def transfers(request: HttpRequest) -> HttpResponse:
    """The queue of bank transfers."""
    name = request.GET.get("show", "waiting")
    if name not in desk.FILTERS:
        name = "waiting"
    counts = desk.transfer_counts()
    page = Paginator(desk.transfers(name), 25).get_page(request.GET.get("page"))
    tabs = [
        {
            "url": f"?show={key}",
            "label": one.label,
            "current": key == name,
            "count": counts[key] if key != "decided" else 0,
        }
        for key, one in desk.FILTERS.items()
    ]
    return render_backoffice(request, "transfers.html", {"page": page, "tabs": tabs, "show": name, "counts": counts})


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
        try:
            decided = decide_transfer(
                payment=payment,
                admin=request.user,
                approved=approved,
                comment=form.cleaned_data["comment"],
                received=form.cleaned_data["received"],
                reference=form.cleaned_data["reference"],
            )
        except DomainError as error:
            show_error(form, error)
        else:
            _announce(request, decided, approved)
            return redirect("backoffice_transfers")
    return _transfer_page(request, payment, form)


def _announce(request: HttpRequest, decided: Payment, approved: bool) -> None:
    number = decided.order.number
    if not approved:
        messages.success(request, _("%(number)s: rejected. The payer was told why.") % {"number": number})
    elif decided.status == Payment.Status.SUCCEEDED:
        messages.success(request, _("%(number)s: approved. The workspace is being prepared.") % {"number": number})
    else:
        messages.warning(
            request,
            _("%(number)s: noted, but not as expected. The payment waits for review and opens nothing.")
            % {"number": number},
        )


def _fingerprint(payment: Payment) -> str:
    """Changes when the payment moves, is decided, or gets another receipt."""
    receipts = sorted(str(receipt.pk) for receipt in payment.receipts.all())
    text = "|".join([payment.status, str(payment.decided_at), *receipts])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _transfer_page(request: HttpRequest, payment: Payment, form: DecisionForm) -> HttpResponse:
    found = form.obstacles()
    context = {
        "payment": payment,
        "order": payment.order,
        "number_html": format_html('<span class="nowrap">{}</span>', payment.order.number),
        "plan": plan_label(payment.order),
        "form": form,
        "can_decide": payment.status in DECIDABLE,
        "can_reject": payment.status == Payment.Status.UNDER_REVIEW,
        "copies": desk.copies_of(payment),
        "events": timeline(desk.history_of(payment)),
        "why": explain(payment.reason).what if payment.reason else "",
        "obstacles": found,
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
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@platform_admin
def restart_job(request: HttpRequest, id: UUID) -> HttpResponse:
    """Start a stuck workspace again."""
    try:
        restart_provisioning(job_id=id, admin=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Started again. The customer's page follows it."))
    return redirect("backoffice")


# Where an entry of the navigation leads to more than what begins with its own address.
_ROOMS_OF = {"backoffice_payments": ("/backoffice/review/", "/backoffice/refunds/", "/backoffice/invoices/")}


def render_backoffice(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the back office, with its navigation."""
    return render_in_backoffice(request, f"site/backoffice/{template}", context, status=status)


def render_in_backoffice(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The same for a template of another room, named in full."""
    entries = (
        ("backoffice", _("Home"), "", "layout-dashboard"),
        ("backoffice_transfers", _("Transfers"), "", "landmark"),
        ("backoffice_payments", _("Payments"), "", "wallet"),
        ("backoffice_identity", _("Identity checks"), _("Identity"), "shield-check"),
        ("backoffice_plans", _("Plans and prices"), _("Plans"), "tag"),
        ("backoffice_organisations", _("Organisations"), _("Workspaces"), "building-2"),
        ("backoffice_subscriptions", _("Subscriptions"), "", "rotate-ccw"),
        ("backoffice_audit", _("Activity log"), _("Activity"), "history"),
    )
    nav = [
        {
            "url": reverse(name),
            "label": label,
            "short": short,
            "icon": icon,
            "current": request.path == reverse(name)
            or (name != "backoffice" and request.path.startswith((reverse(name), *_ROOMS_OF.get(name, ()))))
            or name == context.get("nav_current"),
        }
        for name, label, short, icon in entries
    ]
    return render(request, template, {**frame_of(request), "nav": nav, **context}, status=status)
