"""Customers get an account on their tenant's own host: its links, its name, its rules."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from shared_apps.accounts.policies import Asked, Details, age_on, check_details
from shared_apps.accounts.services.registration import register_account
from shared_apps.accounts.services.rules import save_rules
from shared_apps.accounts.tests.support import with_app
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from shared_apps.organisations.current import Tenant
from tests.support.factories import PASSWORD, make_user
from tests.support.tenants import Browser, owner_of, ready_tenant

pytestmark = pytest.mark.django_db
FORM = {"email": "Awa@Example.org", "password": PASSWORD, "first_name": "Awa", "last_name": "Diop", "consent": "on"}


@pytest.fixture
def browser(tenant: Tenant) -> Browser:
    return Browser(tenant)


def rules(tenant: Tenant, **changes: object) -> None:
    chosen = {"registration_open": True, "minimum_age": None, "languages_required": False, **changes}
    save_rules(by=owner_of(tenant), **chosen)  # type: ignore[arg-type]


def mail() -> Delivery:
    return Delivery.objects.filter(template="email_code").latest("created_at", "pk")


def test_a_customer_registers_and_comes_back_to_where_they_were(tenant: Tenant, browser: Browser) -> None:
    assert "/accounts/signup/?next=%2Fproducts%2F" in browser.get("/accounts/login/?next=/products/").content.decode()
    answer = browser.post("/accounts/signup/", {**FORM, "marketing": "on", "next": "/products/?q=riz"})
    assert answer["Location"] == "/accounts/signup/code/"
    done = browser.post("/accounts/signup/code/", {"code": mail().context["code"]})
    assert done["Location"] == "/products/?q=riz"
    user = User.objects.get(email="awa@example.org")
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert sorted(user.consents.values_list("document", flat=True)) == ["marketing", "privacy", "terms"]
    assert not user.is_staff
    with tenant_context(ready_tenant("store-b")):
        assert not User.objects.filter(email="awa@example.org").exists()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_after_registering(browser: Browser, elsewhere: str) -> None:
    browser.post("/accounts/signup/", {**FORM, "next": elsewhere})
    done = browser.post("/accounts/signup/code/", {"code": mail().context["code"]})
    assert done["Location"] == "/"


def test_the_link_in_the_mail_is_the_tenants_and_proves_on_any_device(tenant: Tenant, browser: Browser) -> None:
    browser.post("/accounts/signup/", {**FORM, "next": "/products/"})
    link = mail().context["url"]
    assert link.startswith(f"http://{tenant.host}")
    path = re.sub(r"^http://[^/]+", "", link)
    other = Browser(tenant)
    assert other.get(path).status_code == 200
    assert "_auth_user_id" not in other.session
    assert other.post(path).context["link"].form.errors == {"password": ["Ce champ est obligatoire."]}
    assert other.post(path, {"password": FORM["password"]})["Location"] == "/products/"
    assert other.session["_auth_user_id"] == str(User.objects.get(email="awa@example.org").pk)


def test_a_log_in_that_stopped_at_the_details_ends_with_a_new_second_factor(tenant: Tenant, browser: Browser) -> None:
    connection.set_tenant(tenant)
    user = make_user()
    rules(tenant, minimum_age=18)
    entered = {"login": user.email, "password": PASSWORD}
    assert browser.post("/accounts/login/", entered)["Location"] == "/accounts/details/"
    connection.set_tenant(tenant)
    with_app(user)
    assert browser.post("/accounts/details/", {"date_of_birth": "1990-01-01"})["Location"] == "/accounts/login/"
    assert browser.get("/accounts/").status_code == 302
    connection.set_tenant(tenant)
    user.refresh_from_db()
    assert user.date_of_birth is None


def test_a_link_of_one_tenant_proves_nothing_on_another(tenant: Tenant, browser: Browser) -> None:
    browser.post("/accounts/signup/", FORM)
    path = re.sub(r"^http://[^/]+", "", mail().context["url"])
    other = Browser(ready_tenant("store-b"))
    other.post("/accounts/signup/", FORM)
    assert other.post(path, {"password": FORM["password"]}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_mail_comes_in_the_tenants_name(tenant: Tenant) -> None:
    message = render_email(template="email_code", recipient="a@example.org", locale="fr", context={"name": "A"})
    assert f"{tenant.name} via Baobab" in message.from_email


def test_the_sixth_wrong_code_ends_it_and_a_new_one_can_be_asked_for(browser: Browser) -> None:
    browser.post("/accounts/signup/", FORM)
    right = mail().context["code"]
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert "six chiffres" in browser.post("/accounts/signup/code/", {"code": wrong}).content.decode()
    browser.post("/accounts/signup/code/", {"code": right})
    assert "_auth_user_id" not in browser.session
    User.objects.get(email="awa@example.org").email_codes.update(created_at="2020-01-01T00:00:00Z")
    browser.post("/accounts/signup/code/resend/")
    browser.post("/accounts/signup/code/", {"code": mail().context["code"]})
    assert "_auth_user_id" in browser.session


def test_an_unproved_account_that_logs_in_goes_on_on_its_own_host(tenant: Tenant, browser: Browser) -> None:
    user = make_user(verified=False)
    answer = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": "/products/"})
    assert answer["Location"] == "/accounts/signup/code/"
    assert user.email in browser.get("/accounts/signup/code/").content.decode()


def test_the_platforms_own_host_keeps_its_own_steps(public_client: Client) -> None:
    assert public_client.get("/accounts/signup/")["Location"] == "/signup/"


def test_nothing_typed_is_lost_on_a_mistake(browser: Browser) -> None:
    page = browser.post("/accounts/signup/", {**FORM, "password": "court"}).content.decode()
    for value in ("awa@example.org", "Awa", "Diop"):
        assert f'value="{value}"' in page.replace("Awa@Example.org", "awa@example.org")
    assert 'id="id_password_error"' in page


def test_where_registration_is_closed_nobody_registers_by_page_or_service(tenant: Tenant, browser: Browser) -> None:
    rules(tenant, registration_open=False)
    assert "/accounts/signup/" not in browser.get("/accounts/login/").content.decode()
    assert browser.get("/accounts/signup/").status_code == 403
    assert browser.post("/accounts/signup/", FORM).status_code == 403
    with pytest.raises(DomainError) as refused:
        register_account(email="a@example.org", password=PASSWORD, consent=True)
    assert refused.value.code == "registration_closed"
    assert not User.objects.filter(is_staff=False).exists()


def test_age_and_languages_are_asked_for_beside_their_fields(tenant: Tenant, browser: Browser) -> None:
    rules(tenant, minimum_age=18, languages_required=True)
    answer = browser.post("/accounts/signup/", FORM).content.decode()
    assert all(f'id="id_{name}_error"' in answer for name in ("date_of_birth", "native_1", "target_1"))
    young = {**FORM, "date_of_birth": f"{date.today().year - 10}-01-01", "native_1": "fr", "target_1": "fr"}  # noqa: DTZ011
    assert 'id="id_date_of_birth_error"' in browser.post("/accounts/signup/", young).content.decode()
    twice = {**young, "date_of_birth": "1990-05-17"}
    assert 'id="id_target_1_error"' in browser.post("/accounts/signup/", twice).content.decode()
    assert not User.objects.filter(email="awa@example.org").exists()
    browser.post("/accounts/signup/", {**twice, "target_1": "en"})
    user = User.objects.get(email="awa@example.org")
    assert user.date_of_birth == date(1990, 5, 17)
    assert set(user.languages.values_list("language", "kind")) == {("fr", "native"), ("en", "target")}


def test_an_account_from_before_the_rule_is_asked_at_its_next_log_in(tenant: Tenant, browser: Browser) -> None:
    user = make_user()
    rules(tenant, minimum_age=18)
    entered = {"login": user.email, "password": PASSWORD, "next": "/products/"}
    assert browser.post("/accounts/login/", entered)["Location"] == "/accounts/details/"
    assert "_auth_user_id" not in browser.session
    browser.post("/accounts/details/", {"date_of_birth": f"{date.today().year - 9}-01-01"})  # noqa: DTZ011
    assert "_auth_user_id" not in browser.session
    assert browser.post("/accounts/details/", {"date_of_birth": "1990-01-01"})["Location"] == "/products/"
    assert browser.session["_auth_user_id"] == str(user.pk)


def test_a_password_changed_meanwhile_ends_a_log_in_that_waits_for_an_answer(tenant: Tenant, browser: Browser) -> None:
    user = make_user()
    rules(tenant, minimum_age=18)
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    user.set_password("une-phrase-calme-2027")
    user.save()
    browser.post("/accounts/details/", {"date_of_birth": "1990-01-01"})
    assert "_auth_user_id" not in browser.session


def test_what_was_said_can_be_changed_later_and_is_asked_nowhere_else(tenant: Tenant, browser: Browser) -> None:
    user = make_user()
    save_profile = {"date_of_birth": "1990-05-17", "native_1": "fr", "target_1": "en"}
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/accounts/about/").status_code == 404
    assert "/accounts/about/" not in browser.get("/accounts/").content.decode()
    rules(tenant, minimum_age=18, languages_required=True)
    assert "/accounts/about/" in browser.get("/accounts/").content.decode()
    wrong = browser.post("/accounts/about/", {**save_profile, "target_1": "fr"}).content.decode()
    assert 'id="id_target_1_error"' in wrong
    assert 'value="1990-05-17"' in wrong
    assert browser.post("/accounts/about/", save_profile)["Location"] == "/accounts/"
    user.refresh_from_db()
    assert user.date_of_birth == date(1990, 5, 17)
    assert set(user.languages.values_list("language", "kind")) == {("fr", "native"), ("en", "target")}


def test_whoever_works_here_is_never_locked_out_by_the_rule(tenant: Tenant, browser: Browser) -> None:
    rules(tenant, minimum_age=99, languages_required=True)
    user = make_user(is_staff=True)
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert browser.session["_auth_user_id"] == str(user.pk)


def test_the_rules_page_saves_and_refuses(tenant: Tenant, tenant_client: Client) -> None:
    assert tenant_client.post("/staff/accounts/", {"ask_age": "on", "minimum_age": "7"}).status_code == 422
    assert tenant_client.post("/staff/accounts/", {"ask_age": "on", "minimum_age": ""}).status_code == 422
    assert (
        tenant_client.post(
            "/staff/accounts/", {"registration_open": "on", "minimum_age": "21", "ask_age": "on"}
        ).status_code
        == 302
    )
    page = tenant_client.get("/staff/accounts/").content.decode()
    assert 'value="21"' in page


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2008-11-21", "2026-11-21", 18),
        ("2008-11-22", "2026-11-21", 17),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
    ],
)
def test_age_is_whole_years_on_a_day(born: str, day: str, age: int) -> None:
    assert age_on(date.fromisoformat(day), born=date.fromisoformat(born)) == age


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (Details(), "date_of_birth"),
        (Details(date(2027, 1, 1)), "date_of_birth"),
        (Details(date(1890, 1, 1)), "date_of_birth"),
        (Details(date(2008, 11, 22)), "date_of_birth"),
        (Details(date(1990, 1, 1)), "native_languages"),
        (Details(date(1990, 1, 1), ("fr",)), "target_languages"),
        (Details(date(1990, 1, 1), ("fr", "fr"), ("en",)), "native_languages"),
        (Details(date(1990, 1, 1), ("fr",), ("en", "fr")), "target_languages"),
        (Details(date(1990, 1, 1), ("qq",), ("en",)), "native_languages"),
    ],
)
def test_what_is_missing_or_wrong_is_named(details: Details, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_details(details, asked=Asked(18, languages=True), today=date(2026, 11, 21))
    assert refused.value.field == field
