"""Telling a workspace that somebody's place on the platform is another one now."""

from __future__ import annotations

import uuid
from typing import Any

from shared_apps.core.tenancy import connection
from shared_apps.organisations.models import Membership
from shared_apps.outbox.services import publish

TOPIC, SESSIONS_TOPIC = "membership.changed", "sessions.ended"


def announce_membership(*, organisation_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Leave word that a person's place changed or ended, in the current transaction.

    The message names no role: whoever acts on it reads the place as it is then, so that messages may come late, twice or
    in any order.
    """
    _tell(TOPIC, organisation_id, user_id)


def announce_account(*, user: Any) -> None:
    """A platform account was closed, opened again or got another address: tell all its workspaces.

    In the current transaction. An account of a tenant has no places, and nothing is done.
    """
    for organisation_id in _places_of(user):
        announce_membership(organisation_id=organisation_id, user_id=user.pk)


def announce_sessions_ended(*, user: Any) -> None:
    """A platform account was logged out everywhere: its workspaces do the same. In the current transaction."""
    for organisation_id in _places_of(user):
        _tell(SESSIONS_TOPIC, organisation_id, user.pk)


def _places_of(user: Any) -> list[uuid.UUID]:
    if connection.schema_name != "public":
        return []
    return list(Membership.objects.filter(user_id=user.pk).values_list("organisation_id", flat=True))


def _tell(topic: str, organisation_id: uuid.UUID, user_id: uuid.UUID) -> None:
    payload = {"organisation": str(organisation_id), "user": str(user_id)}
    publish(topic=topic, key=str(uuid.uuid4()), payload=payload)
