"""The roles of a workspace."""

from __future__ import annotations

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.team.models import Role
from tenant_apps.team.products import product_config


def create_roles(*, product: str) -> None:
    """Give a new workspace the roles of its product. Inside its schema; doing it again adds only what is missing.

    In the caller's transaction. Takes no lock: the unique keys decide between two calls at once.
    """
    config = product_config(product)
    everything = [permission.code for permission in config.all_permissions()]
    there = set(Role.objects.values_list("key", flat=True))
    missing = [template.key for template in config.all_roles() if template.key not in there]
    if not missing:
        return
    Role.objects.bulk_create(
        [
            Role(
                key=template.key,
                permissions=everything if template.permissions is None else list(template.permissions),
                for_customers=template.for_customers,
                position=position,
            )
            for position, template in enumerate(config.all_roles())
        ],
        ignore_conflicts=True,
    )
    owner = Role.objects.get(key=Role.OWNER)
    record(action="team.roles.created", category=AuditCategory.USER, resource=owner, after={"roles": missing})
