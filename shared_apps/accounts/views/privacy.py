"""The section about one's data: what was agreed to, a copy of everything, being forgotten."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.confirm import confirmation_required
from shared_apps.accounts.models import Consent
from shared_apps.accounts.pages import AccountRequest, render_account
from shared_apps.accounts.privacy_forms import ErasureForm
from shared_apps.accounts.selectors import agrees_to, consents_of
from shared_apps.accounts.services.consent import set_marketing
from shared_apps.accounts.services.personal_data import erase_person, export_data
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate

DOCUMENTS = {
    Consent.Document.TERMS: gettext_lazy("Terms"),
    Consent.Document.PRIVACY: gettext_lazy("Privacy notice"),
    Consent.Document.MARKETING: gettext_lazy("News and offers"),
}


@never_cache
@require_safe
def privacy(request: AccountRequest) -> HttpResponse:
    """What this person agreed to, and what they can do about their data."""
    consents = [
        {"name": DOCUMENTS[Consent.Document(one.document)], "consent": one} for one in consents_of(request.user)
    ]
    marketing = agrees_to(request.user, Consent.Document.MARKETING)
    return render_account(request, "privacy.html", {"consents": consents, "marketing": marketing})


@require_POST
def marketing(request: AccountRequest) -> HttpResponse:
    """Agree to news, or take it back."""
    wanted = request.POST.get("wanted") == "yes"
    set_marketing(user=request.user, wanted=wanted)
    messages.success(
        request, _("Saved. You will get our news.") if wanted else _("Saved. You get no more news from us.")
    )
    return redirect("account_privacy")


@confirmation_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: AccountRequest) -> HttpResponse:
    """A copy of everything, as a file."""
    if request.method != "POST":
        return render_account(request, "data.html")
    check_rate(action="data-export", who=here(request.user.pk), limit=10, seconds=3600)
    response = HttpResponse(export_data(user=request.user), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="data-{timezone.localdate():%Y-%m-%d}.json"'
    return response


@confirmation_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: AccountRequest) -> HttpResponse:
    """Being forgotten, after a warning and with the address typed."""
    form = ErasureForm(request.POST or None)
    obstacle = None
    if request.method == "POST" and form.is_valid():
        try:
            erase_person(user=request.user, typed=form.cleaned_data["typed"])
        except DomainError as error:
            obstacle = error.extra
            show_error(form, error)
        else:
            logout(request)
            return render(request, "account/erased.html")
    return render_account(request, "erase.html", {"form": form, "obstacle": obstacle})
