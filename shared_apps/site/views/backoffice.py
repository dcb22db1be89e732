"""The back office: its door, its first page, payments to review, workspaces that are stuck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.errors import DomainError
from shared_apps.site import backoffice as desk
from shared_apps.site.pages import frame_of
from shared_apps.site.payment_desk import in_review
from shared_apps.site.payment_rows import review_row
from shared_apps.site.plan_texts import plan_label
from shared_apps.site.services.backoffice import restart_provisioning
from shared_apps.site.transfer_desk import transfer_counts

View = Callable[..., HttpResponseBase]


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
    counts = transfer_counts()
    reviews = [review_row(payment) for payment in in_review()[:50]]
    jobs = [{"job": job, "plan": plan_label(job.order)} for job in desk.stuck_jobs()]
    return render_backoffice(request, "home.html", {"counts": counts, "reviews": reviews, "jobs": jobs})


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
_ROOMS_OF = {
    "backoffice_transfers": ("/backoffice/statements/",),
    "backoffice_payments": ("/backoffice/review/", "/backoffice/refunds/", "/backoffice/invoices/"),
    "backoffice_providers": ("/backoffice/webhooks/", "/backoffice/reconciliation/"),
}


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
        ("backoffice_revenue", _("Revenue"), "", "chart-column"),
        ("backoffice_commissions", _("Commissions and payouts"), _("Payouts"), "percent"),
        ("backoffice_providers", _("Ways to pay"), "", "activity"),
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


def room_tabs(
    labels: Mapping[str, str], *, current: str, counts: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """The pages of one room as tabs, by the ends of their addresses' names ("backoffice_refunds"), with what waits in each."""
    return [
        {
            "url": reverse(f"backoffice_{name}"),
            "label": label,
            "current": name == current,
            "count": (counts or {}).get(name, 0),
        }
        for name, label in labels.items()
    ]
