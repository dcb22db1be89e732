"""What a delivery keeps: codes and links until the message has left or is given up, and never in its key."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.tests.support import last_link
from shared_apps.notifications import services
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(public_client: Client) -> str:
    """Somebody asked for a new password; the secret of the link that is to be mailed."""
    public_client.post("/accounts/password/reset/", {"email": make_user().email})
    return last_link("password_reset").rstrip("/").rpartition("/")[2].partition("-")[2]


def kept() -> str:
    return str(list(Delivery.objects.filter(template="password_reset").values()))


def test_the_link_of_a_reset_is_gone_once_it_was_sent(asked: str) -> None:
    assert asked in kept()
    services.send_due_emails()
    assert asked in mail.outbox[-1].body
    assert asked not in kept()


def test_a_message_that_is_given_up_keeps_its_secrets_until_then_only(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr(services, "render_email", refuse)
    for _ in range(services.MAX_ATTEMPTS):
        assert asked in kept()
        Delivery.objects.update(next_attempt_at=timezone.now())
        assert services.send_due_emails() == 0
    assert Delivery.objects.get(template="password_reset").status == "failed"
    assert asked not in kept()
