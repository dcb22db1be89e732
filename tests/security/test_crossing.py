"""Querysets, rows, generators, streams and threads that were begun in one tenant and go on in another."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet, prefetch_related_objects
from django.http import StreamingHttpResponse

from shared_apps.accounts.models import LoginAttempt, SpokenLanguage, User
from shared_apps.core.querysets import WrongSchema
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Member, Role
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db

LAZY: dict[str, Callable[[QuerySet], Any]] = {
    "list": list,
    "len": len,
    "truth": bool,
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:1]),
    "step": lambda rows: rows[:2:2],
    "in": lambda rows: "x" in rows,
    "get": lambda rows: rows.get(),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "latest": lambda rows: rows.latest("date_joined"),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "contains": lambda rows: rows.contains(User()),
    "aggregate": lambda rows: rows.aggregate(n=F("id")),
    "iterator": lambda rows: list(rows.iterator()),
    "iterator with prefetch": lambda rows: list(rows.prefetch_related("languages").iterator(chunk_size=5)),
    "values": lambda rows: list(rows.values("email")),
    "values_list": lambda rows: list(rows.values_list("email", flat=True)),
    "dates": lambda rows: list(rows.dates("date_joined", "day")),
    "datetimes": lambda rows: list(rows.datetimes("date_joined", "day")),
    "in_bulk": lambda rows: rows.in_bulk(),
    "raw": lambda rows: list(rows.raw("SELECT * FROM accounts_user")),
    "explain": lambda rows: rows.explain(),
    "union": lambda rows: list(rows.union(User.objects.all())),
    "union, other side": lambda rows: list(User.objects.all().union(rows)),
    "or": lambda rows: list(rows | User.objects.all()),
    "or, other side": lambda rows: list(User.objects.all() | rows),
    "subquery": lambda rows: list(User.objects.filter(pk__in=rows.values("pk"))),
    "pickle": lambda rows: list(pickle.loads(pickle.dumps(rows))),
    "lock": lambda rows: list(rows.select_for_update()),
    "update": lambda rows: rows.update(first_name="Foreign"),
    "delete": lambda rows: rows.delete(),
    "create": lambda rows: rows.create(email="foreign@example.org"),
    "get_or_create": lambda rows: rows.get_or_create(email="foreign@example.org"),
    "update_or_create": lambda rows: rows.update_or_create(email="foreign@example.org"),
    "bulk_create": lambda rows: rows.bulk_create([User(email="foreign@example.org")]),
    "bulk_update": lambda rows: rows.bulk_update([], ["first_name"]),
}


@pytest.fixture
def here() -> Tenant:
    return ready_tenant("store-a")


@pytest.fixture
def elsewhere() -> Tenant:
    return ready_tenant("store-b")


def owner() -> User:
    return User.objects.get(is_staff=True)


@pytest.mark.parametrize("use", LAZY.values(), ids=LAZY)
def test_a_queryset_is_worthless_in_another_tenant(use, here, elsewhere) -> None:
    connection.set_tenant(here)
    lazy = User.objects.filter(is_staff=True)
    assert lazy.all().get().email == "owner-store-a@example.org"  # there is something to find, here and there
    connection.set_tenant(elsewhere)
    assert owner().email == "owner-store-b@example.org"
    with pytest.raises(WrongSchema):
        use(lazy)
    assert not User.objects.filter(first_name="Foreign").exists()
    assert not User.objects.filter(email="foreign@example.org").exists()


def test_a_raw_query_made_in_one_tenant_is_refused_in_another(here, elsewhere) -> None:
    connection.set_tenant(here)
    lazy = User.objects.raw("SELECT * FROM accounts_user")
    assert len(list(lazy)) == 1
    lazy = User.objects.raw("SELECT * FROM accounts_user")
    connection.set_tenant(elsewhere)
    with pytest.raises(WrongSchema):
        list(lazy)


def test_what_was_read_before_is_refused_as_well(here, elsewhere) -> None:
    connection.set_tenant(here)
    read = User.objects.all()
    assert len(read) == 1
    connection.set_tenant(elsewhere)
    with pytest.raises(WrongSchema):
        list(read)


def row_and_children() -> User:
    """The owner; SpokenLanguage and LoginAttempt have counted ids, so the same ones exist in every tenant."""
    user = owner()
    SpokenLanguage.objects.create(user=user, language="fr", kind="native")
    LoginAttempt.objects.create(user=user, email=user.email, method="password", succeeded=True)
    return user


ROWS: dict[str, Callable[[User], Any]] = {
    "save": lambda user: user.save(),
    "save one field": lambda user: user.save(update_fields=["first_name"]),
    "delete": lambda user: user.delete(),
    "reload": lambda user: user.refresh_from_db(),
    "deferred field": lambda user: user.phone,
    "children": lambda user: list(user.languages.all()),
    "count children": lambda user: user.languages.count(),
    "add a child": lambda user: user.languages.create(language="en", kind="target"),
    "one to one": lambda user: user.member,
    "many to many": lambda user: list(user.groups.all()),
    "prefetch": lambda user: prefetch_related_objects([user], "languages"),
    "child of another tenant": lambda user: SpokenLanguage.objects.create(user=user, language="de", kind="native"),
    "filter": lambda user: list(SpokenLanguage.objects.filter(user=user)),
    "bulk": lambda user: User.objects.bulk_update([user], ["first_name"]),
    "bulk create": lambda user: User.objects.bulk_create([user]),
    "somebody else's model": lambda user: list(user.emailaddress_set.all()),
    "copy": lambda user: copy.copy(user).save(),
    "pickle": lambda user: pickle.loads(pickle.dumps(user)).save(),
}


@pytest.mark.parametrize("use", ROWS.values(), ids=ROWS)
def test_a_row_of_one_tenant_is_worthless_in_another(use, here, elsewhere) -> None:
    connection.set_tenant(here)
    row_and_children()
    user = User.objects.defer("phone").get(is_staff=True)
    connection.set_tenant(elsewhere)
    row_and_children()
    before = list(User.objects.values()), list(SpokenLanguage.objects.values())
    with pytest.raises(WrongSchema):
        use(user)
    assert (list(User.objects.values()), list(SpokenLanguage.objects.values())) == before


@pytest.mark.parametrize("use", [use for name, use in ROWS.items() if name not in ("bulk create", "delete")])
def test_the_same_in_its_own_tenant_works(use, here) -> None:
    connection.set_tenant(here)
    row_and_children()
    use(User.objects.defer("phone").get(is_staff=True))


def test_a_relation_is_not_followed_elsewhere(here, elsewhere) -> None:
    """Roles have the same counted ids in both: this would find a row."""
    connection.set_tenant(here)
    member = Member.objects.get()
    connection.set_tenant(elsewhere)
    assert Role.objects.filter(pk=member.role_id).exists()
    with pytest.raises(WrongSchema):
        _ = member.role.key


def test_an_object_made_for_one_tenant_is_not_saved_in_another(here, elsewhere) -> None:
    connection.set_tenant(here)
    user = User(email="new@example.org")
    connection.set_tenant(elsewhere)
    with pytest.raises(WrongSchema):
        user.save()


def test_a_generator_stops_at_the_border(here, elsewhere) -> None:
    connection.set_tenant(here)
    row_and_children()
    SpokenLanguage.objects.create(user=owner(), language="en", kind="target")
    rows = SpokenLanguage.objects.order_by("pk").iterator(chunk_size=1)
    assert next(rows).language == "fr"
    connection.set_tenant(elsewhere)
    with pytest.raises(WrongSchema):
        next(rows)


def test_a_stream_read_after_the_next_request_began_gives_nothing(here, elsewhere) -> None:
    connection.set_tenant(here)
    lazy = User.objects.filter(is_staff=True)
    response = StreamingHttpResponse(user.email for user in lazy.iterator())
    connection.set_tenant(elsewhere)
    with pytest.raises(WrongSchema):
        b"".join(response.streaming_content)  # type: ignore[arg-type]


def test_a_new_thread_belongs_to_no_tenant(here) -> None:
    connection.set_tenant(here)
    lazy = User.objects.filter(is_staff=True)
    assert lazy.exists()

    def in_thread() -> tuple[str, Any]:
        try:
            return connection.schema_name, list(lazy)
        except WrongSchema as refusal:
            return connection.schema_name, refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        schema, result = pool.submit(in_thread).result()
    assert schema == "public"
    assert isinstance(result, WrongSchema)
