"""Proving an address: nobody comes in by a password that somebody else chose for it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import EmailCode, User
from shared_apps.accounts.services.passwords import set_password
from shared_apps.accounts.services.registration import is_verified, register_account, resend_code, verify_email
from shared_apps.core.errors import DomainError, TooManyAttempts
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import send_due_emails
from tests.support.factories import PASSWORD, make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
OTHER = "une-autre-phrase-2026"


def register(password: str = PASSWORD) -> str:
    """Register the address and read the code that was sent."""
    register_account(email="awa@example.org", password=password, consent=True)
    return Delivery.objects.filter(template="email_code").latest("created_at", "pk").context["code"]


def test_one_registration_keeps_its_password() -> None:
    assert verify_email(email="awa@example.org", code=register(), password=None).check_password(PASSWORD)


def test_registering_again_with_the_same_password_keeps_it() -> None:
    register()
    user = verify_email(email="awa@example.org", code=register(), password=None)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_of_two_registrations_with_two_passwords_neither_password_stays() -> None:
    register()
    code = register(OTHER)
    user = User.objects.get(pk=verify_email(email="awa@example.org", code=code, password=None).pk)
    assert not user.has_usable_password()
    assert Delivery.objects.filter(template="choose_password", recipient=user.email).count() == 1


def wrong_code(times: int = 1) -> list[str]:
    """Type a code that is not right; what the answers were."""
    answers = []
    for _ in range(times):
        with pytest.raises(DomainError) as refused:
            verify_email(email="awa@example.org", code="wrong", password=None)
        answers.append(refused.value.code)
    return answers


def test_tries_in_one_place_count_in_no_other(db: None) -> None:
    here, there = ready_tenant("store-a"), ready_tenant("store-b")
    with tenant_context(here):
        for _ in range(5):
            register()
        wrong_code(15)
        with pytest.raises(TooManyAttempts):
            register()
    with tenant_context(there):
        assert wrong_code() == ["wrong_code"]
        assert verify_email(email="awa@example.org", code=register(), password=None).email == "awa@example.org"


@pytest.mark.parametrize("waits", [True, False])
def test_strangers_cannot_tell_whether_an_address_waits_for_its_code(waits: bool) -> None:
    """The same wrong codes, the same answers: before and after another code was asked for, twice at once too."""
    if waits:
        register()
        EmailCode.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    answers = wrong_code(6)
    for _ in range(2):
        resend_code(email="awa@example.org")
        answers += wrong_code(3)
    assert answers == ["wrong_code"] * 5 + ["code_locked"] + ["wrong_code"] * 5 + ["code_locked"]


@pytest.mark.parametrize("host", ["localhost", "localhost:6666"])
def test_the_link_of_the_reset_mail_leads_to_a_new_password(host) -> None:
    user = make_user()
    client = Client(HTTP_HOST=host)
    assert client.post("/accounts/password/reset/", {"email": user.email}).status_code == 302
    send_due_emails()
    [message] = [one for one in mail.outbox if one.to == [user.email]]
    link = re.search(r"http://localhost:8000(/accounts/password/reset/key/\S+)", message.body)
    assert link, message.body
    page = client.get(link[1], follow=True)
    client.post(page.request["PATH_INFO"], {"password1": OTHER, "password2": OTHER})
    user.refresh_from_db()
    assert user.check_password(OTHER)


def test_the_link_of_the_reset_mail_takes_an_account_from_whoever_registered_the_address_of_another() -> None:
    register()
    victim = Client(HTTP_HOST="localhost")
    victim.post("/accounts/password/reset/", {"email": "awa@example.org"})
    send_due_emails()
    link = re.search(r"http://localhost:8000(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert link
    page = victim.get(link[1], follow=True)
    victim.post(page.request["PATH_INFO"], {"password1": OTHER, "password2": OTHER})
    user = User.objects.get(email="awa@example.org")
    assert is_verified(user)
    assert user.check_password(OTHER)
    answer = victim.post("/accounts/login/", {"login": "awa@example.org", "password": OTHER})
    assert answer.headers["Location"] != "/signup/code/"


def test_an_unknown_address_gets_the_same_answer_and_no_mail() -> None:
    answer = Client(HTTP_HOST="localhost").post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert answer.status_code == 302
    assert not Delivery.objects.filter(template="password_reset").exists()


def test_a_code_that_was_left_opens_nothing_once_the_address_is_proved_another_way() -> None:
    """The account may ask for a second factor by now, and its password is the mailbox owner's."""
    code = register()
    user = User.objects.get(email="awa@example.org")
    set_password(user=user, password=OTHER, by_mail=True)
    with pytest.raises(DomainError, check=lambda error: error.code == "wrong_code"):
        verify_email(email="awa@example.org", code=code, password=None)


def test_a_password_chosen_by_the_reset_link_is_not_taken_away_by_an_older_link() -> None:
    register()
    code = register(password="une-phrase-d-inconnu-7")
    user = User.objects.get(email="awa@example.org")
    set_password(user=user, password=OTHER, by_mail=True)
    with pytest.raises(DomainError):
        verify_email(email="awa@example.org", code=code, password=OTHER)
    user.refresh_from_db()
    assert user.check_password(OTHER)
