"""Signing up through Google or Facebook, and the page about ways to log in."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.internal.flows import signup as pending
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.accounts.confirm import confirmation_required
from shared_apps.accounts.models import SignInProvider
from shared_apps.accounts.pages import AccountRequest, render_account
from shared_apps.accounts.selectors import account_rules, asked_here, sign_in_providers
from shared_apps.accounts.services.providers import disconnect_provider, register_with_provider
from shared_apps.accounts.services.registration import is_address_taken
from shared_apps.accounts.signup_forms import ProviderSignupForm
from shared_apps.core.errors import DomainError, NotFound


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Somebody a provider has named has no account here yet: what we need besides."""
    sociallogin = pending.get_pending_signup(request)
    if sociallogin is None or request.user.is_authenticated:
        return redirect("account_login")
    if not account_rules().registration_open:
        return render(request, "account/signup_closed.html", status=403)
    email, _proved = _address_of(sociallogin)
    if email and is_address_taken(email):
        return _page(request, sociallogin, None, taken=email)
    names = {"first_name": sociallogin.user.first_name, "last_name": sociallogin.user.last_name}
    form = ProviderSignupForm(request.POST or None, known_email=email, asked=asked_here(), initial=names)
    if request.method == "POST" and form.is_valid() and _register(sociallogin, form):
        pending.clear_pending_signup(request)
        return pending.complete_social_signup(request, sociallogin)
    return _page(request, sociallogin, form)


def _register(sociallogin: SocialLogin, form: ProviderSignupForm) -> bool:
    data = form.cleaned_data
    try:
        sociallogin.user = register_with_provider(
            account=sociallogin.account,
            email=form.address,
            email_proved=_address_of(sociallogin)[1],
            first_name=data["first_name"],
            last_name=data["last_name"],
            locale=get_language() or "fr",
            consent=data["consent"],
            marketing=data["marketing"],
            details=form.details(),
            next_path=sociallogin.state.get("next") or "",
        )
    except DomainError as error:
        form.show_error(error)
        return False
    return True


def _address_of(sociallogin: SocialLogin) -> tuple[str, bool]:
    """The address the provider gave, and whether it proved it."""
    given = sociallogin.email_addresses[0] if sociallogin.email_addresses else None
    return (given.email.lower(), given.verified) if given else ("", False)


def _page(
    request: HttpRequest, sociallogin: SocialLogin, form: ProviderSignupForm | None, taken: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "provider": sociallogin.provider.name,
        "email": _address_of(sociallogin)[0],
        "taken": taken,
    }
    return render(request, "account/provider_signup.html", context)


@confirmation_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connections(request: AccountRequest) -> HttpResponse:
    """The ways to log in besides a password: connected ones, and those that may be. Takes one away."""
    if request.method == "POST":
        _disconnect(request)
        return redirect("socialaccount_connections")
    accounts = {one.provider: one for one in SocialAccount.objects.filter(user_id=request.user.pk)}
    offered = {one.provider: one for one in sign_in_providers(active=True)}
    rows = [_row(provider, accounts.get(provider), offered.get(provider)) for provider in {**offered, **accounts}]
    return render_account(request, "providers_page.html", {"rows": rows, "here": reverse("socialaccount_connections")})


def _row(provider: str, account: SocialAccount | None, offered: SignInProvider | None) -> dict[str, Any]:
    return {
        "name": SignInProvider.Provider(provider).label,
        "account": account,
        "label": (account.extra_data.get("email") or account.extra_data.get("name") or "") if account else "",
        "connect_url": reverse(offered.login_url_name) if offered and not account else "",
    }


def _disconnect(request: AccountRequest) -> None:
    mine = SocialAccount.objects.filter(user_id=request.user.pk)
    found = next((one for one in mine if str(one.pk) == request.POST.get("account")), None)
    if found is None:
        raise NotFound
    try:
        disconnect_provider(user=request.user, account_id=found.pk)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Disconnected. You log in without it from now on."))


@login_not_required
@never_cache
@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """The person said no at the provider's."""
    return render(request, "account/provider_cancelled.html")


@login_not_required
@never_cache
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Allauth's address for a failed attempt."""
    return render(request, "socialaccount/authentication_error.html", status=401)
