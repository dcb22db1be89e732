"""The log's pages, in the back office and in a workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from shared_apps.audit import selectors
from shared_apps.audit.details import compare
from shared_apps.audit.models import AuditCategory, AuditLog, RetentionRule
from shared_apps.audit.tests.support import make_entry
from shared_apps.audit.texts import actions_here
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Member, Role
from tests.support.factories import make_admin, make_user
from tests.support.queries import queries_of

PAGES = ("", "statistics/", "export/", "retention/")


@pytest.fixture
def admin_client(public_client: Client) -> Client:
    public_client.force_login(make_admin(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return public_client


@dataclass
class Reader:
    """A client that may read a log, and where that log is. Requests leave the connection in the log's schema."""

    client: Client
    base: str
    tenant: Tenant | None

    def back(self) -> None:
        if self.tenant:
            connection.set_tenant(self.tenant)

    def get(self, path: str = "", query: dict[str, Any] | None = None) -> Any:
        response = self.client.get(self.base + path, query)
        self.back()
        return response

    def post(self, path: str, data: dict[str, Any]) -> Any:
        response = self.client.post(self.base + path, data)
        self.back()
        return response


@pytest.fixture(params=["workspace", "backoffice"])
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param == "workspace":
        client, tenant = request.getfixturevalue("tenant_client"), request.getfixturevalue("tenant")
        return Reader(client, "/staff/audit/", tenant)
    return Reader(request.getfixturevalue("admin_client"), "/backoffice/audit/", None)


@pytest.fixture
def empty_log(reader: Reader) -> Callable[..., str]:
    """An empty log, and a function that reads a page of it."""
    AuditLog.objects.all().delete()

    def read(path: str = "", **query: Any) -> str:
        response = reader.get(path, query)
        assert response.status_code == 200, response.status_code
        return b"".join(response).decode() if response.streaming else response.content.decode()

    return read


def test_the_list_shows_what_happened_in_words(empty_log: Callable[..., str]) -> None:
    make_entry(action="account.verified", category="user", actor_label="binta@example.org")
    make_entry(action="gone.action", impersonator="admin@example.org", actor_label="awa@example.org")
    make_entry(action="impersonation.ended", impersonator="own@example.org", actor_label="own@example.org")
    page = empty_log()
    assert "admin@example.org à la place de awa@example.org" in page
    assert "à la place de own@example.org" not in page
    assert "binta@example.org" in page
    assert "account.verified" not in page.split("<main")[1].split("<table")[1]
    assert "gone.action" in page
    assert "admin@example.org" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"category": "payment"}, {"aa"}),
        ({"level": "error"}, {"aa"}),
        ({"action": "account.verified"}, {"bb"}),
        ({"actor": "binta"}, {"bb"}),
        ({"resource": "store.product:cc"}, {"cc"}),
        ({"resource": "store.product"}, {"cc"}),
        ({"resource": "aa"}, {"aa"}),
        ({"search": "BINTA"}, {"bb"}),
        ({"search": "rien de tel"}, set()),
        ({"since": "2026-03-02"}, {"bb", "cc"}),
        ({"until": "2026-03-01"}, {"aa"}),
        ({"since": "2026-03-01", "until": "2026-03-02", "actor": "awa"}, {"aa"}),
        ({}, {"aa", "bb", "cc"}),
    ],
)
def test_each_filter_finds_what_it_should_and_nothing_else(db: None, query: dict[str, str], found: set[str]) -> None:
    from shared_apps.audit.forms import FilterForm

    AuditLog.objects.all().delete()
    zone = timezone.get_current_timezone()
    days = {day: timezone.datetime(2026, 3, day, 23, 59, tzinfo=zone) for day in (1, 2, 3)}
    make_entry(category="payment", level="error", resource_id="aa", resource_type="billing.payment", created_at=days[1])
    make_entry(action="account.verified", resource_type="accounts.user", resource_id="bb", actor_label="binta@example.org",
               created_at=days[2])  # fmt: skip
    make_entry(resource_id="cc", created_at=days[3])
    form = FilterForm(query)
    assert form.is_valid(), form.errors
    assert {entry.resource_id for entry in selectors.entries(form.wanted)} == found


def test_the_search_knows_actions_by_their_words(db: None) -> None:
    AuditLog.objects.all().delete()
    make_entry(action="account.sessions_ended", actor_label="")
    make_entry(action="account.verified", actor_label="")
    for language, words in {"en": "ALL SESSIONS", "fr": "TOUTES LES SESSIONS"}.items():
        with override(language):
            [entry] = selectors.entries(selectors.Wanted(search=words))
        assert entry.action == "account.sessions_ended"


def test_orders_are_what_they_say(db: None) -> None:
    AuditLog.objects.all().delete()
    old = make_entry(days_ago=2, actor_label="zoe", action="b")
    new = make_entry(days_ago=1, actor_label="awa", action="c")
    for order, first in {"-created_at": new, "created_at": old, "actor": new, "action": old}.items():
        assert selectors.entries(selectors.Wanted(), order=order).first() == first, order


def test_a_wrong_date_is_said_beside_its_field_and_the_rest_still_filters(empty_log: Callable[..., str]) -> None:
    make_entry(actor_label="awa@example.org")
    make_entry(actor_label="binta@example.org")
    page = empty_log(since="2026-99-99", actor="binta")
    assert 'id="id_since_error"' in page
    assert 'value="2026-99-99"' in page
    assert "awa@example.org" not in page
    assert 'id="id_until_error"' in empty_log(since="2026-03-02", until="2026-03-01")


def test_one_entry_shows_both_sides_and_marks_what_changed(empty_log: Callable[..., str]) -> None:
    entry = make_entry(
        before={"name": "Savon", "price_minor": 500, "tags": ["a"]},
        after={"name": "Savon", "price_minor": 650, "tags": ["a", "b"]},
        ip="203.0.113.7",
        request_id="d1f0",
        user_agent="Firefox <b>",
    )
    page = empty_log(f"{entry.pk}/")
    for text in ("500", "650", "203.0.113.7", "d1f0", "Firefox &lt;b&gt;"):
        assert text in page
    rows = page.split("<tbody")[1].split("</tbody>")[0].split("<tr")[1:]
    assert ["Savon" in row for row in rows] == [False, False, True]  # what changed comes first


def test_an_entry_that_is_not_there_is_a_404(reader: Reader) -> None:
    assert reader.get("999999999/").status_code == 404


def test_statistics_count_by_category_day_level_and_person(empty_log: Callable[..., str]) -> None:
    for _ in range(3):
        make_entry(days_ago=1, category="security")
    make_entry(level="error", actor_label="")
    make_entry(days_ago=200)
    counted = selectors.statistics(selectors.with_period(selectors.Wanted()))
    assert counted.total == 4
    assert counted.categories == [("security", 3), ("catalogue", 1)]
    assert counted.levels == {"info": 3, "error": 1}
    assert counted.actors == [("awa@example.org", 3), ("", 1)]
    assert [number for _day, number in counted.days] == [0] * 28 + [3, 1]
    assert "<svg" in empty_log("statistics/")


def test_pages_cost_the_same_whatever_is_in_the_log(reader: Reader) -> None:
    for page in ("", "statistics/", "retention/"):
        reader.get(page)
        before = queries_of(reader.client, reader.base + page)
        reader.back()
        for number in range(60):
            make_entry(actor_label=f"p{number}@example.org", category="user" if number % 2 else "files")
        assert queries_of(reader.client, reader.base + page) == before, page
        reader.back()


def test_the_count_stops_where_pages_stop(empty_log: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MOST_COUNTED", 120)
    for _ in range(130):
        make_entry()
    page = empty_log(page="99")
    assert "120" in page
    assert page.count("<tr role") == 1 + 20  # the header, and the last twenty that may be reached


def test_days_are_changed_recorded_and_kept_in_bounds(reader: Reader) -> None:
    days = {"http": 60, **dict.fromkeys(("user", "organisation", "order", "payment", "catalogue", "event", "esxi", "files", "partner", "settings"), 2555), "security": 365, "error": 365}  # fmt: skip
    assert reader.post("retention/", days).status_code == 302
    assert list(RetentionRule.objects.values_list("category", "days")) == [("http", 60)]
    [entry] = AuditLog.objects.filter(action="audit.retention_changed")
    assert (entry.before, entry.after, entry.level) == ({"http": 90}, {"http": 60}, "warning")
    assert [row.label for row in compare(entry.before, entry.after)] == [AuditCategory.HTTP.label]
    for wrong in ("29", "3651", "-1", "x", ""):
        refused = reader.post("retention/", {**days, "http": wrong})
        assert refused.status_code == 422
        assert 'id="id_http_error"' in refused.content.decode()
    assert RetentionRule.objects.get().days == 60


def test_roles_that_are_recorded_by_their_key_are_shown_by_name(reader: Reader) -> None:
    entry = make_entry(before={"role": "owner"}, after={"role": "Till 2"})
    page = reader.get(f"{entry.pk}/").content.decode()
    assert '<span class="pre-wrap">Propriétaire</span>' in page
    assert "Till 2" in page


def test_no_two_actions_of_a_list_are_called_the_same(reader: Reader) -> None:
    titles = [str(words.title) for words in actions_here().values()]
    assert len(titles) == len(set(titles))


def test_nobody_reads_the_log_without_the_permission(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    entry = make_entry(actor_label="secret@example.org")
    role = Role.objects.create(key="reader", position=9, permissions=["team.view_audit"])
    user = make_user(email="reader@example.org", is_staff=True)
    Member.objects.create(user=user, role=role)
    client = Client(HTTP_HOST=tenant.host)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    pages = [*PAGES, f"{entry.pk}/"]
    assert [client.get(f"/staff/audit/{page}").status_code for page in pages] == [200] * 5
    assert client.post("/staff/audit/retention/", {"http": 30}).status_code == 403
    connection.set_tenant(tenant)
    assert not RetentionRule.objects.exists()
    Role.objects.filter(pk=role.pk).update(permissions=["team.view_members"])
    assert [client.get(f"/staff/audit/{page}").status_code for page in pages] == [403] * 5
    assert [visitor.get(f"/staff/audit/{page}").status_code for page in pages] == [302] * 5


def test_only_platform_admins_read_the_platforms_log(public_client: Client) -> None:
    entry = make_entry()
    public_client.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    for page in [*PAGES, f"{entry.pk}/"]:
        assert public_client.get(f"/backoffice/audit/{page}").status_code == 403


def test_the_log_of_one_schema_is_not_in_anothers(tenant: Tenant, tenant_client: Client) -> None:
    connection.set_schema_to_public()
    foreign = make_entry(actor_label="platform-secret@example.org")
    AuditLog.objects.filter(pk=foreign.pk).update(id=987654)
    assert tenant_client.get("/staff/audit/987654/").status_code == 404
    for page in ("", "statistics/"):
        assert b"platform-secret" not in tenant_client.get(f"/staff/audit/{page}").content
    assert b"platform-secret" not in b"".join(tenant_client.get("/staff/audit/export/"))


@pytest.mark.parametrize("path", ["/staff/audit/", "/staff/audit/statistics/", "/staff/audit/export/"])
@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_beyond_the_calendar_is_told_beside_its_field(
    tenant_client: Client, path: str, field: str, day: str
) -> None:
    page = tenant_client.get(path, {field: day}, follow=True)
    assert page.status_code == 200
    assert f'id="id_{field}_error"' in page.content.decode()
    assert f'value="{day}"' in page.content.decode()
