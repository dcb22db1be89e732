"""Log-ins and refreshes that come at the same moment, with real commits."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from shared_apps.accounts.tokens import tokens_for
from tests.support.factories import make_user
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
AUTH = "/api/auth/"


def post(path: str, body: dict[str, str]) -> int:
    return APIClient(HTTP_HOST="localhost").post(AUTH + path, body, format="json").status_code


def test_the_limit_holds_when_all_come_at_once() -> None:
    body = {"email": "nobody@example.org", "password": "wrong"}
    assert sorted(at_once(16, lambda _: post("token/", body))) == [401] * 10 + [429] * 6


def test_of_refreshes_at_once_one_is_taken() -> None:
    body = {"refresh": tokens_for(make_user())["refresh"]}
    assert sorted(at_once(6, lambda _: post("token/refresh/", body))) == [200] + [401] * 5
