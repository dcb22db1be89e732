"""Browsers that logged in before, by a signed cookie: strangers cannot lock their owner out.

The idea is OWASP's (Slow Down Online Guessing Attacks with Device Cookies). The cookie lets nobody in: it only gives
its browser a count of wrong passwords of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from shared_apps.core.tenancy import connection

LIFETIME = timedelta(days=365)
_signer = TimestampSigner(salt="accounts.device")


def known_device(request: HttpRequest, email: str) -> str:
    """The id of this browser, if it logged in to this account before; else empty."""
    try:
        value = _signer.unsign_object(request.COOKIES.get(_name(), ""), max_age=LIFETIME)
    except BadSignature:
        return ""
    return str(value["id"]) if value["account"] == _account(email) else ""


def remember_device(response: HttpResponse, email: str) -> None:
    """This browser has logged in to this account."""
    value = {"id": secrets.token_hex(8), "account": _account(email)}
    response.set_cookie(
        _name(),
        _signer.sign_object(value),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    # After the session's name: in production it begins with __Host-.
    return f"{settings.SESSION_COOKIE_NAME}-device"


def _account(email: str) -> str:
    account = f"{connection.schema_name}|{email.strip().lower()}"
    return salted_hmac("accounts.device", account, algorithm="sha256").hexdigest()
