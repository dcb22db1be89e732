"""SQL that tries to get out of its tenant: by name, by search path, by role. And what is known not to hold."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from shared_apps.accounts.models import User
from shared_apps.core.roles import role_of
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db


def run(sql: str) -> list[tuple]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    "attack",
    [
        "SELECT email FROM {other}.accounts_user",
        "INSERT INTO {other}.accounts_user SELECT * FROM accounts_user",
        "UPDATE {other}.accounts_user SET is_active = false",
        "DELETE FROM {other}.django_session",
        "TRUNCATE {other}.accounts_user",
        "DROP SCHEMA {other} CASCADE",
        "COPY {other}.accounts_user TO STDOUT",
        "LOCK TABLE {other}.accounts_user",
        "CREATE VIEW {own}.peek AS SELECT * FROM {other}.accounts_user",
        "GRANT {other_role} TO {own_role}",
        "ALTER ROLE {own_role} SUPERUSER",
        "SET SESSION AUTHORIZATION {other_role}",
        "RESET ROLE; SELECT email FROM {other}.accounts_user",
        "RESET ROLE; SELECT email FROM public.accounts_user",
        "SET search_path = {other}; SELECT email FROM accounts_user",
        "SET LOCAL search_path = public; SELECT email FROM accounts_user",
        "SELECT set_config('search_path', '{other}', false); SELECT email FROM accounts_user",
        "SELECT query_to_xml('SELECT email FROM {other}.accounts_user', true, true, '')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "CREATE EXTENSION dblink",
    ],
)
def test_a_tenants_role_reaches_nothing_of_another(tenant, attack) -> None:
    other = ready_tenant("store-b")
    connection.set_tenant(tenant)
    names = {
        "own": tenant.schema_name,
        "other": other.schema_name,
        "own_role": role_of(tenant.schema_name),
        "other_role": role_of(other.schema_name),
    }
    with pytest.raises(DatabaseError, match=r"permission denied|does not exist|must be|Only roles|cannot"):
        run(attack.format(**names))
    connection.set_tenant(other)
    assert User.objects.get().email == "owner-store-b@example.org"  # it is there, and was not touched


def test_after_a_statement_that_changed_the_path_the_next_tenant_is_right(tenant) -> None:
    """A switch names role and path anew, whatever was left behind."""
    other = ready_tenant("store-b")
    connection.set_tenant(tenant)
    run("SET search_path = pg_catalog")
    connection.set_tenant(other)
    assert run("SELECT current_user::text, current_schema()::text") == [(role_of(other.schema_name), other.schema_name)]


def test_known_limit_a_stacked_set_role_of_the_apps_own_login_works(tenant) -> None:
    """The log-in may become every tenant. Roles stop mistakes and whatever one statement can do; not somebody who can
    write statements of their own into ours. Parameters cannot: they are quoted."""
    other = ready_tenant("store-b")
    connection.set_tenant(tenant)
    stacked = f"SET ROLE {role_of(other.schema_name)}; SELECT count(*) FROM {other.schema_name}.accounts_user"
    with connection.cursor() as cursor:
        cursor.execute(stacked)
        cursor.execute("SELECT %s", [f"'; {stacked} --"])
        assert cursor.fetchone() == (f"'; {stacked} --",)


def test_a_switch_is_one_round_trip(tenant, monkeypatch) -> None:
    """Role and path go in one message, before the statement they are for; without a switch nothing is sent."""
    other = ready_tenant("store-b")
    sent: list[str] = []
    original = psycopg.ClientCursor.execute

    def counted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return original(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.ClientCursor, "execute", counted)
    connection.set_tenant(other)
    run_plain("SELECT 1")
    run_plain("SELECT 2")
    switch = f'SET ROLE "{role_of(other.schema_name)}"; SET search_path = "{other.schema_name}", "extensions"'
    assert sent == [switch, "SELECT 1", "SELECT 2"]


def run_plain(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
