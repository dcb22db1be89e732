"""What logs never hold.

Failure cases (docs/failure-cases.md): Case 24.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.test import Client

from baobab import logs
from shared_apps.accounts.handover import handover_url
from tests.support.factories import make_user
from tests.support.tenants import owner_of, ready_tenant

SECRET = "correct-horse-battery"


@pytest.fixture
def lines() -> Iterator[Callable[[], str]]:
    """All that is logged from now on, as text. Sets up logging as the processes do, and puts it back afterwards."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    logs.configure()
    [ours] = [one for one in root.handlers if one not in before[1]]
    assert isinstance(ours, logging.StreamHandler)
    ours.stream = written = io.StringIO()
    root.handlers[:] = [ours]
    yield written.getvalue
    root.level, root.handlers[:] = before
    structlog.reset_defaults()


@pytest.mark.django_db
def test_tokens_passwords_and_addresses_are_not_in_the_log(lines) -> None:
    tenant = ready_tenant("store-a")
    token = handover_url(account_id=owner_of(tenant).pk, tenant=tenant).rstrip("/").rsplit("/", 1)[1]
    inside, outside = Client(HTTP_HOST=tenant.host), Client(HTTP_HOST="localhost", raise_request_exception=False)
    assert inside.get(f"/enter/{token}/").status_code == 302
    assert inside.get(f"/enter/{token}/").status_code == 403  # a refusal is logged with its address
    assert outside.get(f"/enter/{token}/").status_code == 404
    outside.get(f"/signup/verify/{token}/")
    outside.get(f"/accounts/password/reset/key/{token}/")
    outside.post("/accounts/login/", {"login": "awa.ndiaye@example.org", "password": SECRET})
    outside.post("/api/auth/token/", {"email": "awa.ndiaye@example.org", "password": SECRET}, "application/json")
    outside.get("/api/orders/", headers={"Authorization": f"Bearer {token}"})
    written = lines()
    assert "Not Found" in written  # something was logged at all
    for secret in (token, token.split(":")[0], SECRET, "awa.ndiaye@example.org"):
        assert secret not in written


def test_fields_tracebacks_and_objects_are_masked(lines, rf) -> None:
    logger = structlog.get_logger("test")
    request = rf.get("/enter/eyJpZCI6IjEyMyJ9:1vXYZ:abcdefghijklmnop/")
    try:
        raise ValueError("awa.ndiaye@example.org cannot be reached at +237670123456")
    except ValueError:
        logger.exception("failed", request=request, details={"password": SECRET, "to": ["awa.ndiaye@example.org"]})
    logging.getLogger("library").warning(
        "token for %s: %s", "awa.ndiaye@example.org", "kept", extra={"api_key": SECRET}
    )
    written = lines()
    assert len(written.splitlines()) == 2
    for line in written.splitlines():
        json.loads(line)
    for secret in ("eyJpZCI6IjEyMyJ9", SECRET, "awa.ndiaye@", "670123456"):
        assert secret not in written


def test_ids_stay_readable() -> None:
    path = "/orders/0b9d5a4e-6f1f-4c59-9d3a-2f3a7f0f3a10/status/"
    assert logs.mask(path) == path


@pytest.mark.django_db
def test_the_mail_of_a_person_is_not_in_the_log(lines) -> None:
    make_user(email="awa.ndiaye@example.org")
    structlog.get_logger("test").info("made", person="awa.ndiaye@example.org", phone="+237 670123456")
    assert "awa.ndiaye@" not in lines()
