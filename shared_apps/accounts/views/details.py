"""What an organisation asks of its customers: at the log-in of those who have not said it, and in My account."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.internal.decorators import login_stage_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shared_apps.accounts.models import User
from shared_apps.accounts.pages import render_account
from shared_apps.accounts.selectors import asked_here, details_of
from shared_apps.accounts.services.details import save_details
from shared_apps.accounts.signup_forms import DetailsForm
from shared_apps.accounts.stages import DetailsStage
from shared_apps.core.errors import DomainError, NotFound


@login_stage_required(stage=DetailsStage.key, redirect_urlname="account_login")
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """The last step of a log-in: nobody is in before it is done."""
    stage: Any = request._login_stage  # type: ignore[attr-defined]  # set by login_stage_required
    user = stage.login.user
    if not stage.still_holds():
        return stage.abort()
    form = DetailsForm(request.POST or None, asked=asked_here(), details=details_of(user))
    if _is_saved(form, user):
        return stage.exit()
    return render(request, "account/details.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def about(request: HttpRequest) -> HttpResponse:
    """Change what was asked, later; there is no such page where nothing is asked."""
    user, asked = cast("User", request.user), asked_here()
    if not asked:
        raise NotFound
    form = DetailsForm(request.POST or None, asked=asked, details=details_of(user))
    if _is_saved(form, user):
        messages.success(request, _("Your profile is saved."))
        return redirect("account_home")
    return render_account(request, "about.html", {"form": form})


def _is_saved(form: DetailsForm, user: User) -> bool:
    """Save what was sent; if nothing was, or it is refused, the form says why."""
    if not form.is_valid():
        return False
    try:
        save_details(user=user, details=form.details())
    except DomainError as error:
        form.show_error(error)
        return False
    return True
