"""Installations that are older than the policies get them with the next set-up."""

from __future__ import annotations

import uuid

import pytest
from django.db import ProgrammingError, connection

from provisioning.database import owner_connection, run_in_one_transaction
from provisioning.grants import SHARED_TABLES, TENANTS, create_role
from provisioning.services.platform import grant_public
from shared_apps.core.roles import role_of
from shared_apps.organisations.models import schema_name_of
from shared_apps.organisations.own import OwnOrganisation, own_organisation
from tests.support.tenants import ready_tenant


@pytest.mark.usefixtures("committed_db")
def test_setting_up_again_shares_the_tables_with_tenants_made_before() -> None:
    tenant = ready_tenant("store-a")
    with owner_connection() as owner:
        for shared in SHARED_TABLES:
            owner.execute(f"DROP POLICY own_rows ON public.{shared.name}")
            owner.execute(f"REVOKE ALL ON public.{shared.name} FROM {TENANTS}")
    connection.set_tenant(tenant)
    with pytest.raises(ProgrammingError, match="permission denied"):
        own_organisation()
    for _ in range(2):
        connection.set_schema_to_public()
        grant_public()
        connection.set_tenant(tenant)
        assert own_organisation().pk == tenant.pk
        assert OwnOrganisation.objects.count() == 1


@pytest.mark.usefixtures("committed_db")
def test_setting_up_again_takes_old_roles_into_the_group() -> None:
    """With a role of its own: roles belong to the whole cluster, and other tests use those of the ready tenants."""
    name = schema_name_of(uuid.uuid4())
    in_group = f"SELECT pg_has_role('{role_of(name)}', '{TENANTS}', 'USAGE')"
    with owner_connection() as owner:
        run_in_one_transaction(owner, [f"CREATE SCHEMA {name}", *create_role(owner, name)])
        assert owner.execute(in_group).fetchone() == (False,)
        grant_public()
        assert owner.execute(in_group).fetchone() == (True,)
        owner.execute(f"DROP SCHEMA {name}")
        owner.execute(f"DROP ROLE {role_of(name)}")
