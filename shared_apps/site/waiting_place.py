"""The invitation a visitor has opened, kept in the session while they log in or make an account."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

_KEY = "waiting_invitation"


def remember_invitation(request: HttpRequest, token: str, email: str) -> None:
    """The visitor goes to sign up and should come back; the account is to have this address."""
    request.session[_KEY] = {"token": token, "email": email}


def invitation_url(request: HttpRequest) -> str:
    """The page of the invitation that waits, or an empty path."""
    waiting = request.session.get(_KEY)
    return reverse("invitation", args=[waiting["token"]]) if waiting else ""


def invited_address(request: HttpRequest) -> str:
    """The address that the invitation was sent to; empty when none waits."""
    return request.session.get(_KEY, {}).get("email", "")


def after_account(request: HttpRequest) -> str:
    """Where somebody goes whose account is ready: back to their invitation, else to the organisation they will make."""
    place = invitation_url(request) or reverse("signup_organisation")
    request.session.pop(_KEY, None)
    return place
