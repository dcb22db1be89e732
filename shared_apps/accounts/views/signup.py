"""Getting an account on a tenant's host: the form, the code, the link in the mail. The platform has steps of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.utils import get_login_redirect_url
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shared_apps.accounts.models import User
from shared_apps.accounts.pending import forget_pending, pending_account, pending_next, remember_pending
from shared_apps.accounts.selectors import account_rules, asked_here, sign_in_providers
from shared_apps.accounts.services.registration import (
    CODE_LIFETIME,
    address_of_link,
    is_verified,
    register_account,
    resend_code,
    verify_by_link,
    verify_email,
)
from shared_apps.accounts.signup_forms import AccountForm, AddressForm, ChosenPasswordForm, CodeForm, SignupForm
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.throttle import caller, check_rate
from shared_apps.core.way_back import is_path

View = Callable[..., HttpResponse]


def safe_next(request: HttpRequest) -> str:
    """Where the visitor was, when that is a page of this very host; else empty."""
    path = request.POST.get("next") or request.GET.get("next") or ""
    return path if is_path(path) else ""


def _visitors_only(view: View) -> View:
    """Whoever is logged in goes on; on the platform's own host its own sign-up takes over."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "tenant", None) is None:
            return redirect("/signup/")
        if request.user.is_authenticated:
            return redirect(safe_next(request) or "/")
        return view(request, *args, **kwargs)

    return login_not_required(never_cache(wrapped))


@_visitors_only
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Make an account, where that is open."""
    if not account_rules().registration_open:
        return render(request, "account/signup_closed.html", {"next": safe_next(request)}, status=403)
    asked = asked_here()
    if request.method != "POST":
        return _signup_page(request, SignupForm(asked=asked))
    form = SignupForm(request.POST, asked=asked)
    if form.is_valid():
        next_path = safe_next(request)
        marketing = form.cleaned_data["marketing"]
        user = register(form, marketing=marketing, details=form.details(), next_path=next_path)
        if user:
            remember_pending(request, user, next_path=next_path)
            return redirect("account_signup_code")
    return _signup_page(request, form)


def register(form: AccountForm, **more: Any) -> User | None:
    """Make the account that a valid form describes; None when that is refused, and the form says why."""
    data = form.cleaned_data
    try:
        check_rate(action="register-from", who=caller(), limit=20, seconds=600)
        return register_account(
            email=data["email"],
            password=data["password"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            locale=get_language() or "fr",
            consent=data["consent"],
            **more,
        )
    except DomainError as error:
        form.taken = error.code == "email_taken"
        form.show_error(error)
        return None


def _signup_page(request: HttpRequest, form: SignupForm) -> HttpResponse:
    context = {"form": form, "next": safe_next(request), "providers": sign_in_providers(active=True)}
    return render(request, "account/signup.html", context)


@_visitors_only
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The six digits."""
    account = pending_account(request)
    if account and is_verified(account):
        return _proved_elsewhere(request)
    known = account.email if account else ""
    form = CodeForm(request.POST or None, known_email=known)
    if request.method == "POST" and form.is_valid():
        try:
            user = prove_by_code(form)
        except DomainError as error:
            show_error(form, error)
        else:
            return _enter(request, user, pending_next(request))
    minutes = int(CODE_LIFETIME.total_seconds() // 60)
    return render(request, "account/signup_code.html", {"form": form, "email": known, "minutes": minutes})


def prove_by_code(form: CodeForm) -> User:
    """The account whose address a valid form proves; raises DomainError."""
    return verify_email(email=form.address, code=form.cleaned_data["code"], password=form.password_given)


def _proved_elsewhere(request: HttpRequest) -> HttpResponse:
    """The link in the mail was opened on another device: the password is all that is missing here."""
    query = urlencode({"next": forget_pending(request) or "/"})
    messages.success(request, _("Your address is confirmed. Log in to go on."))
    return HttpResponseRedirect(f"{reverse('account_login')}?{query}")


@_visitors_only
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Another code, to the address that waits or to the one typed."""
    account = pending_account(request)
    form = AddressForm(request.POST)
    if account is None and not form.is_valid():
        messages.error(request, _("Enter your e-mail address to receive a new code."))
        return redirect("account_signup_code")
    try:
        email = account.email if account else form.cleaned_data["email"]
        resend_code(email=email, next_path=pending_next(request))
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("If this address waits for a code, it is on its way. Look among the spam too."))
    return redirect("account_signup_code")


@_visitors_only
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail, on any device. Opening it changes nothing (mail scanners open links): a button does."""
    link = OpenedLink(request, token)
    if link.proved:
        return _enter(request, *link.proved)
    return render(request, "account/signup_verify.html", {"link": link, "form": AddressForm()})


class OpenedLink:
    """The link in the mail, opened in a browser: what it proves, once its button is pressed, or why it does not."""

    def __init__(self, request: HttpRequest, token: str) -> None:
        account, address = pending_account(request), address_of_link(token)
        made_here = account is not None and account.email == address
        self.form = ChosenPasswordForm(request.POST if request.method == "POST" else None, made_here=made_here)
        self.refused = not address
        self.proved: tuple[User, str] | None = None
        if address and self.form.is_valid():
            self._prove(token)

    def _prove(self, token: str) -> None:
        try:
            self.proved = verify_by_link(token=token, password=self.form.password_given)
        except DomainError as error:
            self.refused = error.field != "password"
            show_error(self.form, error)


def _enter(request: HttpRequest, user: User, next_path: str) -> HttpResponse:
    login(request, user)
    forget_pending(request)
    return HttpResponseRedirect(next_path or get_login_redirect_url(request))
