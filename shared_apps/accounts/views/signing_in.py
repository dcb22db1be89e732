"""Logging in: password, then what else the account asks for; and proving oneself again later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.decorators import login_stage_required
from allauth.account.views import LoginView, PasswordResetView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from shared_apps.accounts.adapter import method_of
from shared_apps.accounts.confirm import note_confirmation
from shared_apps.accounts.forms import LoginForm, ProofForm, ResetPasswordForm
from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.phones import mask_email, mask_phone
from shared_apps.accounts.proofs import (
    CONFIRM,
    LOG_IN,
    SENT,
    check_proof,
    is_sent,
    send_proof,
    ways_at_log_in,
    ways_to_confirm,
)
from shared_apps.accounts.services.attempts import record_attempt
from shared_apps.accounts.stages import SecondFactorStage
from shared_apps.core.errors import DomainError, TooManyAttempts
from shared_apps.core.forms import show_error

TOO_MANY = 429
_REFUSED = ("too_many_attempts", "account_locked")
_WAYS: dict[str, str | Promise] = {
    "password": gettext_lazy("With my password"),
    "totp": gettext_lazy("With my authenticator app"),
    "sms": gettext_lazy("By SMS"),
    "email": gettext_lazy("By e-mail"),
    "recovery": gettext_lazy("With a recovery code"),
}


class _Limited:
    """Answers too many tries with the status that programs understand."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # of the view it is mixed into
        if any(form.has_error("__all__", code) for code in _REFUSED):
            response.status_code = TOO_MANY
        return response


class LogInView(_Limited, LoginView):
    """allauth's, with our form."""

    form_class = LoginForm


class ResetView(_Limited, PasswordResetView):
    """allauth's, with our form: asking for a link to choose a new password."""

    form_class = ResetPasswordForm


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked to prove themselves, what for, and what follows."""

    user: User
    ways: list[str]
    purpose: str
    passed: Callable[[], HttpResponse]
    failed: Callable[[], Any]
    context: dict[str, Any]


@login_stage_required(SecondFactorStage.key, "account_login")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """The page after the password: one of the ways the account has."""
    stage = cast("SecondFactorStage", request._login_stage)  # type: ignore[attr-defined]  # set by allauth's decorator
    user = cast("User", stage.login.user)
    if not stage.still_holds():
        return stage.abort()

    def failed() -> None:
        method = method_of(stage.login.signal_kwargs)
        record_attempt(email=user.email, method=method, user=user, reason=LoginAttempt.Reason.SECOND_FACTOR)

    ways = ways_at_log_in(user)
    if not ways:  # removed in another browser meanwhile
        return stage.exit()
    asked = _Asked(user, ways, LOG_IN, stage.exit, failed, {"is_log_in": True})
    return _prove(request, asked)


@never_cache
@sensitive_post_parameters("answer")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Prove again who one is, and go back to where one was."""
    user = cast("User", request.user)
    back = request.GET.get("next", "")
    after = back if get_adapter(request).is_safe_url(back) else reverse("account_security")

    def passed() -> HttpResponse:
        note_confirmation(request)
        return redirect(after)

    asked = _Asked(user, ways_to_confirm(user), CONFIRM, passed, lambda: None, {"is_log_in": False})
    return _prove(request, asked)


def _prove(request: HttpRequest, asked: _Asked) -> HttpResponse:
    way = request.GET.get("by", "")
    way = way if way in asked.ways else asked.ways[0]
    form = ProofForm(way=way)
    status = 200
    if request.method == "POST" and "send" in request.POST:
        return _send(request, asked, way)
    if request.method == "POST":
        form = ProofForm(request.POST, way=way)
        if form.is_valid():
            try:
                check_proof(user=asked.user, way=way, answer=form.cleaned_data["answer"], purpose=asked.purpose)
            except DomainError as error:
                asked.failed()
                status = TOO_MANY if isinstance(error, TooManyAttempts) else 200
                show_error(form, error, field="answer")
            else:
                return asked.passed()
    context = {
        "form": form,
        "way": way,
        "sendable": way in SENT,
        "sent": way not in SENT or is_sent(user=asked.user, way=way, purpose=asked.purpose),
        "destination": mask_phone(asked.user.phone) if way == "sms" else mask_email(asked.user.email),
        "others": [
            {"label": _WAYS[one], "url": _at(request, one), "send": one in SENT} for one in asked.ways if one != way
        ],
        **asked.context,
    }
    return render(request, "account/prove.html", context, status=status)


def _send(request: HttpRequest, asked: _Asked, way: str) -> HttpResponse:
    try:
        if way in SENT:
            send_proof(user=asked.user, way=way, purpose=asked.purpose)
            messages.success(request, _("A code is on its way. It replaces the one before."))
    except TooManyAttempts as refusal:
        messages.error(request, str(refusal))
    return redirect(_at(request, way))


def _at(request: HttpRequest, way: str) -> str:
    """This page, by another way."""
    kept = {"next": request.GET["next"]} if "next" in request.GET else {}
    return f"{request.path}?{urlencode({'by': way, **kept})}"
