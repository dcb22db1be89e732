"""Limits under many requests at the same moment, with real commits, over several hosts."""

from __future__ import annotations

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import OneTimeCode, User
from shared_apps.accounts.services.codes import send_code
from shared_apps.accounts.services.factors import make_recovery_codes, use_recovery_code, use_totp
from shared_apps.accounts.tests.support import app_code, last_code, log_in, with_app
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import forget_remembered_tenants
from shared_apps.organisations.models import Domain
from tests.support.factories import make_user
from tests.support.tenants import owner_of, ready_tenant
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def test_an_ip_address_has_ten_tries_over_all_hosts() -> None:
    hosts = [ready_tenant("store-a").host, ready_tenant("events-b").host, "localhost"]

    def act(number: int) -> int:
        return log_in(Client(HTTP_HOST=hosts[number % 3]), f"p{number}@example.org", "x").status_code

    assert sorted(at_once(15, act)) == [200] * 10 + [429] * 5


def test_an_account_has_ten_tries_over_the_hosts_of_its_tenant_and_none_of_another() -> None:
    store, other = ready_tenant("store-a"), ready_tenant("store-b")
    Domain.objects.create(
        domain="boutique.example.org", tenant_id=store.pk, is_primary=False, live_at="2026-01-01T00:00Z"
    )
    forget_remembered_tenants()
    hosts = [store.host, "boutique.example.org"]
    email = "cliente@example.org"

    def act(number: int) -> int:
        client = Client(HTTP_HOST=hosts[number % 2], REMOTE_ADDR=f"198.51.100.{number}")
        return log_in(client, email, "x").status_code

    assert sorted(at_once(14, act)) == [200] * 10 + [429] * 4
    assert log_in(Client(HTTP_HOST=other.host), email, "x").status_code == 200


def outcomes(results: list[object]) -> list[str]:
    return sorted(one.code if isinstance(one, DomainError) else str(one) for one in results)


def test_of_wrong_codes_at_once_five_are_looked_at() -> None:
    user = make_user()
    send_code(user=user, purpose="confirm", channel="email", destination=user.email)
    right = last_code()
    from shared_apps.accounts.services.codes import use_code

    def act(number: int) -> object:
        return use_code(user=user, purpose="confirm", code=f"{(int(right) + 1 + number) % 1_000_000:06d}")

    assert outcomes(at_once(6, act)) == ["code_locked"] + ["wrong_code"] * 5
    assert OneTimeCode.objects.get().tries == 5
    with pytest.raises(DomainError):
        use_code(user=user, purpose="confirm", code=right)


def test_a_code_of_the_app_and_a_recovery_code_work_once_however_many_come_at_once() -> None:
    user = make_user()
    secret = with_app(user)
    code = app_code(secret)
    assert outcomes(at_once(6, lambda _n: use_totp(user=user, code=code))) == ["None"] + ["wrong_code"] * 5
    spare = make_recovery_codes(user=make_app_owner())[0]
    owner = User.objects.get(email="app@example.org")
    results = at_once(6, lambda _n: use_recovery_code(user=owner, code=spare))
    assert outcomes(results) == ["9"] + ["wrong_code"] * 5


def make_app_owner() -> User:
    user = make_user(email="app@example.org")
    with_app(user)
    return user


def test_the_session_of_one_host_is_nobody_on_the_others() -> None:
    a, b = ready_tenant("store-a"), ready_tenant("store-b")
    owner = owner_of(a)
    with tenant_context(a):
        client = Client(HTTP_HOST=a.host)
        client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    with tenant_context(b):
        # The same account by id and password, which a copied database could hold.
        twin = User.objects.get(is_staff=True)
        User.objects.filter(pk=twin.pk).update(password=owner.password)
    assert client.get("/accounts/").status_code == 200
    for host in (b.host, "localhost"):
        assert client.get("/accounts/", HTTP_HOST=host).status_code == 302
    platform = Client(HTTP_HOST="localhost")
    platform.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert platform.get("/accounts/").status_code == 200
    assert platform.get("/accounts/", HTTP_HOST=a.host).status_code == 302
