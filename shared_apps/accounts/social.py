"""Signing in with Google and Facebook by a tenant's own keys."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.confirm import FILLING_SECONDS, is_confirmed
from shared_apps.accounts.models import SignInProvider, User
from shared_apps.accounts.selectors import sign_in_providers
from shared_apps.accounts.services.providers import connect_provider
from shared_apps.accounts.services.rules import open_secret
from shared_apps.core.errors import DomainError


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The keys come from the rows of the current schema, in memory only; a host without them has no such page."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """The apps of this schema that are switched on."""
        rows = [row for row in sign_in_providers(active=True) if provider in (None, row.provider)]
        return [_app_of(row) for row in rows if client_id in (None, row.client_id)]

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """The app of a provider; raises Http404 where there is none."""
        apps = self.list_apps(request, provider=provider, client_id=client_id)
        if not apps:
            raise Http404
        return apps[0]

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        """Somebody who may sign up. They wait in the session, which cannot hold a value that the database makes."""
        return User(date_joined=timezone.now())

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: everybody agrees to the terms first."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connecting is done by our own service, in one transaction with its audit entry."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_connect(request, sociallogin))

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """The page about ways to log in."""
        return reverse("socialaccount_connections")


def _connect(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    # Whoever started it has proved who they are a moment ago; it may have taken long at the provider's.
    if request.user.is_authenticated and is_confirmed(request, grace=FILLING_SECONDS):
        name = sociallogin.provider.name
        try:
            connect_provider(user=request.user, account=sociallogin.account)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You can log in with %(provider)s now.") % {"provider": name})
    return redirect("socialaccount_connections")


def _app_of(row: SignInProvider) -> SocialApp:
    return SocialApp(
        provider=row.provider, name=row.get_provider_display(), client_id=row.client_id, secret=open_secret(row)
    )
