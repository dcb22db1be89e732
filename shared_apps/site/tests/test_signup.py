"""Steps 1 and 2 of sign-up: nothing is lost, and an address is proved before anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.accounts.models import EmailCode, User
from shared_apps.accounts.services.registration import is_verified
from shared_apps.site.models import SignupDraft
from shared_apps.site.tests.helpers import (
    PASSWORD,
    account_data,
    code_in,
    last_mail,
    link_in,
    logged_in,
    text_of,
    visitor,
)
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=False)


@pytest.fixture(autouse=True)
def _mail_leaves_at_once(django_capture_on_commit_callbacks) -> None:
    """Mails wait in the database; the helpers send them."""


def test_from_the_form_to_the_organisation_step() -> None:
    client = visitor()
    answer = client.post("/signup/", account_data(product="events", plan="gold", cycle="yearly", currency="XOF"))
    assert answer.headers["Location"] == "/signup/code/"
    assert "awa@example.org" in text_of(client.get("/signup/code/"))
    answer = client.post("/signup/code/", {"code": code_in(last_mail())})
    assert answer.headers["Location"] == "/signup/organisation/"
    page = text_of(client.get("/signup/organisation/"))
    assert is_verified(User.objects.get(email="awa@example.org"))
    assert 'name="product" value="events"' in page
    assert 'value="gold" required id="id_plan_2" checked' in page or 'value="gold"' in page.split("checked")[0]
    assert "Awa Ndiaye" in page


def test_what_was_typed_is_shown_again_with_the_errors() -> None:
    page = text_of(
        visitor().post("/signup/", account_data(email="pas-une-adresse", consent="", plan="gold", product="store"))
    )
    assert 'value="pas-une-adresse"' in page
    assert 'value="Ndiaye"' in page
    assert 'name="plan" value="gold"' in page
    assert "error-summary" in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "court"}, "password"),
        ({"password": "1234567890123"}, "password"),
        ({"password": ""}, "password"),
        ({"email": ""}, "email"),
        ({"email": "a" * 300 + "@example.org"}, "email"),
        ({"first_name": "x" * 200}, "first_name"),
        ({"first_name": "a\x00b"}, "first_name"),
        ({"consent": ""}, "consent"),
    ],
)
def test_bad_input_is_said_beside_its_field(change: dict[str, str], field: str) -> None:
    answer = visitor().post("/signup/", account_data(**change))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not User.objects.filter(email="awa@example.org").exists()


def test_a_known_address_is_told_to_log_in() -> None:
    make_user(email="awa@example.org")
    answer = visitor().post("/signup/", account_data())
    assert "email" in answer.context["form"].errors
    assert "/accounts/login/?next=" in text_of(answer)


def test_a_wrong_code_then_five_then_a_new_one() -> None:
    client = visitor()
    client.post("/signup/", account_data())
    right = code_in(last_mail())
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert "code" in client.post("/signup/code/", {"code": wrong}).context["form"].errors
    locked = client.post("/signup/code/", {"code": right})
    assert "code" in locked.context["form"].errors
    EmailCode.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    client.post("/signup/code/resend/")
    answer = client.post("/signup/code/", {"code": code_in(last_mail())})
    assert answer.headers["Location"] == "/signup/organisation/"


@pytest.mark.parametrize("code", ["", "abc", "12345", "1" * 500, "\x00"])
def test_a_code_that_is_none(code: str) -> None:
    client = visitor()
    client.post("/signup/", account_data())
    assert "code" in client.post("/signup/code/", {"code": code}).context["form"].errors


def test_an_expired_code() -> None:
    client = visitor()
    client.post("/signup/", account_data())
    code = code_in(last_mail())
    EmailCode.objects.update(
        created_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(hours=1)
    )
    assert "code" in client.post("/signup/code/", {"code": code}).context["form"].errors


def test_without_a_session_the_address_is_asked_for() -> None:
    visitor().post("/signup/", account_data())
    elsewhere = visitor()
    assert 'name="email"' in text_of(elsewhere.get("/signup/code/"))
    known = {"email": "awa@example.org", "password": PASSWORD}
    answer = elsewhere.post("/signup/code/", {**known, "code": code_in(last_mail())})
    assert answer.headers["Location"] == "/signup/organisation/"


def test_the_link_works_on_another_device_and_survives_scanners() -> None:
    visitor().post("/signup/", account_data(product="esxi", plan="silver"))
    link = link_in(last_mail())
    for _ in range(3):  # mail scanners
        assert visitor().get(link).status_code == 200
    assert not is_verified(User.objects.get(email="awa@example.org"))
    elsewhere = visitor()
    answer = elsewhere.post(link, {"password": PASSWORD})
    assert answer.headers["Location"] == "/signup/organisation/"
    assert 'name="product" value="esxi"' in text_of(elsewhere.get("/signup/organisation/"))


@pytest.mark.parametrize("token", ["x", "a:b:c", "é" * 50])
def test_a_broken_link_offers_a_new_code(token: str) -> None:
    answer = visitor().post(f"/signup/verify/{token}/")
    assert answer.status_code == 200
    assert "/signup/code/resend/" in text_of(answer)


def test_a_used_link_says_so() -> None:
    visitor().post("/signup/", account_data())
    link = link_in(last_mail())
    visitor().post(link, {"password": PASSWORD})
    assert "/accounts/login/" in text_of(visitor().post(link, {"password": PASSWORD}))


def test_the_browser_that_registered_is_not_asked_for_the_password_again() -> None:
    client = visitor()
    client.post("/signup/", account_data())
    assert client.post(link_in(last_mail())).headers["Location"] == "/signup/organisation/"


@pytest.mark.parametrize("given", [{}, {"password": ""}, {"password": "not-the-one-chosen"}])
def test_nobody_confirms_an_account_that_a_stranger_made_with_their_address(given: dict[str, str]) -> None:
    visitor().post("/signup/", account_data())
    link, code = link_in(last_mail()), code_in(last_mail())
    victim = visitor()
    victim.post("/signup/", account_data(email="own@example.org"))  # another account is no proof either
    by_link = victim.post(link, given)
    by_code = visitor().post("/signup/code/", {"email": "awa@example.org", "code": code, **given})
    assert not is_verified(User.objects.get(email="awa@example.org"))
    assert "password" in by_link.context["link"].form.errors
    assert "password" in by_code.context["form"].errors
    for answer in (by_link, by_code):
        assert "/accounts/password/reset/" in text_of(answer)


def test_a_wrong_address_is_corrected_and_the_old_code_is_worth_nothing() -> None:
    client = visitor()
    client.post("/signup/", account_data(email="wrong@example.org"))
    old = code_in(last_mail())
    client.post("/signup/code/address/", {"new-email": "right@example.org"})
    user = User.objects.get(email="right@example.org")
    assert not User.objects.filter(email="wrong@example.org").exists()
    new = code_in(last_mail())
    if old != new:
        assert "code" in client.post("/signup/code/", {"code": old}).context["form"].errors
    client.post("/signup/code/", {"code": new})
    assert is_verified(user)


def test_an_address_that_is_taken_cannot_be_taken_over() -> None:
    make_user(email="other@example.org")
    client = visitor()
    client.post("/signup/", account_data())
    answer = client.post("/signup/code/address/", {"new-email": "other@example.org"})
    assert "email" in answer.context["address_form"].errors
    assert User.objects.filter(email="awa@example.org").exists()


def test_only_who_registered_may_correct_the_address() -> None:
    visitor().post("/signup/", account_data())
    visitor().post("/signup/code/address/", {"new-email": "thief@example.org"})
    stranger = visitor()
    stranger.post("/signup/code/", {"email": "awa@example.org", "code": "000000"})
    stranger.post("/signup/code/address/", {"new-email": "thief@example.org"})
    assert not User.objects.filter(email="thief@example.org").exists()


def test_who_registers_anothers_pending_address_cannot_take_the_account_elsewhere() -> None:
    visitor().post("/signup/", account_data())
    thief = visitor()
    thief.post("/signup/", account_data(password="voleur-de-compte-9"))
    answer = thief.post("/signup/code/address/", {"new-email": "thief@example.org"})
    assert "email" in answer.context["address_form"].errors
    assert User.objects.filter(email="awa@example.org").exists()


def test_a_session_of_an_account_that_moved_cannot_touch_the_next_account_of_that_address() -> None:
    first, second = visitor(), visitor()
    for client in (first, second):
        client.post("/signup/", account_data(email="victime@example.org", password="un-secret-bien-a-moi"))
    first.post("/signup/code/address/", {"new-email": "ailleurs@example.org"})
    victim = visitor()
    victim.post("/signup/", account_data(email="victime@example.org", password="le-vrai-secret-2026"))
    code = code_in(last_mail())
    second.post("/signup/code/address/", {"new-email": "encore@example.org"})
    victim.post("/signup/code/", {"code": code})
    assert is_verified(User.objects.get(email="victime@example.org"))


def test_an_address_proved_on_another_device_leads_to_the_log_in() -> None:
    here, phone = visitor(), visitor()
    here.post("/signup/", account_data())
    phone.post(link_in(last_mail()), {"password": PASSWORD})
    answer = here.post("/signup/code/", {"code": "123456"})
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fsignup%2Forganisation%2F"


def test_somebody_logged_in_starts_at_step_three_with_the_choice() -> None:
    answer = logged_in().get("/signup/?product=store&plan=gold")
    assert answer.headers["Location"].startswith("/signup/organisation/?product=store&plan=gold")


def test_somebody_logged_in_but_not_proved_is_sent_to_the_code() -> None:
    client = logged_in(make_user(verified=False))
    assert client.get("/signup/organisation/").headers["Location"] == "/signup/code/"


def test_the_choice_is_kept_with_the_account() -> None:
    visitor().post("/signup/", account_data(product="store", plan="gold", cycle="yearly", currency="EUR"))
    data = SignupDraft.objects.get(user__email="awa@example.org").data
    assert data == {"product": "store", "plan": "gold", "cycle": "yearly", "currency": "EUR"}


def test_logging_in_leads_to_the_one_thing_that_waits() -> None:
    user = make_user()
    client = visitor()
    page = text_of(client.get("/accounts/login/"))
    assert 'name="next" value="/start/"' in page
    answer = client.post("/accounts/login/", {"login": user.email, "password": "calme-baobab-2026", "next": "/start/"})
    assert answer.headers["Location"] == "/start/"
    assert client.get("/start/").headers["Location"] == "/signup/organisation/"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/logout/", "/accounts/password/reset/"])
def test_account_pages_are_ours(path: str) -> None:
    client = logged_in() if "logout" in path else visitor()
    assert "css/app.css" in text_of(client.get(path))
