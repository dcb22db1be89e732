"""Log-ins and refreshes that come at the same moment, with real commits."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from shared_apps.accounts.models import ApiSession, User
from shared_apps.accounts.services import registration
from shared_apps.accounts.services.api_sessions import end_session, start_session
from shared_apps.accounts.services.registration import is_verified, register_account
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.models import Delivery
from tests.support.factories import PASSWORD, make_user
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
AUTH = "/api/auth/"


def call(path: str, body: dict[str, Any]) -> Any:
    return APIClient(HTTP_HOST="localhost").post(AUTH + path, body, format="json")


def post(path: str, body: dict[str, Any]) -> int:
    return call(path, body).status_code


def test_the_limit_holds_when_all_come_at_once() -> None:
    body = {"email": "nobody@example.org", "password": "wrong"}
    assert sorted(at_once(16, lambda _: post("token/", body))) == [401] * 10 + [429] * 6


def test_refreshes_at_once_all_get_the_one_successor() -> None:
    body = {"refresh": start_session(user=make_user())["refresh"]}
    answers = at_once(6, lambda _: call("token/refresh/", body))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert BlacklistedToken.objects.count() == 1


def test_a_copied_token_used_at_once_many_times_ends_the_session_once() -> None:
    first = start_session(user=make_user())
    second = call("token/refresh/", {"refresh": first["refresh"]}).json()
    call("token/refresh/", {"refresh": second["refresh"]})
    assert at_once(6, lambda _: post("token/refresh/", {"refresh": first["refresh"]})) == [401] * 6
    assert ApiSession.objects.get().ended_at is not None
    assert AuditLog.objects.filter(action="account.api_session.reused").count() == 1


def test_a_session_ended_during_refreshes_stays_ended() -> None:
    user = make_user()
    pair = start_session(user=user)
    session_id = ApiSession.objects.get().pk

    def act(number: int) -> int:
        if number == 3:
            end_session(user=user, session_id=session_id)
            return 204
        return post("token/refresh/", {"refresh": pair["refresh"]})

    assert set(at_once(6, act)) <= {200, 204, 401}
    assert post("token/refresh/", {"refresh": pair["refresh"]}) == 401


def test_proving_an_address_waits_for_a_registration_of_it(monkeypatch) -> None:
    """Without the lock the code would be accepted, and the registration would then call the address unproved again."""
    register_account(email="awa@example.org", password=PASSWORD, consent=True)
    code = Delivery.objects.get(template="email_code").context["code"]
    real, locked, proved = registration.lock_unproved_account, Event(), Event()

    def slowly(address: str) -> Any:
        user = real(address)
        locked.set()
        proved.wait(1)
        return user

    monkeypatch.setattr(registration, "lock_unproved_account", slowly)

    def act(number: int) -> int:
        body = {"email": "awa@example.org"}
        if number:
            return post("register/", {**body, "password": "une-phrase-d-inconnu-7", "consent": True})
        locked.wait(10)
        status = post("verify-email/", {**body, "code": code})
        proved.set()
        return status

    assert at_once(2, act) == [400, 201]
    assert not is_verified(User.objects.get(email="awa@example.org"))
