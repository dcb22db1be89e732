"""Asking people to prove again who they are, before a dangerous act."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]

_KEY = "confirmed"
# Who opened a form in time has this long to fill it in.
FILLING_SECONDS = 900


def confirmation_required(view: View) -> View:
    """Let in who proved themselves within CONFIRMATION_SECONDS; others are asked, and come back to this page.

    Put it on the page with the form, which takes it too: people are asked before they type anything, and whoever was too
    slow comes back by GET. For logged-in people; LoginRequiredMiddleware sends the others to the log-in page.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_filled_in = request.method not in ("GET", "HEAD")
        if is_confirmed(request, grace=FILLING_SECONDS if is_filled_in else 0):
            return view(request, *args, **kwargs)
        if is_filled_in:
            messages.warning(request, _("The form had waited too long. Confirm who you are, then fill it in again."))
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")

    return wrapped


def ask_confirmation(request: HttpRequest, *, back: str = "", **typed: str) -> HttpResponse:
    """Ask who it is, for what only some answers of a form need; they come back to it with what they had `typed`.

    `back` is the page to come back to where the form has none of its own.
    """
    back = back or f"{request.path}?{urlencode(typed)}"
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")


def note_confirmation(request: HttpRequest) -> None:
    """The person at this browser has just proved who they are."""
    request.session[_KEY] = {"user": str(request.user.pk), "at": time.time()}


def is_confirmed(request: HttpRequest, *, grace: int = 0) -> bool:
    """Whether this person proved themselves in this browser within CONFIRMATION_SECONDS (and `grace` more)."""
    noted = request.session.get(_KEY, {})
    age = time.time() - noted.get("at", 0)
    return noted.get("user") == str(request.user.pk) and age < settings.CONFIRMATION_SECONDS + grace
