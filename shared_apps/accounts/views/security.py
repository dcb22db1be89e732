"""The section "Security" of My account: password, second factor, what is open, who tried."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.confirm import confirmation_required
from shared_apps.accounts.devices import known_device
from shared_apps.accounts.forms import CodeForm, NewPasswordForm
from shared_apps.accounts.models import SecondFactor, User
from shared_apps.accounts.pages import render_account
from shared_apps.accounts.selectors import latest_attempts, open_api_sessions, open_browsers
from shared_apps.accounts.services import factors, passwords, sessions
from shared_apps.accounts.services.api_sessions import end_session
from shared_apps.accounts.services.sessions import note_browser
from shared_apps.core.errors import Conflict, DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.core.qr import qr_svg
from shared_apps.core.request_info import request_info
from shared_apps.notifications.sms import sms_provider

_SECRET = "totp_secret"  # noqa: S105 — a key of the session, not a secret


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Everything about the safety of one's account."""
    user = cast("User", request.user)
    kinds = factors.factor_kinds(user)
    context = {
        "has_password": user.has_usable_password(),
        "kinds": kinds,
        "recovery_left": factors.recovery_codes_left(user),
        "sms_offered": sms_provider().offered,
        "browsers": open_browsers(user, current=_key(request)),
        "api_sessions": open_api_sessions(user),
        "attempts": latest_attempts(user),
    }
    return render_account(request, "security.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def password(request: HttpRequest) -> HttpResponse:
    """Change the password, or choose a first one."""
    user = cast("User", request.user)
    form = NewPasswordForm(data=request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        key = _key(request)
        device = known_device(request, user.email)
        passwords.set_password(user=user, password=form.cleaned_data["password1"], keep=key, device=device)
        update_session_auth_hash(request, user)
        info = request_info()
        new = _key(request)
        note_browser(user=user, session_key=new, ip=info.ip, user_agent=info.user_agent, was=key)
        messages.success(request, _("Your password is changed. You are logged out everywhere else."))
        return redirect("account_security")
    return render_account(request, "password.html", {"form": form, "has_password": user.has_usable_password()})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def totp(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: scan the code, type the first one it shows."""
    user = cast("User", request.user)
    secret = request.session.setdefault(_SECRET, factors.make_totp_secret())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            factors.add_totp(user=user, secret=secret, code=form.cleaned_data["code"], keep=_key(request))
        except DomainError as error:
            show_error(form, error)
        else:
            del request.session[_SECRET]
            messages.success(request, _("Your authenticator app is set up."))
            return _after_adding(user)
    url = factors.totp_url(user=user, secret=secret, issuer=_issuer(request))
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return render_account(request, "totp.html", {"form": form, "svg": _safe_svg(url), "secret": groups, "url": url})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def remove_totp(request: HttpRequest) -> HttpResponse:
    """Stop asking for the authenticator app."""
    if request.method == "POST":
        factors.remove_totp(user=cast("User", request.user))
        messages.success(request, _("The authenticator app is removed."))
        return redirect("account_security")
    return render_account(request, "remove_factor.html", {"kind": "totp"})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def code_factor(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for a code by e-mail or SMS at every log-in, or stop asking."""
    user = cast("User", request.user)
    if kind not in SecondFactor.Kind.values or (kind == "sms" and not sms_provider().offered):
        raise NotFound
    has = kind in factors.factor_kinds(user)
    if request.method != "POST":
        if kind == "sms" and not has and not user.phone_verified_at:
            messages.info(request, _("Add your phone number first, then come back here."))
            return redirect("account_phone")
        return render_account(request, "remove_factor.html" if has else "add_factor.html", {"kind": kind})
    if "remove" in request.POST:
        factors.remove_code_factor(user=user, kind=kind)
        messages.success(request, _("This way of confirming is removed."))
        return redirect("account_security")
    factors.add_code_factor(user=user, kind=kind, keep=_key(request))
    messages.success(request, _("From now on we send a code at every log-in."))
    return _after_adding(user)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes; they are shown on the answer and never again."""
    user = cast("User", request.user)
    codes: list[str] = []
    refusal: Conflict | None = None
    if request.method == "POST":
        try:
            codes = factors.make_recovery_codes(user=user, replaces=request.POST.get("replaces", ""))
        except Conflict as error:
            refusal = error
    context = {
        "codes": codes,
        "refusal": refusal,
        "replaces": factors.recovery_codes_mark(user),
        "left": factors.recovery_codes_left(user),
        "has_factor": factors.has_second_factor(user),
        "file": quote("\r\n".join([_issuer(request), *codes])),
    }
    response = render_account(request, "recovery_codes.html", context, status=refusal.status if refusal else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def end_browser(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log one browser out; one's own leads to the log-in page."""
    if not sessions.end_browser_session(user=cast("User", request.user), session_id=session_id):
        messages.info(request, _("This session had ended already."))
    else:
        messages.success(request, _("This session is ended."))
    return redirect("account_security")


@require_POST
def end_api(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one log-in over the API."""
    end_session(user=cast("User", request.user), session_id=session_id)
    messages.success(request, _("This session is ended."))
    return redirect("account_security")


@require_POST
def end_everything(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere: every browser, this one too, and every log-in over the API."""
    sessions.end_all_sessions(user=cast("User", request.user), actor=cast("User", request.user))
    logout(request)
    messages.success(request, _("You are logged out everywhere."))
    return redirect("account_login")


def _after_adding(user: User) -> HttpResponse:
    """Who has no recovery codes yet gets them before anything else: a lost phone must not lock anybody out."""
    return redirect("account_security" if factors.recovery_codes_left(user) else "account_recovery_codes")


def _key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _issuer(request: HttpRequest) -> str:
    tenant: Any = getattr(request, "tenant", None)
    return tenant.name if tenant else settings.PLATFORM_NAME


def _safe_svg(text: str) -> SafeString:
    return mark_safe(qr_svg(text))  # noqa: S308 — drawn by us: paths and numbers only
