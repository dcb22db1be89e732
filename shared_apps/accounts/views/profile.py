"""The section "Profile" of My account: name, address, phone; closing the account and opening it again."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.confirm import confirmation_required
from shared_apps.accounts.forms import CodeForm, EmailForm, PhoneForm, ProfileForm
from shared_apps.accounts.models import OneTimeCode, User
from shared_apps.accounts.pages import render_account
from shared_apps.accounts.pending import closed_account
from shared_apps.accounts.phones import show_phone
from shared_apps.accounts.selectors import asked_here
from shared_apps.accounts.services import addresses, closing
from shared_apps.accounts.services.codes import open_code, read_link
from shared_apps.accounts.services.profile import update_profile
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.notifications.sms import sms_provider


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and language, and the ways to change the rest."""
    user = cast("User", request.user)
    shown = {"first_name": user.first_name, "last_name": user.last_name, "locale": user.locale}
    form = ProfileForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        update_profile(user=user, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("account_home")
    context = {"form": form, "phone": show_phone(user.phone), "sms_offered": sms_provider().offered}
    return render_account(request, "profile.html", {**context, "asked": asked_here()})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def email(request: HttpRequest) -> HttpResponse:
    """Ask for another address; it counts once the link that is sent there is opened."""
    form = EmailForm(request.POST or None)
    sent_to = ""
    if request.method == "POST" and form.is_valid():
        try:
            addresses.ask_email_change(user=cast("User", request.user), email=form.cleaned_data["email"])
            sent_to = form.cleaned_data["email"]
        except DomainError as error:
            show_error(form, error)
    return render_account(request, "email.html", {"form": form, "sent_to": sent_to})


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. A button makes the change: mail readers open links by themselves."""
    return _by_link(request, token, OneTimeCode.Purpose.EMAIL, "email_confirm.html", addresses.confirm_email_change)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, token: str) -> HttpResponse:
    """The link that opens a closed account again."""
    return _by_link(request, token, OneTimeCode.Purpose.REOPEN, "reopen.html", closing.reopen_account)


def _by_link(request: HttpRequest, token: str, purpose: str, template: str, act: Any) -> HttpResponse:
    context: dict[str, Any] = {"link": None, "error": None, "done": False}
    try:
        if request.method == "POST":
            act(token=token)
            context["done"] = True
        else:
            context["link"] = read_link(token=token, purpose=purpose)
    except DomainError as error:
        context["error"] = error
    return render(request, f"account/{template}", context, status=context["error"].status if context["error"] else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def phone(request: HttpRequest) -> HttpResponse:
    """Add, change or remove the phone number."""
    user = cast("User", request.user)
    if not sms_provider().offered:
        raise NotFound
    if "remove" in request.POST:
        addresses.remove_phone(user=user)
        messages.success(request, _("Your phone number is removed."))
        return redirect("account_home")
    form = PhoneForm(request.POST or None, initial={"phone": show_phone(user.phone)})
    if request.method == "POST" and form.is_valid():
        try:
            addresses.ask_phone(user=user, phone=form.cleaned_data["phone"])
        except DomainError as error:
            show_error(form, error)
        else:
            return redirect("account_phone_code")
    return render_account(request, "phone.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def phone_code(request: HttpRequest) -> HttpResponse:
    """Prove the number by the code that was sent to it."""
    user = cast("User", request.user)
    waiting = open_code(user=user, purpose=OneTimeCode.Purpose.PHONE)
    if waiting is None:
        return redirect("account_phone")
    if "send" in request.POST:
        addresses.ask_phone(user=user, phone=waiting.destination)
        messages.success(request, _("A code is on its way. It replaces the one before."))
        return redirect("account_phone_code")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            addresses.confirm_phone(user=user, code=form.cleaned_data["code"])
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Your phone number is confirmed."))
            return redirect("account_home")
    return render_account(request, "phone_code.html", {"form": form, "phone": show_phone(waiting.destination)})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmation_required
def close(request: HttpRequest) -> HttpResponse:
    """Close one's account, which can be undone for some weeks."""
    user = cast("User", request.user)
    error = None
    try:
        if request.method == "POST":
            closing.close_account(user=user)
            logout(request)
            messages.success(request, _("Your account is closed. To open it again, log in: we send you a link."))
            return redirect("account_login")
        closing.check_may_close(user)
    except DomainError as refusal:
        error = refusal
    return render_account(request, "close.html", {"error": error, "days": settings.REOPEN_DAYS})


@login_not_required
@never_cache
@require_safe
def inactive(request: HttpRequest) -> HttpResponse:
    """Where a right password leads when the account is closed."""
    user = closed_account(request)
    return render(
        request, "account/account_inactive.html", {"may_reopen": user is not None and closing.may_reopen(user)}
    )


@login_not_required
@require_POST
def ask_reopening(request: HttpRequest) -> HttpResponse:
    """Mail the link that opens the account of this browser's visitor again."""
    user = closed_account(request)
    if user is not None:
        closing.send_reopening_link(user=user)
    return render(request, "account/reopen_sent.html")
