"""The account a visitor has made, or shown the password of, and whose address is not proved yet.

Kept in the session by its id: the address may be given up and registered by somebody else meanwhile.
"""

from __future__ import annotations

from django.http import HttpRequest

from shared_apps.accounts.models import User

_KEY = "pending_account"
_CLOSED = "closed_account"
_NEXT = "pending_next"


def remember_pending(request: HttpRequest, user: User, *, next_path: str = "") -> None:
    """Call it only after a registration or a right password. `next_path` is checked: where to go on afterwards."""
    request.session[_KEY] = str(user.pk)
    request.session[_NEXT] = next_path


def forget_pending(request: HttpRequest) -> str:
    """The address is proved, or the visitor has gone on; returns where they were going, or an empty path."""
    request.session.pop(_KEY, None)
    return request.session.pop(_NEXT, "")


def pending_next(request: HttpRequest) -> str:
    """Where the visitor was going, or an empty path."""
    return request.session.get(_NEXT, "")


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
