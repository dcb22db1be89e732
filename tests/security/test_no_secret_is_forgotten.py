"""After a rotation no table of any schema holds anything sealed with the old key: whatever the register forgot shows up."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.management import call_command
from django.db import connection
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from shared_apps.accounts.services import factors
from shared_apps.accounts.services.rules import save_provider
from shared_apps.core.errors import DomainError
from tenant_apps.esxi.tests.support import make_server
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
OLD, NEW = (f"kanari{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


def tables_holding(key_id: str) -> list[str]:
    """The tables of the current schema with a row that holds something sealed with a key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        names = [name for (name,) in cursor.fetchall()]
        holding = []
        for name in names:
            cursor.execute(
                f'SELECT EXISTS (SELECT 1 FROM "{name}" AS t WHERE to_jsonb(t)::text ~ %s)',
                [f'"{key_id}:[A-Za-z0-9+/]'],
            )
            if cursor.fetchone()[0]:
                holding.append(name)
    return sorted(holding)


def code_of(secret: str, *, minutes_on: int = 0) -> str:
    counter = int(time.time()) // 30 + minutes_on
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def test_nothing_stays_sealed_with_the_old_key(settings: Any, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    with tenant_context(ready_tenant("esxi-a")):
        owner = User.objects.get(is_staff=True)
        secret = totp.generate_totp_secret()
        make_server(1)
        factors.add_totp(user=owner, secret=secret, code=code_of(secret))
        save_provider(provider="google", client_id="id", secret="of google", is_active=True, by=owner)
        before = tables_holding("kanari1")
    assert before == ["accounts_signinprovider", "esxi_server", "mfa_authenticator"]
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    assert secret not in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [NEW]
    with tenant_context(ready_tenant("esxi-a")):
        assert tables_holding("kanari1") == []
        assert tables_holding("kanari2") == before
        with pytest.raises(DomainError):
            factors.use_totp(user=owner, code="000000")
        app = Authenticator.objects.get(user=owner, type=Authenticator.Type.TOTP)
        assert app.data["secret"].startswith("kanari2:")
        factors.use_totp(user=owner, code=code_of(secret, minutes_on=1))
