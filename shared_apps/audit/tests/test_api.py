"""`/api/audit/logs/`: for platform admins, and by the same views for whoever a base class lets in."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.audit.models import AuditLog
from shared_apps.audit.tests.support import make_entry
from shared_apps.organisations.current import Tenant
from tests.support.factories import make_admin, make_user

LOGS = "/api/audit/logs/"
PATHS = (LOGS, f"{LOGS}statistics/", f"{LOGS}export/", f"{LOGS}1/")


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {start_session(user=user)['access']}"}


@pytest.fixture
def admin(db: None) -> dict[str, str]:
    headers = bearer(make_admin())
    AuditLog.objects.all().delete()
    return headers


def test_pages_of_entries_filtered_and_ordered(public_client: Client, admin: dict[str, str]) -> None:
    for number in range(55):
        make_entry(resource_id=f"r{number:02}", days_ago=55 - number)
    make_entry(category="payment", resource_id="other")
    first = public_client.get(LOGS, {"category": "catalogue"}, headers=admin).json()
    assert (first["count"], len(first["results"]), first["previous"]) == (55, 50, None)
    assert first["results"][0]["resource_id"] == "r54"
    assert first["results"][0]["title"]
    oldest = public_client.get(LOGS, {"category": "catalogue", "order": "created_at"}, headers=admin).json()
    assert oldest["results"][0]["resource_id"] == "r00"
    assert len(public_client.get(first["next"], headers=admin).json()["results"]) == 5


def test_one_entry_statistics_and_csv(public_client: Client, admin: dict[str, str]) -> None:
    entry = make_entry(before={"a": 1}, after={"a": 2})
    assert public_client.get(f"{LOGS}{entry.pk}/", headers=admin).json()["after"] == {"a": 2}
    figures = public_client.get(f"{LOGS}statistics/", headers=admin).json()
    assert figures["total"] == 1
    assert figures["categories"] == [{"name": "catalogue", "count": 1}]
    assert len(figures["days"]) == 30
    answer = public_client.get(f"{LOGS}export/", headers=admin)
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode().removeprefix("\ufeff"))))
    assert rows[1][4] == "store.product.changed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("since", "tomorrow"),
        ("category", "nothing"),
        ("order", "password"),
        ("until", "0"),
        ("until", "9999-12-31"),
        ("since", "0001-01-01"),
        ("until", "0001-01-01"),
    ],
)
def test_a_filter_that_is_wrong_names_its_field(
    public_client: Client, admin: dict[str, str], field: str, value: str
) -> None:
    for path in PATHS[:3]:
        answer = public_client.get(path, {field: value}, headers=admin)
        assert answer.status_code == 400
        assert answer.json()["fields"].keys() == {field}


def test_nobody_else_reads_it(public_client: Client) -> None:
    person = bearer(make_user())
    assert [public_client.get(path).status_code for path in PATHS] == [401] * 4
    assert [public_client.get(path, headers=person).status_code for path in PATHS] == [403] * 4


def test_it_does_not_exist_on_a_tenants_host(tenant: Tenant) -> None:
    connection.set_schema_to_public()
    headers = bearer(make_admin())
    client = Client(HTTP_HOST=tenant.host)
    assert [client.get(path, headers=headers).status_code for path in PATHS] == [404] * 4


def test_a_client_that_asks_for_csv_gets_csv_and_its_errors_as_json(
    public_client: Client, admin: dict[str, str]
) -> None:
    headers = {**admin, "Accept": "text/csv"}
    assert public_client.get(f"{LOGS}export/", headers=headers)["Content-Type"].startswith("text/csv")
    wrong = public_client.get(f"{LOGS}export/?since=never", headers=headers)
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["since"])
