"""What is open in a workspace that is not paid, was cancelled, or is held: reading, for those who work there.

This is the one place that decides it. Whatever may change something is refused, to everybody, by whatever way it comes;
customers find the shop or the calendar closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from shared_apps.core.context import platform_url
from shared_apps.core.error_views import render_closed, render_read_only
from shared_apps.organisations.current import Standing
from tenant_apps.team.selectors import standing_of

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE = ("GET", "HEAD", "OPTIONS")
# Names of addresses that work as ever, whatever is sent to them: coming in and going out, the language, the end of
# sessions, word of money that came, and taking one's own data along. None of them changes what the workspace is about.
ALWAYS = frozenset({
    "set_language", "enter", "impersonation_end",
    "account_login", "account_second_factor", "account_logout", "account_reauthenticate", "google_login",
    "facebook_login", "account_reset_password", "account_reset_password_from_key",
    "account_end_session", "account_end_api_session", "account_sign_out_everywhere", "account_data",
    # What providers tell of money: it has come, whether the workspace is open or not.
    "payments:hook", "payments:hook_payment",
    "api-token", "api-token-refresh", "api-logout", "api-sessions", "api-session",
})  # fmt: skip


class StandingMiddleware:
    """Refuses, in a workspace that is read-only, what may change something, and closes what customers see.

    It looks at the tenant as it is remembered (`organisations.current`): no query, but for whoever is refused.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Callable[..., Any], *_: Any) -> HttpResponse | None:
        tenant = request.tenant
        if tenant is None or not tenant.is_suspended or request.resolver_match.view_name in ALWAYS:
            return None
        if request.method not in SAFE:
            return render_read_only(request, standing=tenant.standing, pay_url=_pay_url(request))
        if _is_for_customers(request, view) and not request.user.is_staff:
            return render_closed(request)
        return None


def _is_for_customers(request: Any, view: Callable[..., Any]) -> bool:
    """A product's page that has no door: storefront, calendar."""
    return request.resolver_match.namespace == request.tenant.product and not getattr(view, "for_staff", False)


def _pay_url(request: Any) -> str:
    """Where this person may pay, or "": who pays is the owner's affair, and nobody's where the platform holds the workspace."""
    if request.tenant.standing == Standing.HELD or not request.user.is_authenticated:
        return ""
    if not standing_of(request.user).is_owner:
        return ""
    return platform_url(f"/organisations/{request.tenant.pk}/renew/")
