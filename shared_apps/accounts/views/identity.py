"""The section about one's identity check."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shared_apps.accounts.models import IdentityCheck
from shared_apps.accounts.pages import AccountRequest, render_account
from shared_apps.accounts.privacy_forms import IdentityForm
from shared_apps.accounts.selectors import is_identity_proved, latest_check
from shared_apps.accounts.services.identity import submit_check
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: AccountRequest) -> HttpResponse:
    """Where the check stands, and the form where one may be sent."""
    form = IdentityForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            submit_check(user=request.user, **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Sent. You hear from us by e-mail."))
            return redirect("account_identity")
    check = latest_check(request.user)
    proved = is_identity_proved(request.user)
    waiting = check is not None and check.status == IdentityCheck.Status.PENDING
    context = {"form": form, "check": check, "proved": proved, "waiting": waiting, "may_send": not (waiting or proved)}
    return render_account(request, "identity.html", context)
