"""Logging in by the pages: what is recorded, how often one may try, and what strangers learn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.tests.support import LOGIN, is_logged_in, last_link, log_in
from shared_apps.core import throttle
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def attempts() -> list[tuple[str, bool, str]]:
    return list(LoginAttempt.objects.order_by("pk").values_list("email", "succeeded", "reason"))


def test_every_try_is_recorded_with_what_came_of_it(public_client: Client) -> None:
    user = make_user(email="awa@example.org")
    log_in(public_client, "Awa@example.org", "wrong", HTTP_USER_AGENT="Firefox", REMOTE_ADDR="192.0.2.9")
    log_in(public_client, "nobody@example.org")
    assert log_in(public_client, user.email).status_code == 302
    assert attempts() == [
        ("awa@example.org", False, "wrong"),
        ("nobody@example.org", False, "wrong"),
        ("awa@example.org", True, ""),
    ]
    first, second, last = LoginAttempt.objects.order_by("pk")
    assert (first.user, first.ip, first.user_agent, first.method) == (user, "192.0.2.9", "Firefox", "password")
    assert second.user is None
    assert last.user == user


def test_unproved_and_closed_accounts_are_recorded_as_such(public_client: Client) -> None:
    log_in(public_client, make_user(email="new@example.org", verified=False).email)
    log_in(public_client, make_user(email="closed@example.org", is_active=False).email)
    assert attempts() == [("new@example.org", False, "unverified"), ("closed@example.org", False, "inactive")]


@pytest.mark.parametrize(("header", "country"), [("CF-IPCountry", "CM"), ("", "")])
def test_the_country_is_believed_only_from_the_header_of_the_settings(public_client, settings, header, country) -> None:
    settings.COUNTRY_HEADER = header
    log_in(public_client, "nobody@example.org", HTTP_CF_IPCOUNTRY="cm")
    assert LoginAttempt.objects.get().country == country


def test_the_tenth_try_of_an_address_passes_and_the_eleventh_is_refused(public_client: Client) -> None:
    user = make_user()
    for number in range(9):
        assert log_in(public_client, f"other{number}@example.org", "x").status_code == 200
    assert log_in(public_client, user.email).status_code == 302
    refused = log_in(Client(HTTP_HOST="localhost"), user.email)
    assert refused.status_code == 429
    assert "Trop d’essais" in refused.content.decode()
    assert log_in(Client(HTTP_HOST="localhost"), user.email, REMOTE_ADDR="192.0.2.1").status_code == 302


def guess(email: str, times: int, *, host: str = "localhost", client: Client | None = None) -> list[int]:
    """Wrong passwords, each from another IP address."""
    caller = client or Client(HTTP_HOST=host)
    return [log_in(caller, email, "wrong", REMOTE_ADDR=f"198.51.100.{n}").status_code for n in range(times)]


def test_an_account_is_locked_after_ten_wrong_passwords_and_says_until_when(public_client: Client) -> None:
    user = make_user()
    assert guess(user.email, 10) == [200] * 10
    page = log_in(public_client, user.email)
    assert page.status_code == 429
    html = page.content.decode()
    assert "Trop de mots de passe faux" in html
    assert "/accounts/password/reset/" in html
    assert f'value="{user.email}"' in html
    assert not is_logged_in(public_client)
    assert attempts()[-1] == (user.email, False, "locked")


def test_an_address_without_an_account_is_locked_the_same_way() -> None:
    known = make_user().email
    answers = []
    for email in (known, "nobody@example.org"):
        statuses = guess(email, 11)
        page = log_in(Client(HTTP_HOST="localhost"), email, REMOTE_ADDR="203.0.113.5").content.decode()
        answers.append((statuses, page.count("Trop de mots de passe faux")))
    assert answers[0] == answers[1]


def test_strangers_read_the_same_of_every_account(public_client: Client) -> None:
    """Known, unknown, closed, unproved, without a password: one answer, after one hash of work."""
    make_user(email="known@example.org")
    make_user(email="closed@example.org", is_active=False)
    make_user(email="new@example.org", verified=False)
    User.objects.create_user("none@example.org", None)
    pages = set()
    for name in ("known", "unknown", "closed", "new", "none"):
        with patch("django.contrib.auth.hashers.MD5PasswordHasher.encode", return_value="md5$x$y") as work:
            page = log_in(public_client, f"{name}@example.org", "wrong")
        html = page.content.decode().replace(name, "")
        pages.add((page.status_code, work.call_count, html.count("error"), "ne sont pas corrects" in html))
    assert len(pages) == 1


def test_the_right_password_begins_the_count_anew() -> None:
    user = make_user()
    assert guess(user.email, 9) == [200] * 9
    assert log_in(Client(HTTP_HOST="localhost"), user.email).status_code == 302
    assert guess(user.email, 10) == [200] * 10


def test_a_lock_ends_by_itself(public_client: Client) -> None:
    user = make_user()
    guess(user.email, 11)
    later = timezone.now() + timedelta(minutes=16)
    with patch.object(throttle, "_key", side_effect=lambda action, who: f"{later:%H%M}:{action}:{who}"):
        assert log_in(public_client, user.email).status_code == 302


def test_strangers_cannot_lock_out_a_browser_that_logged_in_before(public_client: Client) -> None:
    user = make_user()
    log_in(public_client, user.email)
    public_client.post("/accounts/logout/")
    guess(user.email, 12)
    assert log_in(Client(HTTP_HOST="localhost"), user.email).status_code == 429
    assert log_in(public_client, user.email).status_code == 302


def test_a_known_browser_is_counted_too_and_is_known_for_one_account_only(public_client: Client) -> None:
    user, other = make_user(), make_user()
    log_in(public_client, user.email)
    public_client.post("/accounts/logout/")
    assert guess(user.email, 11, client=public_client) == [200] * 10 + [429]
    guess(other.email, 11)
    assert log_in(public_client, other.email, REMOTE_ADDR="203.0.113.9").status_code == 429


def test_choosing_a_new_password_by_mail_opens_a_locked_account() -> None:
    from shared_apps.accounts.services.passwords import set_password

    user = make_user()
    guess(user.email, 11)
    set_password(user=user, password="une-phrase-calme-2027")
    assert log_in(Client(HTTP_HOST="localhost"), user.email, "une-phrase-calme-2027").status_code == 302


def test_a_known_browser_that_is_locked_opens_with_a_new_password_too(public_client: Client) -> None:
    user, new = make_user(), "une-phrase-calme-2027"
    log_in(public_client, user.email)
    public_client.post("/accounts/logout/")
    assert guess(user.email, 11, client=public_client)[-1] == 429
    public_client.post("/accounts/password/reset/", {"email": user.email})
    page = public_client.get(last_link("password_reset"), follow=True)
    public_client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert log_in(public_client, user.email, new).status_code == 302


def ask_for_link(email: str, *, ip: str) -> Any:
    return Client(HTTP_HOST="localhost").post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR=ip)


def mails() -> int:
    return Delivery.objects.filter(template="password_reset").count()


def test_an_address_asks_for_few_links_and_is_told(db: None) -> None:
    answers = [ask_for_link(make_user().email, ip="192.0.2.1") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    page = answers[-1].content.decode()
    assert "Trop d’essais" in page
    assert User.objects.order_by("date_joined").last().email in page
    assert mails() == 5
    assert ask_for_link(make_user().email, ip="192.0.2.2").status_code == 302


def test_a_mailbox_gets_few_links_and_strangers_read_nothing_of_it(db: None) -> None:
    user = make_user()
    for number in range(5):
        known, nobody = (ask_for_link(email, ip=f"192.0.2.{number}") for email in (user.email, "nobody@example.org"))
        assert (known.status_code, known["Location"]) == (nobody.status_code, nobody["Location"])
    assert mails() == 3


def test_a_hand_made_form_gets_no_further(public_client: Client) -> None:
    assert public_client.post(LOGIN, {}).status_code == 200
    assert public_client.post(LOGIN, {"login": "x" * 5000, "password": "y"}).status_code == 200
