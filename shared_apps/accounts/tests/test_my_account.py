"""My account: what it changes, whom it asks first, and what it ends."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import ApiSession, OneTimeCode, User
from shared_apps.accounts.services.notices import notify_of_change
from shared_apps.accounts.tests.support import browser_of, is_logged_in, last_code, last_link, log_in
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from tests.support.factories import PASSWORD, make_user
from tests.support.queries import queries_of
from tests.support.tenants import owner_of, ready_tenant

pytestmark = pytest.mark.django_db
NEW = "une-phrase-calme-2027"


def notices(event: str) -> list[str]:
    rows = Delivery.objects.filter(template="security_notice", context__event=event)
    return list(rows.values_list("recipient", flat=True))


def api_session(user: User) -> ApiSession:
    return ApiSession.objects.create(user=user, expires_at=timezone.now() + timedelta(days=7))


def test_a_new_password_ends_everything_but_this_browser() -> None:
    user = make_user()
    here, there, program = browser_of(user), browser_of(user), api_session(user)
    answer = here.post("/accounts/security/password/", {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/accounts/security/"
    assert is_logged_in(here)
    assert not is_logged_in(there)
    program.refresh_from_db()
    assert program.ended_at is not None
    assert notices("password") == [user.email]
    [entry] = AuditLog.objects.filter(action="account.password_changed", resource_id=str(user.pk))
    assert NEW not in str((entry.before, entry.after))
    assert [one.is_current for one in here.get("/accounts/security/").context["browsers"]] == [True]


@pytest.mark.parametrize(
    ("path", "section"),
    [("", "account_home"), ("email/", "account_home"), ("security/password/", "account_security")],
)
def test_every_page_marks_the_section_it_is_in(path: str, section: str) -> None:
    page = browser_of(make_user()).get(f"/accounts/{path}")
    assert [one["url"] for one in page.context["sections"] if one["current"]] == [reverse(section)]


def test_a_weak_or_unlike_password_is_refused_beside_its_field() -> None:
    client = browser_of(make_user())
    for first, second in (("zz9zz", "zz9zz"), (NEW, NEW + "x")):
        answer = client.post("/accounts/security/password/", {"password1": first, "password2": second})
        assert answer.context["form"].errors
        assert first not in answer.content.decode()


def test_the_reset_link_works_once_ends_everything_and_tells_the_owner() -> None:
    user = make_user()
    there, program = browser_of(user), api_session(user)
    anonymous = Client(HTTP_HOST="localhost")
    anonymous.post("/accounts/password/reset/", {"email": user.email})
    link = last_link("password_reset")
    page = anonymous.get(link, follow=True)
    anonymous.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert not is_logged_in(there)
    program.refresh_from_db()
    assert program.ended_at is not None
    assert notices("password") == [user.email]
    again = Client(HTTP_HOST="localhost").get(link, follow=True)
    assert "ne marche plus" in again.content.decode()
    assert log_in(Client(HTTP_HOST="localhost"), user.email, NEW).status_code == 302


def test_the_reset_link_of_one_tenant_is_worthless_on_another_and_on_the_platform() -> None:
    a, b = ready_tenant("store-a"), ready_tenant("store-b")
    owner = owner_of(a)
    with tenant_context(a):
        owner.set_password(PASSWORD)
        owner.save()
        Client(HTTP_HOST=a.host).post("/accounts/password/reset/", {"email": owner.email})
    with tenant_context(a):
        url = Delivery.objects.get(template="password_reset").context["url"]
    assert f"//{a.primary_host}" in url
    path = "/accounts/" + url.partition("/accounts/")[2]
    for host in (b.host, "localhost"):
        assert "password1" not in Client(HTTP_HOST=host).get(path, follow=True).content.decode()
    assert "password1" in Client(HTTP_HOST=a.host).get(path, follow=True).content.decode()


def test_an_address_counts_once_its_link_is_opened_and_the_old_one_is_told() -> None:
    user = make_user(email="old@example.org")
    client = browser_of(user)
    client.post("/accounts/email/", {"email": "New@Example.org"})
    link = last_link("email_change")
    user.refresh_from_db()
    assert user.email == "old@example.org"
    stranger = Client(HTTP_HOST="localhost")
    assert stranger.get(link).status_code == 200
    user.refresh_from_db()
    assert user.email == "old@example.org"  # opening the link is not enough: mail readers do
    stranger.post(link)
    user.refresh_from_db()
    assert user.email == "new@example.org"
    rows = EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")
    assert list(rows) == [("new@example.org", True, True)]
    assert notices("email") == ["old@example.org"]
    assert stranger.post(link).status_code == 400
    assert not is_logged_in(stranger)


def test_the_link_to_an_address_dies_with_a_newer_one_and_when_the_address_is_taken() -> None:
    user = make_user()
    client = browser_of(user)
    client.post("/accounts/email/", {"email": "first@example.org"})
    first = last_link("email_change")
    client.post("/accounts/email/", {"email": "second@example.org"})
    second = last_link("email_change")
    assert client.post(first).status_code == 400
    make_user(email="second@example.org")
    assert client.post(second).status_code == 409
    user.refresh_from_db()
    assert "@example.org" in user.email
    assert user.email not in ("first@example.org", "second@example.org")


def test_an_address_of_another_account_is_refused_beside_its_field() -> None:
    make_user(email="taken@example.org")
    page = browser_of(make_user()).post("/accounts/email/", {"email": "taken@example.org"})
    assert "email" in page.context["form"].errors
    assert 'value="taken@example.org"' in page.content.decode()
    assert not Delivery.objects.filter(template="email_change").exists()


def test_the_link_to_an_address_is_worthless_in_another_schema() -> None:
    user = make_user()
    browser_of(user).post("/accounts/email/", {"email": "new@example.org"})
    link, row = last_link("email_change"), OneTimeCode.objects.get()
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        twin = User.objects.create(pk=user.pk, email=user.email)
        OneTimeCode.objects.create(
            pk=row.pk, user=twin, purpose=row.purpose, channel=row.channel, destination=row.destination,
            code_hash=row.code_hash, expires_at=row.expires_at,
        )  # fmt: skip
    assert Client(HTTP_HOST=tenant.host).post(link).status_code == 400
    assert Client(HTTP_HOST="localhost").post(link).status_code == 200


def test_a_phone_counts_once_its_code_is_typed() -> None:
    user = make_user()
    client = browser_of(user)
    assert "phone" in client.post("/accounts/phone/", {"phone": "12"}).context["form"].errors
    assert client.post("/accounts/phone/", {"phone": "6 70 12 34 56"})["Location"] == "/accounts/phone/code/"
    user.refresh_from_db()
    assert user.phone == ""
    assert client.post("/accounts/phone/code/", {"code": "nope"}).status_code == 200
    client.post("/accounts/phone/code/", {"code": last_code()})
    user.refresh_from_db()
    assert user.phone == "+237670123456"
    assert user.phone_verified_at is not None
    client.post("/accounts/phone/", {"remove": "1"})
    user.refresh_from_db()
    assert (user.phone, user.phone_verified_at) == ("", None)


GUARDED = ["email/", "phone/", "close/", "security/password/", "security/app/", "security/app/remove/",
           "security/codes/email/", "security/recovery/"]  # fmt: skip


@pytest.mark.parametrize("path", GUARDED)
def test_dangerous_pages_ask_before_anything_is_typed_and_lead_back(path, settings) -> None:
    user = make_user()
    client = browser_of(user)
    assert client.get(f"/accounts/{path}").status_code == 200
    session = client.session
    session["confirmed"] = {"user": str(user.pk), "at": time.time() - settings.CONFIRMATION_SECONDS - 1}
    session.save()
    asked = client.get(f"/accounts/{path}?a=1")
    assert asked.status_code == 302
    assert client.post(asked["Location"], {"answer": "wrong"}).status_code == 200
    assert client.post(asked["Location"], {"answer": PASSWORD})["Location"] == f"/accounts/{path}?a=1"
    assert client.get(f"/accounts/{path}").status_code == 200


def test_who_filled_a_form_in_slowly_may_still_send_it_but_not_for_ever() -> None:
    user = make_user()
    client = browser_of(user)
    for age, path in ((600, "/accounts/email/"), (1300, "/accounts/confirm/")):
        session = client.session
        session["confirmed"] = {"user": str(user.pk), "at": time.time() - age}
        session.save()
        answer = client.post("/accounts/email/", {"email": "not an address"})
        assert (answer.status_code == 200) is (path == "/accounts/email/")
    assert "avait attendu" in client.get(answer["Location"]).content.decode()


def test_confirming_leads_nowhere_else() -> None:
    client = browser_of(make_user())
    answer = client.post("/accounts/confirm/?next=https://evil.example/", {"answer": PASSWORD})
    assert answer["Location"] == "/accounts/security/"


def test_a_confirmation_is_of_one_person_only() -> None:
    user, other = make_user(), make_user()
    client = browser_of(user)
    kept = client.session["confirmed"]
    client.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["confirmed"] = kept
    session.save()
    assert client.get("/accounts/email/").status_code == 302


def test_an_owner_who_came_by_hand_over_confirms_by_mail_and_chooses_a_password() -> None:
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        owner = User.objects.get(is_staff=True)
        owner.set_unusable_password()
        owner.save()
    client = Client(HTTP_HOST=tenant.host)
    client.get(urlsplit(handover_url(account_id=owner.pk, tenant=tenant)).path)
    asked = client.get("/accounts/security/password/")["Location"]
    client.post(asked, {"send": "1"})
    with tenant_context(tenant):
        code = last_code()
        assert UserSession.objects.filter(user=owner).count() == 1
        assert owner.login_attempts.get().method == "handover"
    assert client.post(asked, {"answer": code})["Location"] == "/accounts/security/password/"
    client.post("/accounts/security/password/", {"password1": NEW, "password2": NEW})
    assert log_in(Client(HTTP_HOST=tenant.host), owner.email, NEW).status_code == 302


def test_one_session_is_ended_and_no_other() -> None:
    user, other = make_user(), make_user()
    here, there, stranger = browser_of(user), browser_of(user), browser_of(other)
    [row] = UserSession.objects.filter(session_key=there.session.session_key)
    stranger.post(f"/accounts/security/sessions/{row.pk}/end/")
    assert is_logged_in(there)
    here.post(f"/accounts/security/sessions/{row.pk}/end/")
    assert (is_logged_in(here), is_logged_in(there), is_logged_in(stranger)) == (True, False, True)


def test_one_log_in_of_a_program_is_ended_by_its_owner_only() -> None:
    user = make_user()
    program = api_session(user)
    path = f"/accounts/security/api-sessions/{program.pk}/end/"
    browser_of(make_user()).post(path)
    program.refresh_from_db()
    assert program.ended_at is None
    browser_of(user).post(path)
    program.refresh_from_db()
    assert program.ended_at is not None


def test_signing_out_everywhere_ends_browsers_and_programs() -> None:
    user = make_user()
    here, there, program = browser_of(user), browser_of(user), api_session(user)
    here.post("/accounts/security/sign-out/")
    program.refresh_from_db()
    assert (is_logged_in(here), is_logged_in(there), program.ended_at is None) == (False, False, False)


def test_the_page_of_security_costs_the_same_however_much_it_lists() -> None:
    user = make_user()
    client = browser_of(user)
    few = queries_of(client, "/accounts/security/")
    for _ in range(4):
        browser_of(user)
        api_session(user)
    assert queries_of(client, "/accounts/security/") == few


def test_an_account_that_its_owner_closed_is_opened_again_by_a_mailed_link() -> None:
    user = make_user()
    here, there = browser_of(user), browser_of(user)
    here.post("/accounts/close/")
    assert not is_logged_in(there)
    assert notices("closed") == [user.email]
    visitor = Client(HTTP_HOST="localhost")
    assert log_in(visitor, user.email)["Location"] == "/accounts/inactive/"
    assert not is_logged_in(visitor)
    visitor.post("/accounts/reopen/")
    link = last_link("reopen")
    visitor.get(link)
    assert log_in(visitor, user.email)["Location"] == "/accounts/inactive/"
    assert visitor.post(link).status_code == 200
    assert visitor.post(link).status_code == 400
    assert log_in(visitor, user.email).status_code == 302
    assert is_logged_in(visitor)


@pytest.mark.parametrize("closed_at", [None, timedelta(days=31)])
def test_an_account_closed_by_an_admin_or_long_ago_stays_closed(closed_at) -> None:
    user = make_user(is_active=False, closed_at=closed_at and timezone.now() - closed_at)
    visitor = Client(HTTP_HOST="localhost")
    log_in(visitor, user.email)
    assert "/accounts/reopen/" not in visitor.get("/accounts/inactive/").content.decode()
    visitor.post("/accounts/reopen/")
    assert not Delivery.objects.filter(template="reopen").exists()


def test_nobody_closes_the_account_an_organisation_depends_on() -> None:
    owner = User.objects.get(pk=owner_of(ready_tenant("store-a")).platform_user_id)
    refused = confirmed_client("localhost", owner).post("/accounts/close/")
    assert refused.context["error"].code == "last_owner"
    owner.refresh_from_db()
    assert owner.is_active


def test_nobody_closes_the_account_a_workspace_depends_on() -> None:
    tenant = ready_tenant("store-a")
    owner = owner_of(tenant)
    with tenant_context(tenant):
        client = confirmed_client(tenant.host, owner)
    assert client.post("/accounts/close/").context["error"].code == "last_owner"
    with tenant_context(tenant):
        owner.refresh_from_db()
    assert owner.is_active


def confirmed_client(host: str, user: User) -> Client:
    """A browser that has just confirmed who it is."""
    client = Client(HTTP_HOST=host)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["confirmed"] = {"user": str(user.pk), "at": time.time()}
    session.save()
    return client


def test_name_and_language_are_kept_with_what_they_were() -> None:
    user = make_user(first_name="Awa")
    browser_of(user).post("/accounts/", {"first_name": "Awa Marie", "last_name": "Ndiaye", "locale": "en"})
    user.refresh_from_db()
    assert (user.get_full_name(), user.locale) == ("Awa Marie Ndiaye", "en")
    entry = AuditLog.objects.get(action="account.profile_changed", resource_id=str(user.pk))
    assert (entry.before["first_name"], entry.after["first_name"]) == ("Awa", "Awa Marie")


def test_names_are_asked_for_as_at_sign_up_and_an_account_without_one_may_stay_so() -> None:
    user = make_user(first_name="Awa", last_name="Ndiaye")
    browser = browser_of(user)
    assert "(facultatif)" not in browser.get("/accounts/").content.decode()
    page = browser.post("/accounts/", {"first_name": "", "last_name": " ", "locale": "en"})
    assert set(page.context["form"].errors) == {"first_name", "last_name"}
    user.refresh_from_db()
    assert (user.get_full_name(), user.locale) == ("Awa Ndiaye", "fr")
    User.objects.filter(pk=user.pk).update(last_name="")
    assert browser.get("/accounts/").content.decode().count("(facultatif)") == 1
    assert browser.post("/accounts/", {"first_name": "Awa", "last_name": "", "locale": "en"}).status_code == 302


@pytest.mark.parametrize(
    ("event", "way_out"), [("email", "support@"), ("closed", "support@"), ("password", "/accounts/password/reset/")]
)
def test_the_notice_of_a_change_names_a_way_out_that_works(event: str, way_out: str) -> None:
    """A reset mail goes to neither a former address nor a closed account: there people help."""
    user = make_user()
    notify_of_change(user=user, event=event, detail="30")
    sent = Delivery.objects.get(template="security_notice")
    body = render_email(template=sent.template, recipient=user.email, locale="fr", context=sent.context).body
    assert way_out in body
    assert ("/accounts/password/reset/" in body) == (event == "password")
