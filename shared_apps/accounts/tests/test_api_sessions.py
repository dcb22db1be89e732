"""What is open over the API: refreshing, repeating, copying, logging out."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from shared_apps.accounts.models import ApiSession, User
from shared_apps.accounts.services import api_sessions
from shared_apps.accounts.services.api_sessions import REPEAT_WITHIN, start_session
from shared_apps.accounts.services.closing import close_account
from shared_apps.accounts.services.passwords import set_password
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.accounts.tests.support import with_app
from shared_apps.accounts.tokens import TenantAccessToken, TenantRefreshToken
from shared_apps.audit.models import AuditLog
from tests.support.factories import PASSWORD, make_user
from tests.support.tenants import owner_of, ready_tenant

pytestmark = pytest.mark.django_db
ME = "/api/auth/me/"


def caller(access: str = "", host: str = "localhost") -> APIClient:
    client = APIClient(HTTP_HOST=host)
    if access:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def refresh(token: str) -> Any:
    return caller().post("/api/auth/token/refresh/", {"refresh": token}, format="json")


def let_time_pass() -> None:
    """The moments in which a refresh may be repeated are over."""
    for used in BlacklistedToken.objects.all():
        BlacklistedToken.objects.filter(pk=used.pk).update(
            blacklisted_at=used.blacklisted_at - REPEAT_WITHIN - timedelta(seconds=1)
        )


def test_a_lost_answer_can_be_asked_for_again() -> None:
    pair = start_session(user=make_user())
    lost, again = refresh(pair["refresh"]), refresh(pair["refresh"])
    assert (lost.status_code, again.status_code) == (200, 200)
    assert lost.json()["refresh"] == again.json()["refresh"] != pair["refresh"]
    let_time_pass()
    assert refresh(again.json()["refresh"]).status_code == 200


def test_a_used_token_that_comes_back_later_ends_the_session() -> None:
    user = make_user()
    other = start_session(user=user)
    pair = start_session(user=user)
    renewed = refresh(pair["refresh"]).json()
    assert caller(renewed["access"]).get(ME).status_code == 200
    let_time_pass()
    answer = refresh(pair["refresh"])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")
    assert refresh(renewed["refresh"]).status_code == 401
    assert caller(renewed["access"]).get(ME).status_code == 401
    assert AuditLog.objects.get(action="account.api_session.reused").level == "warning"
    assert caller(other["access"]).get(ME).status_code == 200  # another log-in of the same person goes on


def test_a_used_token_whose_successor_was_used_ends_the_session_at_once() -> None:
    pair = start_session(user=make_user())
    refresh(refresh(pair["refresh"]).json()["refresh"])
    assert refresh(pair["refresh"]).status_code == 401
    assert ApiSession.objects.get().ended_at is not None


def test_no_token_is_kept_in_the_database() -> None:
    pair = start_session(user=make_user())
    refresh(pair["refresh"])
    assert [row.token for row in OutstandingToken.objects.all()] == [""]


def test_refresh_tokens_that_are_none() -> None:
    user = make_user()
    pair = start_session(user=user)

    def token(**claims: Any) -> str:
        changed = TenantRefreshToken(pair["refresh"])
        changed.payload.update(claims)
        return str(changed)

    late = TenantRefreshToken(pair["refresh"])
    late.set_exp(lifetime=-timedelta(seconds=1))
    for bad in (
        *("garbage", "a.b.c", "é", pair["access"], str(late), str(TenantRefreshToken())),
        *(token(sid=str(uuid.uuid4())), token(sid="not-an-id"), token(aud="tenant:x"), token(token_type="access")),
    ):
        answer = refresh(bad)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid"), bad
    assert refresh("x" * 5000).status_code == 400
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert refresh(pair["refresh"]).status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert refresh(pair["refresh"]).status_code == 200


def test_access_tokens_that_are_none() -> None:
    user = make_user()
    pair = start_session(user=user)
    late = TenantAccessToken(pair["access"])
    late.set_exp(lifetime=-timedelta(seconds=1))
    nobodys = TenantAccessToken(pair["access"])
    nobodys["sid"] = str(uuid.uuid4())
    for header in (
        *("Bearer", "Bearer x", "Bearer a b", "Bearer \xe9", "Token x", "Api-Key x"),
        *(f"Bearer {token}" for token in (pair["refresh"], late, nobodys, TenantAccessToken())),
    ):
        answer = caller().get(ME, HTTP_AUTHORIZATION=header)
        assert answer.status_code == 401, header
        assert set(answer.json()) == {"code", "detail"}
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert isinstance(answer.json()["code"], str)
    assert caller(pair["access"]).get(ME).status_code == 200


def test_an_ended_expired_or_closed_account_ends_access_at_once() -> None:
    user = make_user()
    access = start_session(user=user)["access"]
    session = ApiSession.objects.get()
    assert caller(access).get(ME).json()["email"] == user.email
    for table, change, back in (
        (ApiSession, {"ended_at": session.created_at}, {"ended_at": None}),
        (ApiSession, {"expires_at": session.created_at}, {"expires_at": session.expires_at}),
        (User, {"is_active": False}, {"is_active": True}),
    ):
        table.objects.update(**change)
        assert caller(access).get(ME).status_code == 401, change
        table.objects.update(**back)
        assert caller(access).get(ME).status_code == 200


def test_logging_out_ends_this_session_and_no_other() -> None:
    user = make_user()
    one, other = start_session(user=user), start_session(user=user)
    assert caller(one["access"]).post("/api/auth/logout/").status_code == 204
    assert caller(one["access"]).get(ME).status_code == 401
    assert refresh(one["refresh"]).status_code == 401
    assert caller(other["access"]).get(ME).status_code == 200
    assert caller().post("/api/auth/logout/").status_code == 401


def test_sessions_are_listed_and_ended_one_by_one() -> None:
    user, stranger = make_user(), make_user()
    first, second = start_session(user=user), start_session(user=user)
    strangers = TenantAccessToken(start_session(user=stranger)["access"]).session_id
    client = caller(second["access"])
    listed = client.get("/api/auth/sessions/").json()["results"]
    ids = {uuid.UUID(one["id"]): one["is_current"] for one in listed}
    current, earlier = (TenantAccessToken(pair["access"]).session_id for pair in (second, first))
    assert ids == {current: True, earlier: False}
    assert [client.delete(f"/api/auth/sessions/{earlier}/").status_code for _ in range(2)] == [204, 204]
    assert caller(first["access"]).get(ME).status_code == 401
    for nobodys in (strangers, uuid.uuid4()):
        assert client.delete(f"/api/auth/sessions/{nobodys}/").status_code == 404
    assert ApiSession.objects.get(pk=strangers).ended_at is None
    assert client.delete("/api/auth/sessions/").status_code == 204
    assert client.get(ME).status_code == 401


def test_ending_everything_ends_access_tokens() -> None:
    user = make_user()
    access = start_session(user=user)["access"]
    end_all_sessions(user=user)
    assert caller(access).get(ME).status_code == 401


@pytest.mark.parametrize("name", ["store-a", "events-a", "esxi-a"])
def test_log_in_and_log_out_on_a_tenants_host(name) -> None:
    tenant = ready_tenant(name)
    owner = owner_of(tenant)
    with tenant_context(tenant):
        owner.set_password("another-baobab-2026")
        owner.save()
    client = caller(host=tenant.host)
    body = {"email": owner.email, "password": "another-baobab-2026"}
    assert caller().post("/api/auth/token/", body, format="json").status_code == 401  # not the platform's account
    pair = client.post("/api/auth/token/", body, format="json").json()
    assert caller(pair["access"], tenant.host).get(ME).json()["id"] == str(owner.pk)
    assert caller(pair["access"]).get(ME).status_code == 401
    assert caller(pair["access"], tenant.host).post("/api/auth/logout/").status_code == 204
    assert caller(pair["access"], tenant.host).get(ME).status_code == 401


@pytest.mark.parametrize("change", ["password", "factor", "closed"])
def test_a_log_in_under_way_is_no_way_round_what_ends_sessions(monkeypatch, change: str) -> None:
    """Looking at a password takes a while: what its owner changes in that while counts."""
    user = make_user()
    real = api_sessions._check_second_factor

    def meanwhile(found: User, **given: str) -> list[str]:
        asked = real(found, **given)
        owner = User.objects.get(pk=user.pk)
        if change == "password":
            set_password(user=owner, password="une-phrase-calme-2027")
        elif change == "factor":
            with_app(owner)
        else:
            close_account(user=owner)
        return asked

    monkeypatch.setattr(api_sessions, "_check_second_factor", meanwhile)
    body = {"email": user.email, "password": PASSWORD}
    assert caller().post("/api/auth/token/", body, format="json").status_code == 401
    assert not ApiSession.objects.filter(user=user, ended_at__isnull=True).exists()
