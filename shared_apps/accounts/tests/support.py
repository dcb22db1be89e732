"""Logging in through the pages, as a browser does."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.accounts.services import factors
from shared_apps.notifications.models import Delivery
from tests.support.factories import PASSWORD

LOGIN = "/accounts/login/"
SECOND = "/accounts/login/second-factor/"


def log_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Send the log-in form."""
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def is_logged_in(client: Client) -> bool:
    """Whether My account opens."""
    return client.get("/accounts/").status_code == 200


def browser_of(user: User, *, host: str = "localhost") -> Client:
    """A browser that logged in with the password, and so has just confirmed who it is."""
    client = Client(HTTP_HOST=host)
    log_in(client, user.email)
    assert is_logged_in(client)
    return client


def last_code(template: str = "one_time_code") -> str:
    """The code of the newest message."""
    return Delivery.objects.filter(template=template).latest("created_at", "pk").context["code"]


def last_link(template: str) -> str:
    """The path of the link in the newest mail."""
    url = Delivery.objects.filter(template=template).latest("created_at", "pk").context["url"]
    found = re.fullmatch(r"http://[^/]+(/.*)", url)
    assert found
    return found[1]


def app_code(secret: str, *, periods: int = 0) -> str:
    """What the authenticator app shows now, or some periods of 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def with_app(user: User, *, keep: str = "") -> str:
    """Give the account an authenticator app whose last code was taken a minute ago; returns its secret."""
    secret = factors.make_totp_secret()
    factors.add_totp(user=user, secret=secret, code=app_code(secret, periods=-1), keep=keep)
    return secret
