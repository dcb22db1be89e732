"""A form carries a key, made with it: sent again it counts once, and sent again with something else it is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.core.errors import Conflict
from tenant_apps.store.models import BookedForm

KEYS_KEPT = timedelta(days=7)


def key_used() -> Conflict:
    """What to raise where a key was used before for something else: what is sent now was not saved."""
    text = _(
        "This was saved before with something else, and what is sent now is not saved. Look at it, and send it again if "
        "it is right."
    )
    return Conflict("key_used", text)


def made_once(model: Any, key: UUID, values: dict[str, Any]) -> Any:
    """A new row whose primary key is a form's key. In the caller's transaction, after a look for the key under its lock.

    Raises Conflict (`key_used`) where somebody else's form made a row of this key at the same moment, under another lock.
    """
    row, is_new = model.objects.get_or_create(pk=key, defaults=values)
    if not is_new:
        raise key_used()
    return row


def booked_before(key: UUID | None, **content: Any) -> bool:
    """Whether a form was booked before; else it is from now on. In the caller's transaction; locks the key: who sends it at the
    same moment waits for the first.

    Raises Conflict (`key_used`) where it said something else then.
    """
    if key is None:
        return False
    booked, is_new = BookedForm.objects.get_or_create(key=key, defaults={"content": content})
    if not is_new and booked.content not in (None, content):
        raise key_used()
    return not is_new


def forget_old_keys() -> int:
    """Forget forms that nobody will send again; how many. One statement. For beat."""
    return BookedForm.objects.filter(booked_at__lt=timezone.now() - KEYS_KEPT).delete()[0]
