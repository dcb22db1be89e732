"""The account a visitor has made, or shown the password of, and whose address is not proved yet.

Kept in the session by its id: the address may be given up and registered by somebody else meanwhile.
"""

from __future__ import annotations

from django.http import HttpRequest

from shared_apps.accounts.models import User

_KEY = "pending_account"
_CLOSED = "closed_account"


def remember_pending(request: HttpRequest, user: User) -> None:
    """Call it only after a registration or a right password."""
    request.session[_KEY] = str(user.pk)


def forget_pending(request: HttpRequest) -> None:
    """The address is proved, or the visitor has gone on."""
    request.session.pop(_KEY, None)


def pending_account(request: HttpRequest) -> User | None:
    """The visitor's own account, proved elsewhere meanwhile or not; None when there is none."""
    account_id = request.session.get(_KEY)
    return User.objects.filter(pk=account_id, is_active=True).first() if account_id else None


def remember_closed(request: HttpRequest, user: User) -> None:
    """Call it only after a right password: the account is closed, and its owner may want it back."""
    request.session[_CLOSED] = str(user.pk)


def closed_account(request: HttpRequest) -> User | None:
    """The visitor's own account that is closed; None when there is none."""
    account_id = request.session.get(_CLOSED)
    return User.objects.filter(pk=account_id, is_active=False).first() if account_id else None
