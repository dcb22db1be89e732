"""The invitation a visitor has opened, kept in the session while they log in or make an account."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

_KEY = "invitation"


def remember_invitation(request: HttpRequest, token: str) -> None:
    """The visitor goes to sign up and should come back."""
    request.session[_KEY] = token


def after_account(request: HttpRequest) -> str:
    """Where somebody goes whose account is ready: back to their invitation, else to the organisation they will make."""
    token = request.session.pop(_KEY, "")
    return reverse("invitation", args=[token]) if token else reverse("signup_organisation")
