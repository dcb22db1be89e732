"""Registering and logging in over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from rest_framework.test import APIClient

from shared_apps.accounts.models import AccountRules, EmailCode, User
from shared_apps.notifications.models import Delivery
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
AUTH = "/api/auth/"
NEW = {
    "email": "Awa@Example.org",
    "password": PASSWORD,
    "first_name": "Awa",
    "last_name": "Ndiaye",
    "consent": True,
}


@pytest.fixture
def caller() -> APIClient:
    return APIClient(HTTP_HOST="localhost")


def post(caller: APIClient, path: str, body: object, **headers: str):
    return caller.post(AUTH + path, body, format="json", headers=headers)


def code_sent_to(address: str) -> str:
    return Delivery.objects.filter(recipient=address, template="email_code").latest("pk").context["code"]


def log_in(caller: APIClient, email: str, password: str = PASSWORD):
    return post(caller, "token/", {"email": email, "password": password})


def test_from_nothing_to_the_first_request(caller) -> None:
    made = post(caller, "register/", NEW)
    assert (made.status_code, made.json()) == (201, {"email": "awa@example.org", "verification_required": True})
    user = User.objects.get(email="awa@example.org")
    assert (user.first_name, user.locale) == ("Awa", "fr")
    assert sorted(user.consents.values_list("document", flat=True)) == ["privacy", "terms"]

    early = log_in(caller, "awa@example.org")
    assert (early.status_code, early.json()["code"]) == (403, "email_not_verified")

    proved = post(caller, "verify-email/", {"email": "AWA@example.org", "code": code_sent_to(user.email)})
    assert proved.status_code == 200
    assert proved.json()["verified"] is True
    for tokens in (proved.json(), log_in(caller, "Awa@Example.org").json()):
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        answer = caller.get("/api/tenants/orders/")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_the_callers_language_is_kept(caller) -> None:
    post(caller, "register/", NEW, **{"Accept-Language": "en"})
    assert User.objects.get(email="awa@example.org").locale == "en"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", None),
        ("email", ["a@b.co"]),
        ("email", "a\x00@b.co"),
        ("email", "x" * 250 + "@example.org"),
        ("email", "a@" + "İ" * 60 + "." + "İ" * 60 + "." + "İ" * 60 + "." + "İ" * 50 + ".com"),
        ("password", ""),
        ("password", "short"),
        ("password", "1234567890123"),
        ("password", "awa@example.org"),
        ("password", {"a": 1}),
        ("password", "x" * 300),
        ("first_name", "A\nB"),
        ("first_name", "x" * 101),
        ("last_name", 10**400),
        ("consent", False),
        ("consent", None),
        ("consent", "perhaps"),
        ("consent", []),
        ("locale", "xx"),
    ],
)
def test_bad_values_name_their_field(caller, field, value) -> None:
    answer = post(caller, "register/", {**NEW, field: value})
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["fields"]) == [field]
    assert answer.json()["detail"]
    assert not User.objects.filter(email="awa@example.org").exists()


@pytest.mark.parametrize("path", ["register/", "verify-email/", "resend-code/", "token/", "token/refresh/"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"email": {}}', b"[" * 100_000, rb'{"email": "\ud800"}'])
def test_no_body_breaks_anything(caller, path, body) -> None:
    answer = caller.generic("POST", AUTH + path, body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) >= {"code", "detail"}


def test_an_address_that_is_taken(caller) -> None:
    make_user(email="awa@example.org")
    answer = post(caller, "register/", NEW)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert "email" in answer.json()["fields"]


def test_wrong_codes(caller) -> None:
    post(caller, "register/", NEW)
    right = code_sent_to("awa@example.org")
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        answer = post(caller, "verify-email/", {"email": "awa@example.org", "code": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "wrong_code")
    answer = post(caller, "verify-email/", {"email": "awa@example.org", "code": right})
    assert (answer.status_code, answer.json()["code"]) == (400, "code_locked")
    unknown = post(caller, "verify-email/", {"email": "nobody@example.org", "code": right})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "wrong_code")


def test_a_code_works_once(caller) -> None:
    post(caller, "register/", NEW)
    body = {"email": "awa@example.org", "code": code_sent_to("awa@example.org")}
    assert [post(caller, "verify-email/", body).status_code for _ in range(2)] == [200, 400]


def test_sending_the_code_again_tells_nothing_of_accounts(caller) -> None:
    post(caller, "register/", NEW)
    make_user(email="known@example.org")
    known, unknown = (post(caller, "resend-code/", {"email": f"{name}@example.org"}) for name in ("known", "unknown"))
    assert (known.status_code, unknown.status_code) == (200, 200)
    soon = post(caller, "resend-code/", {"email": "awa@example.org"})
    assert (soon.status_code, EmailCode.objects.count()) == (200, 1)
    EmailCode.objects.update(created_at=EmailCode.objects.get().created_at - timedelta(minutes=1))
    first = code_sent_to("awa@example.org")
    assert post(caller, "resend-code/", {"email": "awa@example.org"}).status_code == 200
    assert EmailCode.objects.filter(used_at__isnull=True).count() == 1
    old = post(caller, "verify-email/", {"email": "awa@example.org", "code": first})
    assert old.status_code == 400 or first == code_sent_to("awa@example.org")


def test_who_may_not_log_in(caller) -> None:
    user = make_user(email="awa@example.org")
    for email, password in (("awa@example.org", "wrong-password"), ("nobody@example.org", PASSWORD)):
        answer = log_in(caller, email, password)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert log_in(caller, user.email, f" {PASSWORD} ").status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert log_in(caller, user.email).status_code == 401


def test_a_second_factor_is_not_gone_around(caller) -> None:
    user = make_user()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    answer = log_in(caller, user.email)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert "access" not in answer.json()


def test_registering_is_limited_to_five_a_minute_exactly(caller) -> None:
    answers = [post(caller, "register/", {**NEW, "email": f"p{number}@example.org"}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert answers[-1].json()["code"] == "too_many_attempts"
    assert int(answers[-1]["Retry-After"]) > 0
    elsewhere = caller.post(AUTH + "register/", NEW, format="json", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 201


def test_logging_in_is_limited_to_ten_a_minute_whatever_is_sent(caller) -> None:
    user = make_user()
    answers = [log_in(caller, user.email, "wrong") for _ in range(5)]
    answers += [caller.generic("POST", AUTH + "token/", b"{", content_type="application/json") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [400] * 5
    assert log_in(caller, user.email).status_code == 429


def test_one_account_is_not_guessed_from_many_addresses(caller) -> None:
    user = make_user()
    statuses = [
        caller.post(
            AUTH + "token/", {"email": user.email, "password": "x"}, format="json", REMOTE_ADDR=f"192.0.2.{number}"
        ).status_code
        for number in range(11)
    ]
    assert statuses == [401] * 10 + [429]
    assert [attempt.reason for attempt in user.login_attempts.order_by("pk")] == ["wrong"] * 10 + ["locked"]


def test_the_web_sites_session_does_not_open_the_api(caller) -> None:
    caller.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert caller.get("/api/tenants/orders/").status_code == 401


def test_registering_says_what_the_place_asks_for(caller) -> None:
    AccountRules.objects.create(minimum_age=18, languages_required=True)
    missing = post(caller, "register/", NEW)
    assert (missing.status_code, list(missing.json()["fields"])) == (400, ["date_of_birth"])
    asked = {"date_of_birth": "1990-05-04", "native_languages": ["fr"], "target_languages": ["en"], "marketing": True}
    young = post(caller, "register/", {**NEW, **asked, "date_of_birth": "2020-05-04"})
    assert (young.status_code, young.json()["code"]) == (400, "too_young")
    assert post(caller, "register/", {**NEW, **asked}).status_code == 201
    user = User.objects.get(email="awa@example.org")
    assert str(user.date_of_birth) == "1990-05-04"
    assert sorted(user.languages.values_list("language", "kind")) == [("en", "target"), ("fr", "native")]
    assert user.consents.filter(document="marketing").exists()
