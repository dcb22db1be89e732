"""Following people who work here."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import Follow, User
from shared_apps.core.errors import DomainError, NotAllowed
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate


@transaction.atomic
def follow(*, follower: User, followed: User) -> Follow:
    """Follow somebody who works here, with notifications on. One transaction; unique by constraint, repeating changes nothing."""
    if follower.pk == followed.pk:
        raise DomainError("own_account", _("You cannot follow yourself."))
    if not (followed.is_staff and followed.is_active):
        raise NotAllowed("not_public", _("This person cannot be followed."))
    check_rate(action="follow", who=here(follower.pk), limit=60, seconds=600)
    return Follow.objects.get_or_create(follower=follower, followed=followed)[0]


def unfollow(*, follower: User, followed: User) -> None:
    """Stop following. One statement; repeating it changes nothing."""
    Follow.objects.filter(follower=follower, followed=followed).delete()


def set_notify(*, follower: User, followed: User, notify: bool) -> None:
    """Be told what somebody does, or not. One statement; repeating it changes nothing."""
    Follow.objects.filter(follower=follower, followed=followed).update(notify=notify)
