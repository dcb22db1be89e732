"""A form carries a key, made with it: sent again it counts once, and sent again with something else it is refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from shared_apps.core.errors import Conflict


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
