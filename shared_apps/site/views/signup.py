"""Steps 1 and 2 of sign-up: the account, and the proof of its address."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.models import User
from shared_apps.accounts.pending import forget_pending, pending_account, remember_pending
from shared_apps.accounts.services.registration import (
    CODE_LIFETIME,
    is_verified,
    resend_code,
)
from shared_apps.accounts.signup_forms import AccountForm, AddressForm, CodeForm
from shared_apps.accounts.views.signup import OpenedLink, prove_by_code, register
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.site.catalogue import chosen_plan
from shared_apps.site.choices import Choice, read_choice
from shared_apps.site.pages import render_page, signup_steps
from shared_apps.site.services.drafts import save_draft
from shared_apps.site.services.signup import change_pending_address
from shared_apps.site.waiting_place import after_account, invitation_url, invited_address


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Step 1: make the account."""
    choice = read_choice(request.POST if request.method == "POST" else request.GET)
    if request.user.is_authenticated:
        return _to_organisation(choice)
    if request.method != "POST":
        return _account_page(request, AccountForm(initial={"email": invited_address(request)}), choice)
    form = AccountForm(request.POST)
    if form.is_valid():
        user = register(form)
        if user:
            save_draft(user=user, typed=choice.as_dict())
            remember_pending(request, user)
            return redirect("signup_code")
    return _account_page(request, form, choice)


def _account_page(request: HttpRequest, form: AccountForm, choice: Choice) -> HttpResponse:
    context = {
        "form": form,
        "choice": choice,
        "chosen": chosen_plan(choice),
        "login_next": invitation_url(request) or f"{reverse('signup_organisation')}?{choice.as_query()}",
        **_steps(request, 1),
    }
    return render_page(request, "signup_account.html", context)


def _steps(request: HttpRequest, current: int) -> dict[str, Any]:
    """The way to an organisation and its payment; whoever is invited to one goes no such way."""
    return {"is_invited": True} if invitation_url(request) else signup_steps(current)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Step 2: the six digits."""
    if request.user.is_authenticated:
        return redirect("signup_organisation")
    account = pending_account(request)
    if account and is_verified(account):
        return _proved_elsewhere(request)
    known = account.email if account else ""
    if request.method != "POST":
        return _code_page(request, CodeForm(known_email=known))
    form = CodeForm(request.POST, known_email=known)
    if form.is_valid():
        try:
            user = prove_by_code(form)
        except DomainError as error:
            show_error(form, error)
        else:
            return _enter(request, user)
    return _code_page(request, form)


def _proved_elsewhere(request: HttpRequest) -> HttpResponse:
    """The link in the mail was opened on another device: the password is all that is missing here."""
    forget_pending(request)
    messages.success(request, _("Your address is confirmed. Log in to go on."))
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': after_account(request)})}")


def _code_page(request: HttpRequest, form: CodeForm, address_form: AddressForm | None = None) -> HttpResponse:
    context = {
        "form": form,
        "email": form.known_email,
        "minutes": int(CODE_LIFETIME.total_seconds() // 60),
        "address_form": address_form or AddressForm(prefix="new"),
        "changing": bool(address_form),
        **_steps(request, 2),
    }
    return render_page(request, "signup_code.html", context)


@login_not_required
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Another code, to the address that waits or to the one typed."""
    account = pending_account(request)
    email = account.email if account else ""
    if not email:
        form = AddressForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Enter your e-mail address to receive a new code."))
            return redirect("signup_code")
        email = form.cleaned_data["email"]
    try:
        resend_code(email=email)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("If this address waits for a code, it is on its way. Look among the spam too."))
    return redirect("signup_code")


@login_not_required
@require_POST
def change_address(request: HttpRequest) -> HttpResponse:
    """The address was wrong: correct it, and send the code there."""
    account = pending_account(request)
    if account is None:
        return redirect("signup")
    form = AddressForm(request.POST, prefix="new")
    if form.is_valid():
        try:
            change_pending_address(account=account, new_email=form.cleaned_data["email"])
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The code was sent to the new address."))
            return redirect("signup_code")
    return _code_page(request, CodeForm(known_email=account.email), form)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail, on any device. Opening it changes nothing (mail scanners open links): a button does."""
    if request.user.is_authenticated:
        return redirect("signup_organisation")
    link = OpenedLink(request, token)
    if link.proved:
        return _enter(request, link.proved[0])
    context: dict[str, Any] = {"link": link, "form": AddressForm(), **_steps(request, 2)}
    return render_page(request, "signup_verify.html", context)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where a log-in leads: to the one thing that waits, else to the organisations."""
    from shared_apps.site.selectors import only_thing_to_do

    return HttpResponseRedirect(only_thing_to_do(request.user))


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user)
    forget_pending(request)
    return HttpResponseRedirect(after_account(request))


def _to_organisation(choice: Choice) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('signup_organisation')}?{choice.as_query()}")
