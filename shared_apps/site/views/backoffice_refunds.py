"""The back office's page of refunds that wait for somebody, and what that somebody says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Refund
from billing.services.refunds import approve_refund, give_up_refund, mark_refund_sent, reject_refund
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.site import payment_desk as desk
from shared_apps.site.forms.refunds import SentForm
from shared_apps.site.payment_effects import shown
from shared_apps.site.payment_rows import refund_row
from shared_apps.site.views.backoffice import platform_admin, render_backoffice
from shared_apps.site.views.backoffice_payments import PAGE, UNPROCESSABLE, rooms

FILTERS: dict[str, str | Promise] = {
    "second": gettext_lazy("For a second person"),
    "by_hand": gettext_lazy("To send by hand"),
    "under_way": gettext_lazy("Under way"),
    "failed": gettext_lazy("Failed"),
    "done": pgettext_lazy("refunds", "Done"),
}
_DECIDE: dict[str, Callable[..., Refund]] = {
    "approve": approve_refund,
    "reject": reject_refund,
    "give_up": give_up_refund,
}


@require_safe
@platform_admin
def refunds(request: HttpRequest) -> HttpResponse:
    """Refunds, by what they wait for."""
    name = request.GET.get("show", "")
    context = rooms("refunds")
    if name not in FILTERS:
        name = next((one for one in ("second", "by_hand", "under_way") if context["counts"][one]), "second")
    page = Paginator(desk.refunds(name), PAGE).get_page(request.GET.get("page"))
    waits = ("second", "by_hand", "under_way")
    context["with_state"] = name not in ("second", "by_hand")
    filters = [
        {"url": f"?show={key}", "label": label, "current": key == name,
         "count": context["counts"][key] if key in waits else 0}
        for key, label in FILTERS.items()
    ]  # fmt: skip
    rows = [refund_row(one) for one in page.object_list]
    return render_backoffice(request, "refunds.html", {**context, "page": page, "rows": rows, "filters": filters})


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def refund(request: HttpRequest, id: UUID) -> HttpResponse:
    """One refund: agree or not, or say that it was sent."""
    found = desk.get_refund(id)
    is_sent = request.POST.get("decision") == "sent"
    form = SentForm(request.POST if is_sent else None)
    if request.method == "POST":
        answer = _decide(request, found, form)
        if answer:
            return answer
    context: dict[str, Any] = {**refund_row(found), "form": form, "order": found.payment.order}
    context["is_mine"] = found.requested_by_id == request.user.pk
    return render_backoffice(request, "refund_decide.html", context, status=UNPROCESSABLE if form.errors else 200)


def _decide(request: HttpRequest, found: Refund, form: SentForm) -> HttpResponse | None:
    decision = request.POST.get("decision", "")
    try:
        if decision == "sent":
            if not form.is_valid():
                return None
            made = mark_refund_sent(refund=found, admin=request.user, reference=form.cleaned_data["reference"])
        elif decision in _DECIDE:
            made = _DECIDE[decision](refund=found, admin=request.user)
        else:
            messages.warning(request, _("Choose what becomes of the refund."))
            return redirect("backoffice_refund", id=found.pk)
    except DomainError as error:
        if error.field in form.fields and form.is_bound:
            show_error(form, error)
            return None
        messages.warning(request, str(error))
        return redirect("backoffice_refund", id=found.pk)
    messages.success(
        request, _("Refund of %(amount)s · %(state)s") % {"amount": shown(made.amount), **refund_row(made)}
    )
    return redirect("backoffice_refunds")
