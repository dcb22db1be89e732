"""The platform's tables that a tenant reads: its own rows, the named columns, nothing else."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from provisioning.database import owner_connection
from provisioning.grants import SHARED_TABLES, TENANTS
from shared_apps.core.roles import role_of
from shared_apps.organisations.models import Domain, Organisation
from shared_apps.organisations.own import OwnDomain, OwnOrganisation, own_domains, own_organisation
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db


def query(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def refused(sql: str, *, match: str = "permission denied") -> None:
    with pytest.raises(ProgrammingError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("tenant", ["store-a", "events-b", "esxi-a"], indirect=True)
def test_a_tenant_sees_its_own_row_of_all_there_are(tenant) -> None:
    connection.set_schema_to_public()
    assert Organisation.objects.count() == Domain.objects.count() == 6
    assert OwnOrganisation.objects.count() == 6  # the platform's role sees all of them
    connection.set_tenant(tenant)
    assert [one.pk for one in OwnOrganisation.objects.all()] == [tenant.pk]
    assert own_organisation().name == tenant.name
    assert [one.domain for one in own_domains()] == [tenant.host]
    assert query("SELECT id FROM public.organisations_organisation") == [(tenant.pk,)]


def test_no_filter_reaches_another_row(tenant) -> None:
    other = ready_tenant("store-b")
    connection.set_tenant(tenant)
    assert not OwnOrganisation.objects.filter(pk=other.pk).exists()
    assert not OwnOrganisation.objects.exclude(pk=tenant.pk).exists()
    assert not OwnDomain.objects.filter(domain=other.host).exists()
    assert query("SELECT count(*) FROM public.organisations_domain WHERE true OR tenant_id IS NULL") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE public.organisations_organisation SET name = 'mine'",
        "UPDATE public.organisations_domain SET domain = 'evil.example'",
        "DELETE FROM public.organisations_organisation",
        "DELETE FROM public.organisations_domain",
        "INSERT INTO public.organisations_domain (domain, tenant_id, is_primary) SELECT 'x', id, false FROM public.organisations_organisation",
        "TRUNCATE public.organisations_domain",
        "SELECT * FROM public.organisations_organisation",
        "SELECT billing_email FROM public.organisations_organisation",
        "SELECT billing_name FROM public.organisations_organisation",
        "SELECT name FROM public.organisations_organisation WHERE billing_name > 'A'",
        "SELECT name FROM public.organisations_organisation FOR UPDATE",
        "SELECT skeleton FROM public.organisations_domain",
        "SELECT count(*) FROM public.organisations_membership",
        "SELECT count(*) FROM public.billing_planversion",
        "ALTER TABLE public.organisations_organisation DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE public.mine (id int)",
    ],
)
def test_nothing_else_is_allowed(tenant, sql) -> None:
    refused(sql, match="must be owner" if sql.startswith("ALTER") else "permission denied")
    assert own_organisation().pk == tenant.pk


def test_row_security_cannot_be_switched_off_by_who_asks(tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET row_security = off")
    refused("SELECT id FROM public.organisations_organisation", match="would be affected by row-level security")


def test_the_policy_uses_the_index(tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # six rows are quicker read whole
    plan = "\n".join(row[0] for row in query("EXPLAIN SELECT name FROM public.organisations_organisation"))
    assert "Index Cond: (id = (substr((CURRENT_USER)::text, 4))::uuid)" in plan


def test_the_models_name_the_granted_columns_and_no_other() -> None:
    granted = {shared.name: set(shared.columns) for shared in SHARED_TABLES}
    models = {
        model._meta.db_table.split('"')[3]: {field.column for field in model._meta.concrete_fields}
        for model in (OwnOrganisation, OwnDomain)
    }
    assert models == granted


def test_what_tenants_may_do_on_the_platforms_schema_is_exactly_this() -> None:
    """Whatever is granted to the group, to everybody, or to a single tenant on a table of `public`."""
    with owner_connection() as owner:
        granted = owner.execute(
            "SELECT table_name::text, column_name::text, privilege_type::text"
            " FROM information_schema.column_privileges"
            " WHERE table_schema = 'public' AND (grantee = ANY(%s) OR grantee ~ '^r_t[0-9a-f]{32}$')",
            [[TENANTS, "PUBLIC"]],
        ).fetchall()
    assert set(granted) == {(shared.name, column, "SELECT") for shared in SHARED_TABLES for column in shared.columns}


def test_every_tenants_role_is_in_the_group_and_cannot_become_it(tenant) -> None:
    assert query(f"SELECT pg_has_role(current_user, '{TENANTS}', 'USAGE')") == [(True,)]
    assert query(f"SELECT pg_has_role('{role_of('public')}', '{TENANTS}', 'USAGE')") == [(False,)]
    assert query(f"SELECT pg_has_role(current_user, '{TENANTS}', 'SET')") == [(False,)]
