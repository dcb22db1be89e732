"""What an account asks for besides its password, at log-in and when it is set up."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import LoginAttempt, OneTimeCode, SecondFactor, User
from shared_apps.accounts.services import factors
from shared_apps.accounts.services.addresses import remove_phone
from shared_apps.accounts.services.api_sessions import refresh_session, start_session
from shared_apps.accounts.tests.support import SECOND, app_code, browser_of, is_logged_in, last_code, log_in, with_app
from shared_apps.core.errors import DomainError
from shared_apps.core.secrets import SecretUnreadable, decrypt
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.models import Organisation
from tests.support.factories import make_admin, make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db


def half_way(user) -> Client:
    client = Client(HTTP_HOST="localhost")
    answer = log_in(client, user.email)
    assert answer["Location"].startswith(SECOND)
    assert not is_logged_in(client)
    return client


def test_the_app_opens_what_the_password_alone_does_not() -> None:
    user = make_user()
    secret = with_app(user)
    client = half_way(user)
    assert client.post(SECOND, {"answer": "000000"}).status_code == 200
    assert not is_logged_in(client)
    assert client.post(SECOND, {"answer": app_code(secret)}).status_code == 302
    assert is_logged_in(client)
    reasons = list(LoginAttempt.objects.order_by("pk").values_list("succeeded", "reason"))
    assert reasons == [(False, "second_factor"), (True, "")]


def test_a_code_of_the_app_opens_one_log_in_only() -> None:
    user = make_user()
    code = app_code(with_app(user))
    assert half_way(user).post(SECOND, {"answer": code}).status_code == 302
    other = half_way(user)
    assert other.post(SECOND, {"answer": code}).status_code == 200
    assert not is_logged_in(other)


def test_a_recovery_code_opens_one_log_in_and_its_use_is_told() -> None:
    user = make_user()
    with_app(user)
    code = factors.make_recovery_codes(user=user)[3]
    path = f"{SECOND}?by=recovery"
    client = half_way(user)
    assert client.post(path, {"answer": code.lower()}).status_code == 302
    assert is_logged_in(client)
    assert factors.recovery_codes_left(user) == 9
    assert Delivery.objects.filter(template="security_notice", context__event="recovery_code_used").count() == 1
    assert half_way(user).post(path, {"answer": code}).status_code == 200


@pytest.mark.parametrize("kind", ["email", "sms"])
def test_a_code_by_mail_or_sms_is_sent_by_itself_and_opens(kind, settings, tmp_path) -> None:
    settings.MAIL_DIR = str(tmp_path)
    user = make_user(phone="+237670123456", phone_verified_at=timezone.now())
    factors.add_code_factor(user=user, kind=kind)
    client = half_way(user)
    assert Delivery.objects.get(template="one_time_code").channel == kind
    code = last_code()
    send_due_emails()
    if kind == "sms":
        [file] = [path for path in tmp_path.iterdir() if path.name.endswith(".sms.txt")]
        to, text = file.read_text().strip().split("\n")
        assert (to, code in text) == ("+237670123456", True)
    html = client.get(SECOND).content.decode()
    assert "+237670123456" not in html
    assert user.email not in html
    assert client.post(SECOND, {"answer": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert is_logged_in(client)


def test_a_code_dies_after_ten_minutes_and_after_a_newer_one() -> None:
    user = make_user()
    factors.add_code_factor(user=user, kind="email")
    client = half_way(user)
    first = last_code()
    OneTimeCode.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    client.post(SECOND, {"send": "1"})
    second = last_code()
    client.post(SECOND, {"answer": first})
    assert first == second or not is_logged_in(client)
    OneTimeCode.objects.update(
        created_at=timezone.now() - timedelta(minutes=11), expires_at=timezone.now() - timedelta(minutes=1)
    )
    client.post(SECOND, {"answer": second})
    assert not is_logged_in(client)


def test_asking_again_at_once_sends_nothing_more() -> None:
    user = make_user()
    factors.add_code_factor(user=user, kind="email")
    client = half_way(user)
    client.post(SECOND, {"send": "1"})
    assert Delivery.objects.filter(template="one_time_code").count() == 1


def test_guessing_is_stopped_over_all_ways_of_one_account() -> None:
    user = make_user()
    secret = with_app(user)
    client = half_way(user)
    statuses = [client.post(SECOND, {"answer": f"{n:06d}"}).status_code for n in range(11)]
    assert statuses == [200] * 10 + [429]
    client.post(SECOND, {"answer": app_code(secret)})
    assert not is_logged_in(client)


def test_a_log_in_that_stopped_half_way_ends_with_the_password_it_began_with() -> None:
    from shared_apps.accounts.services.passwords import set_password

    user = make_user()
    secret = with_app(user)
    client = half_way(user)
    set_password(user=user, password="une-phrase-calme-2027")
    assert client.post(SECOND, {"answer": app_code(secret)})["Location"] == "/accounts/login/"
    assert not is_logged_in(client)


def test_the_page_of_the_second_factor_needs_a_password_first(public_client: Client) -> None:
    assert public_client.get(SECOND)["Location"] == "/accounts/login/"


def test_an_app_is_set_up_by_its_first_code_and_its_secret_is_sealed() -> None:
    user = make_user()
    client = browser_of(user)
    page = client.get("/accounts/security/app/").content.decode()
    secret = client.session["totp_secret"]
    assert "<svg" in page
    assert secret[:4] in page
    assert client.post("/accounts/security/app/", {"code": "000000"}).status_code == 200
    assert not factors.has_second_factor(user)
    answer = client.post("/accounts/security/app/", {"code": app_code(secret)})
    assert answer["Location"] == "/accounts/security/recovery/"
    kept = Authenticator.objects.get(user=user).data["secret"]
    assert secret not in kept
    assert decrypt(kept, place=factors.totp_place(user)) == secret
    with pytest.raises(SecretUnreadable):
        decrypt(kept, place=factors.totp_place(make_user()))
    assert "totp_secret" not in client.session


def test_recovery_codes_are_shown_once_and_kept_as_hashes() -> None:
    user = make_user()
    client = browser_of(user)
    with_app(user, keep=client.session.session_key)
    page = client.post("/accounts/security/recovery/")
    codes = re.findall(r"<li>([A-Z2-9]{5}-[A-Z2-9]{5})</li>", page.content.decode())
    assert len(set(codes)) == 10
    assert page["Cache-Control"] == "no-store"
    assert codes[0] not in client.get("/accounts/security/recovery/").content.decode()
    assert codes[0].replace("-", "") not in str(Authenticator.objects.get(user=user, type="recovery_codes").data)


def test_a_page_of_recovery_codes_that_is_loaded_again_leaves_those_just_kept_valid() -> None:
    user = make_user()
    client = browser_of(user)
    with_app(user, keep=client.session.session_key)
    page = "/accounts/security/recovery/"

    def replaces() -> str:
        return client.get(page).context["replaces"]

    first = client.post(page, {"replaces": replaces()}).context["codes"]
    again = client.post(page, {"replaces": ""})
    assert (again.status_code, again.context["codes"], again.context["left"]) == (409, [], 10)
    mark = replaces()
    factors.use_recovery_code(user=user, code=first[0])  # the same ten as before
    assert len(client.post(page, {"replaces": mark}).context["codes"]) == 10
    assert client.post(page, {"replaces": mark}).status_code == 409
    assert factors.recovery_codes_left(user) == 10


def test_the_file_of_recovery_codes_is_whole_whatever_the_place_is_called() -> None:
    tenant = ready_tenant("store-a")
    Organisation.objects.filter(pk=tenant.pk).update(name="C# & 100 % Café")
    with tenant_context(tenant):
        user = make_user()
    client = browser_of(user, host=tenant.host)
    with tenant_context(tenant):
        with_app(user, keep=client.session.session_key)
    page = client.post("/accounts/security/recovery/").content.decode()
    codes = re.findall(r"<li>([A-Z2-9]{5}-[A-Z2-9]{5})</li>", page)
    [address] = re.findall(r'href="(data:[^"]*)"', page)
    url = urlsplit(html.unescape(address))
    assert (url.query, url.fragment) == ("", "")
    assert unquote(url.path.partition(",")[2]).split("\r\n") == ["C# & 100 % Café", *codes]
    assert len(codes) == 10


def test_recovery_codes_go_with_the_last_second_factor() -> None:
    user = make_user()
    with_app(user)
    factors.add_code_factor(user=user, kind="email")
    factors.make_recovery_codes(user=user)
    factors.remove_totp(user=user)
    assert factors.factor_kinds(user) == ["email", "recovery"]
    factors.remove_code_factor(user=user, kind="email")
    assert factors.factor_kinds(user) == []
    assert not Authenticator.objects.filter(user=user).exists()


def test_sms_needs_a_proved_phone_and_a_provider(settings) -> None:
    user = make_user(phone="+237670123456")
    with pytest.raises(DomainError):
        factors.add_code_factor(user=user, kind="sms")
    settings.SMS_PROVIDER = "shared_apps.notifications.sms.NoSms"
    client = browser_of(user)
    assert client.get("/accounts/security/codes/sms/").status_code == 404
    assert client.get("/accounts/phone/").status_code == 404
    assert not SecondFactor.objects.exists()


def test_a_message_that_no_provider_takes_is_kept_and_tried_again(settings) -> None:
    user = make_user(phone="+237670123456", phone_verified_at=timezone.now())
    factors.add_code_factor(user=user, kind="sms")
    half_way(user)
    settings.SMS_PROVIDER = "shared_apps.notifications.sms.NoSms"
    send_due_emails()
    delivery = Delivery.objects.get(template="one_time_code")
    assert (delivery.status, delivery.attempts) == ("queued", 1)
    assert "SmsUnavailable" in delivery.error


def over_the_api(user: User, **more: str) -> tuple[int, dict[str, Any]]:
    body = {"email": user.email, "password": "calme-baobab-2026", **more}
    answer = Client(HTTP_HOST="localhost").post("/api/auth/token/", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_the_api_sends_a_code_and_takes_it_with_the_password() -> None:
    user = make_user()
    factors.add_code_factor(user=user, kind="email")
    status, asked = over_the_api(user)
    assert (status, asked["code"], asked["ways"]) == (403, "second_factor_required", ["email"])
    status, wrong = over_the_api(user, code="000000")
    assert (status, list(wrong["fields"])) == (400, ["code"])
    code = last_code()
    assert over_the_api(user, code=code)[0] == 200
    assert over_the_api(user, code=code)[0] == 400
    tries = LoginAttempt.objects.filter(user=user).order_by("pk").values_list("reason", flat=True)
    assert list(tries) == ["second_factor", "second_factor", "", "second_factor"]


def test_the_api_takes_a_recovery_code_once() -> None:
    user = make_user()
    with_app(user)
    [spare, *_rest] = factors.make_recovery_codes(user=user)
    assert over_the_api(user)[1]["ways"] == ["totp", "recovery"]
    assert over_the_api(user, way="recovery", code=spare)[0] == 200
    assert over_the_api(user, way="recovery", code=spare)[0] == 400
    assert over_the_api(user, way="totp", code=spare)[0] == 400


def test_the_back_office_opens_once_its_admin_has_a_second_factor(settings) -> None:
    settings.ADMINS_NEED_SECOND_FACTOR = True
    admin = make_admin()
    client = browser_of(admin)
    assert client.get("/backoffice/")["Location"] == "/accounts/security/"
    with_app(admin, keep=client.session.session_key)
    assert client.get("/backoffice/").status_code == 200


def test_the_api_is_no_way_round_it(settings) -> None:
    settings.ADMINS_NEED_SECOND_FACTOR = True
    admin = make_admin()
    program = Client(HTTP_HOST="localhost")
    for status in (403, 200):
        headers = {"Authorization": f"Bearer {start_session(user=admin)['access']}"}
        assert program.get("/api/audit/logs/", headers=headers).status_code == status
        with_app(admin)


def test_a_number_removed_in_another_tab_meanwhile_is_no_second_factor() -> None:
    user = make_user(phone="+237671234567", phone_verified_at=timezone.now())
    other_tab = User.objects.get(pk=user.pk)
    remove_phone(user=other_tab)
    with pytest.raises(DomainError) as refused:
        factors.add_code_factor(user=user, kind="sms")
    assert refused.value.code == "no_phone"
    assert not SecondFactor.objects.filter(user=user).exists()


@pytest.mark.parametrize("kind", ["totp", "email"])
def test_the_first_second_factor_ends_what_a_password_alone_had_opened(kind: str) -> None:
    user = make_user()
    here, elsewhere = browser_of(user), browser_of(user)
    tokens = start_session(user=user)
    secret = factors.make_totp_secret()
    if kind == "totp":
        session = here.session
        session["totp_secret"] = secret
        session.save()
        here.post("/accounts/security/app/", {"code": app_code(secret)})
    else:
        here.post("/accounts/security/codes/email/")
    assert factors.factor_kinds(user) == [kind]
    assert is_logged_in(here)
    assert not is_logged_in(elsewhere)
    with pytest.raises(DomainError):
        refresh_session(token=tokens["refresh"])
    another = start_session(user=user)
    factors.add_code_factor(user=user, kind="email")
    factors.add_totp(user=user, secret=secret, code=app_code(secret))
    assert refresh_session(token=another["refresh"])
