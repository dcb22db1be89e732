"""Where staff read reviews before everybody does."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store.forms.reviews import RejectForm, ReplyForm, VersionForm
from tenant_apps.store.models import Review
from tenant_apps.store.selectors import reviews as reading
from tenant_apps.store.services import reviews as writing
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

MODERATE = "store.moderate_reviews"
TABS = {
    Review.Status.PENDING: gettext_lazy("To check"),
    Review.Status.PUBLISHED: gettext_lazy("Published"),
    Review.Status.REJECTED: gettext_lazy("Rejected"),
}


@permission_required(MODERATE)
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Reviews by status, those to be read first."""
    status = request.GET.get("status", "")
    if status not in Review.Status.values:
        status = Review.Status.PENDING
    counts = reading.review_counts()
    page = reading.review_queue(status=status, page=request.GET.get("page", "1"))
    tabs = [
        {"url": f"?status={key}", "label": label, "current": key == status, "count": counts[key]}
        for key, label in TABS.items()
    ]
    context = {"page": page, "status": status, "tabs": tabs, "is_empty": not sum(counts.values())}
    return render_workspace(request, "store/staff/reviews.html", context)


@permission_required(MODERATE)
@require_safe
def review(request: StaffRequest, review_id: int) -> HttpResponse:
    """One review, to publish, reject or answer."""
    return _review_page(request, _review_or_404(review_id))


@permission_required(MODERATE)
@require_POST
def publish(request: StaffRequest, review_id: int) -> HttpResponse:
    """Show a review."""
    found, form = _review_or_404(review_id), VersionForm(request.POST)
    if not form.is_valid():
        return redirect("store:staff_review", found.pk)
    try:
        writing.publish_review(review=found, by=request.user, version=form.cleaned_data["version"])
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(_place_after(error, found))
    messages.success(request, _("The review is shown on its product's page."))
    return redirect("store:staff_reviews")


@permission_required(MODERATE)
@require_POST
def reject(request: StaffRequest, review_id: int) -> HttpResponse:
    """Do not show a review, with a reason for its author."""
    found, form = _review_or_404(review_id), RejectForm(request.POST)
    saved = _save(
        form,
        lambda data: writing.reject_review(
            review=found, reason=data["reason"], by=request.user, version=data["version"]
        ),
    )
    if saved is None:
        return _review_page(request, _review_or_404(review_id), reject_form=form, status=UNPROCESSABLE)
    messages.success(request, _("The review is not shown. Its author can read why."))
    return redirect("store:staff_reviews")


@permission_required(MODERATE)
@require_POST
def reply(request: StaffRequest, review_id: int) -> HttpResponse:
    """Answer a review below it."""
    found, form = _review_or_404(review_id), ReplyForm(request.POST)
    saved = _save(
        form,
        lambda data: writing.reply_to_review(
            review=found, text=data["reply"], by=request.user, version=data["version"]
        ),
    )
    if saved is None:
        return _review_page(request, _review_or_404(review_id), reply_form=form, status=UNPROCESSABLE)
    messages.success(
        request, _("Your reply is shown below the review.") if saved.reply else _("Your reply was removed.")
    )
    return redirect("store:staff_review", found.pk)


def _save(form: VersionForm, save: Callable[[dict[str, str]], Review]) -> Review | None:
    return save_form(form, lambda: save(form.cleaned_data))


def _review_or_404(review_id: int) -> Review:
    found = reading.review_by_id(review_id)
    if found is None:
        raise Http404
    return found


def _place_after(error: DomainError, found: Review) -> str:
    if error.code == "review_gone":
        return reverse("store:staff_reviews")
    return reverse("store:staff_review", args=[found.pk])


def _review_page(
    request: StaffRequest,
    found: Review,
    *,
    reject_form: RejectForm | None = None,
    reply_form: ReplyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """A form that was refused keeps what was typed, and takes the version that is shown now."""
    initial = {"version": found.version}
    context = {
        "review": found,
        "reject_form": reject_form or RejectForm(initial=initial, prefix=None),
        "reply_form": reply_form or ReplyForm(initial={**initial, "reply": found.reply}),
        "may_reply": found.is_published,
    }
    return render_workspace(request, "store/staff/review.html", context, status=status)
