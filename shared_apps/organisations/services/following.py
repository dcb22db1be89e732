"""Telling a workspace that somebody's place on the platform is another one now."""

from __future__ import annotations

import uuid
from typing import Any

from shared_apps.core.tenancy import connection
from shared_apps.organisations.models import Membership
from shared_apps.outbox.services import publish

TOPIC = "membership.changed"


def announce_membership(*, organisation_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Leave word that a person's place changed or ended, in the current transaction.

    The message names no role: whoever acts on it reads the place as it is then, so that messages may come late, twice or
    in any order.
    """
    payload = {"organisation": str(organisation_id), "user": str(user_id)}
    publish(topic=TOPIC, key=str(uuid.uuid4()), payload=payload)


def announce_account(*, user: Any) -> None:
    """A platform account was closed, opened again or got another address: tell all its workspaces.

    In the current transaction. An account of a tenant has no places, and nothing is done.
    """
    if connection.schema_name != "public":
        return
    for organisation_id in Membership.objects.filter(user_id=user.pk).values_list("organisation_id", flat=True):
        announce_membership(organisation_id=organisation_id, user_id=user.pk)
