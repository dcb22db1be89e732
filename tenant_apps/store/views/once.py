"""Forms that carry a key: sent again they count once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from shared_apps.core.errors import Conflict
from tenant_apps.team.forms import WorkspaceForm, save_form

T = TypeVar("T")


def save_once(form: WorkspaceForm, save: Callable[[], T]) -> T | None:
    """As `save_form`. Where the form's key was used for something else, it is shown with what was typed and a key of its
    own: whoever has read why may send it again."""

    def save_or_renew() -> T:
        try:
            return save()
        except Conflict as error:
            if error.code == "key_used":
                typed = {name: form.data[name] for name in form.data}
                form.data = {**typed, "key": str(uuid.uuid4())}
            raise

    return save_form(form, save_or_renew)
