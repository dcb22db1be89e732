"""How allauth fits in: accounts are made by our own services, its pages only sign people in and out."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from shared_apps.accounts.confirm import note_confirmation
from shared_apps.accounts.devices import known_device, remember_device
from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.pending import remember_closed, remember_pending
from shared_apps.accounts.selectors import account_rules
from shared_apps.accounts.services.attempts import check_may_log_in, forget_failures, record_attempt
from shared_apps.accounts.services.factors import has_second_factor
from shared_apps.accounts.services.passwords import send_reset_link, set_password
from shared_apps.accounts.services.registration import is_verified
from shared_apps.core.context import platform_url
from shared_apps.core.errors import TooManyAttempts

PASSWORD = LoginAttempt.Method.PASSWORD


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through our own steps; our limits, records and second factor stand around each log-in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether people may get an account here: nobody new in a workspace that can only be read."""
        is_read_only = request.tenant is not None and request.tenant.is_suspended  # type: ignore[attr-defined]  # middleware's
        return account_rules().registration_open and not is_read_only

    def get_login_stages(self) -> list[str]:
        """What stands between a right password and the session. The address was looked at in `pre_login`."""
        return ["shared_apps.accounts.stages.SecondFactorStage", "shared_apps.accounts.stages.DetailsStage"]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try at this account; raises ValidationError when it is locked."""
        email = credentials["email"]
        try:
            check_may_log_in(email=email, method=PASSWORD, device=known_device(request, email))
        except TooManyAttempts as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        email = credentials["email"]
        if user is None:
            record_attempt(email=email, method=PASSWORD, reason=LoginAttempt.Reason.WRONG)
        else:
            forget_failures(email=email, device=known_device(request, email))
        return user

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Somebody whose address is not proved yet goes on where sign-up stopped, on the same host."""
        method = method_of(kwargs.get("signal_kwargs"))
        response = super().pre_login(request, user, **kwargs)
        if response is not None:
            record_attempt(email=user.email, method=method, user=user, reason=LoginAttempt.Reason.INACTIVE)
        elif not is_verified(user):
            record_attempt(email=user.email, method=method, user=user, reason=LoginAttempt.Reason.UNVERIFIED)
            remember_pending(request, user, next_path=kwargs.get("redirect_url") or "")
            on_tenant = getattr(request, "tenant", None) is not None
            return redirect("account_signup_code") if on_tenant else redirect(platform_url("/signup/code/"))
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Only somebody who gave the right password comes here."""
        remember_closed(request, user)
        return redirect("account_inactive")

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """The log-in is complete: note it, and know this browser from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        method = method_of(kwargs.get("signal_kwargs"))
        record_attempt(email=user.email, method=method, user=user)
        if method == PASSWORD:
            note_confirmation(request)
            remember_device(response, user.email)
        return response

    def set_password(self, user: Any, password: str) -> None:
        """By the link of the reset mail: every session ends, and the owner is told."""
        set_password(user=user, password=password, device=known_device(self.request, user.email), by_mail=True)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Queued like every mail, on the configured host of this tenant or of the platform, never the request's."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": context["uid"], "key": context["key"]})
        send_reset_link(user=user, path=path)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our services tell people themselves, in the transaction of the change."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth keeps authenticator apps; codes by e-mail and SMS count as second factors too."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        return user.is_authenticated and has_second_factor(user)


def method_of(signal_kwargs: dict[str, Any] | None) -> str:
    """How somebody who logs in proved themselves first, by what allauth tells the signals of a log-in."""
    by_provider = "sociallogin" in (signal_kwargs or {})
    return LoginAttempt.Method.SOCIAL if by_provider else PASSWORD
