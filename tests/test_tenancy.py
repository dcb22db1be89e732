"""The walls between tenants in the database itself."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, router
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.core.querysets import WrongSchema
from shared_apps.organisations.models import Organisation
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db


def query(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_tests_run_as_the_unprivileged_role() -> None:
    [(session_user, current_user)] = query("SELECT session_user, current_user")
    assert session_user.endswith("_app")
    assert current_user == "r_public"
    assert query("SELECT rolsuper, rolinherit FROM pg_roles WHERE rolname = session_user") == [(False, False)]


def test_a_tenant_runs_as_its_own_role_without_public_on_its_path(tenant) -> None:
    assert query("SELECT current_user, current_schemas(false)") == [
        (f"r_{tenant.schema_name}", [tenant.schema_name, "extensions"])
    ]


@pytest.mark.parametrize("table", ["billing_order", "organisations_organisation", "accounts_user"])
def test_a_tenant_cannot_read_the_platforms_tables(tenant, table) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        query(f"SELECT * FROM public.{table}")


def test_a_tenant_cannot_read_another_tenants_tables(tenant) -> None:
    other = ready_tenant("store-b")
    connection.set_tenant(tenant)
    with pytest.raises(ProgrammingError, match="permission denied"):
        query(f"SELECT * FROM {other.schema_name}.accounts_user")


def test_a_platform_model_does_not_exist_in_a_tenant(tenant) -> None:
    with pytest.raises(ProgrammingError, match="does not exist"):
        Organisation.objects.count()


def test_a_tenant_cannot_create_tables_or_touch_the_migration_record(tenant) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        query(f"CREATE TABLE {tenant.schema_name}.x (id int)")


def test_a_queryset_made_in_one_tenant_is_refused_in_another(tenant) -> None:
    lazy = User.objects.filter(is_staff=True)
    assert len(lazy) == 1
    other = User.objects.filter(is_staff=True)
    connection.set_tenant(ready_tenant("store-b"))
    with pytest.raises(WrongSchema):
        list(other)
    with pytest.raises(WrongSchema):
        other.count()


@pytest.mark.parametrize("tenant", ["store-a", "events-a", "esxi-a"], indirect=True)
def test_a_schema_has_the_tables_and_columns_of_its_product_and_nothing_left_to_migrate(tenant) -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    models = [one for one in apps.get_models(include_auto_created=True) if router.allow_migrate_model("default", one)]
    wanted = {(one._meta.db_table, field.column) for one in models for field in one._meta.local_concrete_fields}
    found = query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema"
        " AND table_name <> 'django_migrations'"
    )
    assert len(wanted) > 100
    assert set(found) == wanted


def test_with_tenant_is_refused() -> None:
    with pytest.raises(TypeError), Organisation():
        pass


def test_no_foreign_key_leaves_its_schema() -> None:
    crossing = query(
        """
        SELECT n.nspname, c.conname, fn.nspname
          FROM pg_constraint c
          JOIN pg_namespace n ON n.oid = c.connamespace
          JOIN pg_class f ON f.oid = c.confrelid
          JOIN pg_namespace fn ON fn.oid = f.relnamespace
         WHERE c.contype = 'f' AND n.nspname <> fn.nspname
        """
    )
    assert crossing == []
    assert query("SELECT count(*) > 100 FROM pg_constraint WHERE contype = 'f'") == [(True,)]


def test_no_trigger_exists_in_a_tenants_schema() -> None:
    assert (
        query(
            "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT tgisinternal AND n.nspname LIKE 't%'"
        )
        == []
    )


def test_every_identity_column_is_a_bigint() -> None:
    """Citus gives each node its own range of a sequence, which needs 64 bits."""
    assert (
        query(
            "SELECT table_name, column_name FROM information_schema.columns WHERE is_identity = 'YES'"
            " AND data_type <> 'bigint' AND table_schema LIKE 't%' AND table_name NOT LIKE 'django_%'"
            " AND table_name NOT LIKE 'auth_%'"
        )
        == []
    )


@pytest.mark.parametrize(
    "host", ["store-a.localhost", "STORE-A.localhost", "store-a.localhost.", "store-a.localhost:8000"]
)
def test_every_spelling_of_a_host_leads_to_its_tenant(host) -> None:
    response = Client(HTTP_HOST=host).get("/")
    assert response.status_code == 200
    assert response.wsgi_request.tenant.host == "store-a.localhost"


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "evil.example.com", "store-a.localhost.evil.com", "x_y.localhost", ""]
)
def test_an_unknown_host_gets_a_plain_404(host) -> None:
    response = Client(HTTP_HOST=host, HTTP_X_FORWARDED_HOST="store-a.localhost").get("/")
    assert response.status_code == 404


def test_looking_up_a_known_tenant_costs_no_query(django_assert_num_queries) -> None:
    client = Client(HTTP_HOST="store-a.localhost")
    client.get("/no-such-page/")
    with django_assert_num_queries(0):
        client.get("/no-such-page/")
