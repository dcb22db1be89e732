"""Publishing and delivering outbox messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from shared_apps.core.soon import send_soon
from shared_apps.outbox.models import OutboxMessage

logger = structlog.get_logger(__name__)

Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}

MAX_DELAY = timedelta(minutes=10)


def register(topic: str, handler: Handler) -> None:
    """Name the one function that acts on a topic. Called from AppConfig.ready()."""
    _handlers[topic] = handler


def publish(*, topic: str, key: str, payload: dict[str, Any]) -> None:
    """Leave a message in the current transaction, once per (topic, key); delivery starts after commit.

    Takes no lock; a second publication with the same key is ignored.
    """
    OutboxMessage.objects.bulk_create([OutboxMessage(topic=topic, key=key, payload=payload)], ignore_conflicts=True)

    from shared_apps.outbox.tasks import drain

    transaction.on_commit(lambda: send_soon(drain))


def drain(*, limit: int = 100) -> int:
    """Deliver due messages, each in a transaction of its own; returns how many were delivered.

    Locks one message row (SKIP LOCKED) while its handler runs in the same transaction: the message is done exactly
    when what the handler wrote is committed. A handler that raises leaves the message for later.
    """
    delivered = 0
    for _ in range(limit):
        outcome = _deliver_one()
        if outcome is None:
            break
        delivered += outcome
    return delivered


def _deliver_one() -> int | None:
    """1 delivered, 0 failed and put off, None when nothing is due."""
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(done_at__isnull=True, available_at__lte=timezone.now())
            .order_by("available_at", "pk")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        try:
            with transaction.atomic():
                _handlers[message.topic](message.payload)
        except Exception as error:  # a handler's failure must not stop the others: it is kept, logged and retried
            logger.exception("outbox message failed", topic=message.topic, message_key=message.key)
            message.last_error = f"{type(error).__name__}: {error}"[:2000]
            message.available_at = timezone.now() + _delay(message.attempts)
            message.save(update_fields=["attempts", "last_error", "available_at"])
            return 0
        message.done_at = timezone.now()
        message.save(update_fields=["attempts", "done_at"])
        return 1


def _delay(attempts: int) -> timedelta:
    return min(timedelta(seconds=2**attempts), MAX_DELAY)
