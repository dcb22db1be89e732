"""What a till's device asks and sends."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import (
    Invoice,
    Order,
    Promotion,
    Register,
    Return,
    Shop,
    TillSale,
    TillSession,
    TillTask,
)
from tenant_apps.store.selectors import till as selectors
from tenant_apps.store.services import stock
from tenant_apps.store.tests.support import make_variants
from tenant_apps.store.tests.till_support import make_register, make_session, sale_of, sell, seller, sold_line
from tenant_apps.store.views import till_api
from tests.support.queries import queries_of
from tests.support.tenants import Browser, move_to

pytestmark = pytest.mark.django_db
API = "/staff/till/api/"


@pytest.fixture
def device(tenant: Tenant) -> Browser:
    """A device of somebody with the role of a seller."""
    browser = Browser(tenant)
    browser.force_login(seller(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


@pytest.fixture
def owners(tenant: Tenant) -> Browser:
    browser = Browser(tenant)
    browser.force_login(
        User.objects.get(email__startswith="owner"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return browser


def post(client: Client, name: str, body: Any) -> tuple[int, dict[str, Any]]:
    text = body if isinstance(body, str) else json.dumps(body)
    response = client.post(f"{API}{name}/", text, content_type="application/json")
    return response.status_code, response.json()


def test_a_seller_opens_sells_and_closes(tenant: Tenant, device: Browser) -> None:
    register = make_register()
    [cloth] = make_variants(5, price_minor=1500)
    told = device.get(f"{API}session/").json()
    assert told["user"]["name"] == "Awa Ndiaye"
    assert (told["user"]["may_discount"], told["user"]["may_return"]) == (False, False)
    assert [(one["id"], one["session"]) for one in told["registers"]] == [(register.pk, None)]
    assert told["csrf"]

    opening = {"action": "open", "register": register.pk, "key": str(uuid.uuid4()), "opening_minor": 500}
    status, opened = post(device, "session", opening)
    assert (status, opened["session"]["expected_minor"]) == (200, 500)
    session = TillSession.objects.get()
    sale = {"uuid": str(uuid.uuid4()), **sale_of(session, sold_line(cloth, 2))}
    body = {"register": register.pk, "clock": timezone.now().isoformat(), "sales": [sale]}
    status, first = post(device, "sales", body)
    [answer] = first["answers"]
    assert (status, answer["state"]) == (200, "accepted")
    assert answer["number"] == Order.objects.get().number
    assert post(device, "sales", body)[1] == first

    key = str(session.pk)
    _, shown = post(device, "session", {"action": "preview", "session": key})
    assert (shown["session"]["by_method"], shown["session"]["expected_minor"]) == ([["cash", 3000]], 3500)
    closing = {"action": "close", "session": key, "counted_minor": 3400, "unsent": 0, "note": ""}
    status, refused = post(device, "session", {**closing, "unsent": 2})
    assert (status, refused["code"]) == (409, "sales_unsent")
    _, closed = post(device, "session", closing)
    assert (closed["session"]["difference_minor"], closed["session"]["is_open"]) == (-100, False)


def test_each_sale_of_a_batch_is_answered_for_itself(tenant: Tenant, device: Browser) -> None:
    session = make_session()
    [cloth] = make_variants(1, price_minor=1000)
    good = sale_of(session, sold_line(cloth))
    sales = [
        {"uuid": str(uuid.uuid4()), **good},
        {"uuid": str(uuid.uuid4()), **good},
        {"uuid": str(uuid.uuid4()), **good, "offline": True, "total_minor": 5},
        {"uuid": str(uuid.uuid4()), **good, "offline": True},
    ]
    status, told = post(device, "sales", {"register": session.register_id, "sales": sales})
    assert status == 200
    states = [(one["state"], one.get("code", "")) for one in told["answers"]]
    assert states == [("accepted", ""), ("not_made", "out_of_stock"), ("refused", "sums_differ"), ("accepted", "")]
    assert (Order.objects.count(), TillTask.objects.count()) == (2, 2)


def test_a_database_that_stumbles_leaves_the_sale_to_be_sent_again(
    tenant: Tenant, device: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session()
    [cloth] = make_variants(1)

    def stumble(**_: Any) -> TillSale:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(till_api, "record_sale", stumble)
    sale = {"uuid": str(uuid.uuid4()), **sale_of(session, sold_line(cloth))}
    assert (
        post(device, "sales", {"register": session.register_id, "sales": [sale]})[1]["answers"][0]["state"] == "later"
    )


JUNK: list[Any] = ["", "{", "[]", "null", "NaN", '{"a": "\\u0000"}', '{"a": "\\ud800"}', "[" * 9000, {}, {"register": 1},
                   {"register": "x"}, {"register": [1]}, {"register": True}, {"register": 10**30}]  # fmt: skip


@pytest.mark.parametrize("name", ["session", "sales", "prices", "returns"])
def test_junk_is_answered_with_words(tenant: Tenant, owners: Browser, name: str) -> None:
    make_session()
    register = Register.objects.get().pk
    bodies = [*JUNK, {"register": register, "sales": "x"}, {"register": register, "sales": []},
              {"register": register, "sales": [1]}, {"register": register, "sales": [{}] * 51}, {"pieces": []},
              {"variants": 5}, {"variants": [5]}, {"action": []}, {"action": "open", "register": register, "key": 5},
              {"action": "open", "register": register, "key": str(uuid.uuid4()), "opening_minor": "5"},
              {"action": "close", "session": str(uuid.uuid4()), "counted_minor": 1.5}]  # fmt: skip
    for body in bodies:
        status, told = post(owners, name, body)
        assert 400 <= status < 500, (body, status)
        assert told["code"], body
        assert told["message"], body
    assert TillSession.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?register=x", "?register=-1", "?register=99999999999999999999", "?register=٣"])
def test_a_catalogue_of_no_register_is_a_calm_404(tenant: Tenant, device: Browser, query: str) -> None:
    response = device.get(f"{API}catalogue/{query}")
    assert (response.status_code, response.json()["code"]) == (404, "register_unknown")


def test_too_much_is_refused_before_it_is_read(tenant: Tenant, device: Browser) -> None:
    status, told = post(device, "sales", json.dumps({"x": "y" * 600_000}))
    assert (status, told["code"]) == (413, "too_large")


def test_the_catalogue_travels_once_and_again_only_when_something_changed(tenant: Tenant, device: Browser) -> None:
    register = make_register()
    [cloth, _rice] = make_variants(5, "Pagne", "Riz", price_minor=1000)
    path = f"{API}catalogue/?register={register.pk}"
    first = device.get(f"{path}&after=junk").json()
    assert [(one["name"], one["stock"], one["prices"]) for one in first["variants"]] == [
        ("Pagne", 5, [[None, 1000, 1000, ""]]), ("Riz", 5, [[None, 1000, 1000, ""]]),
    ]  # fmt: skip
    assert first["after"] is None
    again = device.get(f"{path}&since={first['version']}").json()
    assert again == {"version": first["version"], "after": None, "unchanged": True}
    stock.receive(variant=cloth, location=register.location, quantity=1)
    assert device.get(f"{path}&since={first['version']}").json()["variants"][0]["stock"] == 6


def test_the_catalogue_knows_the_prices_to_come(tenant: Tenant, device: Browser) -> None:
    register = make_register()
    [cloth] = make_variants(5, price_minor=1000)
    starts = timezone.now() + timedelta(hours=1)
    ends = starts + timedelta(hours=2)
    Promotion.objects.create(name="Soldes", kind="percent", percent_bp=2000, starts_at=starts, ends_at=ends)
    [item] = device.get(f"{API}catalogue/?register={register.pk}").json()["variants"]
    assert item["prices"] == [
        [None, 1000, 1000, ""], [starts.isoformat(), 1000, 800, "Soldes"], [ends.isoformat(), 1000, 1000, ""],
    ]  # fmt: skip
    assert cloth.price_minor == 1000


def test_the_catalogue_comes_in_pages_and_costs_the_same_whatever_its_length(
    tenant: Tenant, device: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = make_register()
    path = f"{API}catalogue/?register={register.pk}"
    make_variants(5, "Un")
    device.get(path)
    few = queries_of(device, path)
    make_variants(5, *[f"Article {n}" for n in range(12)])
    assert queries_of(device, path) == few
    monkeypatch.setattr(selectors, "CATALOGUE_PAGE", 5)
    names, after = [], 0
    while after is not None:
        page = device.get(f"{path}&after={after}").json()
        names += [one["name"] for one in page["variants"]]
        after = page["after"]
    assert len(names) == len(set(names)) == 13


def test_who_may_not_use_the_till_gets_nothing_of_it(tenant: Tenant) -> None:
    register = make_register()
    visitor, customer = Browser(tenant), Browser(tenant)
    person = User.objects.create_user("client@example.org", first_name="Moussa")
    customer.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    names = ["session/", f"catalogue/?register={register.pk}", "sale/?q=1", "customers/?q=aw"]
    for name in names:
        assert (visitor.get(API + name).status_code, customer.get(API + name).status_code) == (302, 403)
    for name in ("session", "sales", "prices", "returns"):
        for browser, status in ((visitor, 302), (customer, 403)):
            answer = browser.post(f"{API}{name}/", "{}", content_type="application/json")
            assert answer.status_code == status
    assert not TillSession.objects.exists()


def test_csrf_is_asked_for(tenant: Tenant) -> None:
    make_session()
    browser = Browser(tenant)
    browser.handler.enforce_csrf_checks = True
    browser.force_login(seller(), backend="allauth.account.auth_backends.AuthenticationBackend")
    body = {"action": "open", "register": Register.objects.get().pk, "key": str(uuid.uuid4()), "opening_minor": 1}
    assert browser.post(f"{API}session/", json.dumps(body), content_type="application/json").status_code == 403
    token = browser.get(f"{API}session/").json()["csrf"]
    answer = browser.post(
        f"{API}session/", json.dumps(body), content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.json()["code"] == "session_open"


@pytest.mark.parametrize(("country", "zone"), [("SN", "Africa/Dakar"), ("CM", "Africa/Douala")])
def test_a_device_writes_receipts_with_the_shops_number_in_the_time_of_its_country(
    tenant: Tenant, device: Browser, country: str, zone: str
) -> None:
    move_to(country, tenant)
    Shop.objects.update(phone="+221338210000")
    told = device.get(f"{API}session/").json()["shop"]
    assert told["phone"] == "+221 33 821 00 00"
    assert told["zone"] == zone


def test_goods_come_back_by_the_number_on_the_receipt_for_who_may(
    tenant: Tenant, device: Browser, owners: Browser
) -> None:
    session = make_session()
    [cloth] = make_variants(5, price_minor=1000)
    sale = sell(session, sold_line(cloth, 3), local_number="K7-0001")
    assert sale.order is not None
    for text in (sale.order.number, "k7-0001", f"https://x.example/orders/{sale.order_id}/"):
        found = owners.get(f"{API}sale/", {"q": text}).json()["sale"]
        assert (found["id"], found["lines"][0]["left"]) == (str(sale.order_id), 3)
    assert owners.get(f"{API}sale/", {"q": "rien"}).status_code == 404
    body = {"session": str(session.pk), "key": str(uuid.uuid4()), "order": str(sale.order_id), "method": "cash",
            "pieces": {str(found["lines"][0]["id"]): 2}, "reason": "taille", "restock": True}  # fmt: skip
    assert post(device, "returns", body)[0] == 403
    assert not Return.objects.exists()
    assert post(owners, "returns", body) == (200, {"amount_minor": 2000, "method": "cash"})
    assert post(owners, "returns", {**body, "key": str(uuid.uuid4())})[1]["code"] == "pieces_too_many"


def test_the_shell_says_nothing_of_who_is_logged_in(tenant: Tenant, device: Browser, visitor: Client) -> None:
    html = device.get("/staff/till/").content.decode()
    assert "Awa" not in html
    assert "csrf" not in html
    assert 'id="till-config"' in html
    worker = visitor.get("/staff/till/sw.js")
    assert worker["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-store" in worker["Cache-Control"] or "no-cache" in worker["Cache-Control"]
    text = worker.content.decode()
    assert "/static/store/till/main.js" in text
    assert "/static/store/till/vendor/idb.js" in text
    found = visitor.get("/staff/till/manifest.webmanifest").json()
    assert (found["start_url"], found["scope"], found["display"]) == ("/staff/till/", "/staff/till/", "standalone")


def test_pages_about_tills_show_what_happened_and_settle_tasks(tenant: Tenant, owners: Browser) -> None:
    session = make_session()
    [cloth] = make_variants(1, price_minor=1000)
    sell(session, sold_line(cloth, 2), offline=True)
    assert session.register.name in owners.get("/staff/tills/?page=junk").content.decode()
    assert Order.objects.get().number in owners.get(f"/staff/tills/{session.pk}/").content.decode()
    assert "Pagne wax" in owners.get("/staff/tills/tasks/").content.decode()
    task = TillTask.objects.get()
    assert owners.post(f"/staff/tills/tasks/{task.pk}/done/", {"note": "compté"}).status_code == 302
    task.refresh_from_db()
    assert (task.note, task.done_at is not None) == ("compté", True)
    assert "compté" in owners.get("/staff/tills/tasks/?status=done").content.decode()
    for page in (
        "/staff/tills/registers/",
        "/staff/tills/registers/new/",
        f"/staff/tills/registers/{session.register_id}/",
    ):
        assert owners.get(page).status_code == 200


def test_a_till_is_added_and_a_wrong_name_loses_nothing(tenant: Tenant, owners: Browser, device: Browser) -> None:
    place = make_register("Entrée").location_id
    data = {"name": "entrée", "location": place, "is_active": "on"}
    answer = owners.post("/staff/tills/registers/new/", data)
    assert answer.status_code == 422
    assert 'value="entrée"' in answer.content.decode()
    assert owners.post("/staff/tills/registers/new/", {**data, "name": "Sortie"}).status_code == 302
    assert device.post("/staff/tills/registers/new/", {**data, "name": "Autre"}).status_code == 403
    assert list(Register.objects.values_list("name", flat=True)) == ["Entrée", "Sortie"]


def test_a_reason_that_is_too_long_is_refused_beside_its_field(tenant: Tenant, device: Browser) -> None:
    session = make_session()
    move = {
        "action": "move",
        "session": str(session.pk),
        "key": str(uuid.uuid4()),
        "amount_minor": 5,
        "reason": "x" * 300,
    }
    status, told = post(device, "session", move)
    assert (status, told["code"], told["field"]) == (400, "reason_long", "reason")
    assert not session.moves.exists()


def test_a_key_of_another_till_is_refused_with_words(tenant: Tenant, device: Browser) -> None:
    session, elsewhere = make_session(), make_session(make_register("Caisse 2"))
    move = {"action": "move", "session": str(session.pk), "key": str(uuid.uuid4()), "amount_minor": 5, "reason": "x"}
    assert post(device, "session", move)[0] == 200
    status, told = post(device, "session", {**move, "session": str(elsewhere.pk)})
    assert (status, told["code"]) == (409, "key_used")
    opening = {"action": "open", "register": make_register("Caisse 3").pk, "key": str(session.pk), "opening_minor": 5}
    status, told = post(device, "session", opening)
    assert (status, told["code"]) == (409, "key_used")


@pytest.mark.parametrize(("country", "e164"), [("SN", "+221771234567"), ("", ""), ("CM", "")])
def test_a_number_is_one_of_the_shops_country(tenant: Tenant, device: Browser, country: str, e164: str) -> None:
    """A number that Senegal has, and Cameroon has not."""
    Shop.objects.update(country=country)
    session = make_session()
    [cloth] = make_variants(5, price_minor=1000)
    sale = {"uuid": str(uuid.uuid4()), **sale_of(session, sold_line(cloth), phone="77 123 45 67")}
    _, told = post(device, "sales", {"register": session.register_id, "sales": [sale]})
    order = Order.objects.first()
    assert (order.phone if order else "", told["answers"][0].get("field", "")) == (e164, "" if e164 else "phone")
    sold = order or sell(session, sold_line(cloth)).order
    assert sold is not None
    status, told = post(device, "invoice", {"order": str(sold.pk), "name": "Awa", "phone": "77 123 45 67"})
    said = told["field"] if status == 400 else Invoice.objects.get().customer["phone"]
    assert said == (e164 or "phone")


def test_what_comes_back_of_no_sale_is_answered(owners: Browser) -> None:
    session = make_session()
    body = {
        "session": str(session.pk), "key": str(uuid.uuid4()), "order": str(uuid.uuid4()), "pieces": {"1": 1},
        "method": "cash", "reason": "Taille",
    }  # fmt: skip
    status, answer = post(owners, "returns", body)
    assert (status, answer["code"]) == (404, "sale_unknown")
