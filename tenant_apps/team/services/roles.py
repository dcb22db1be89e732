"""The roles of a workspace."""

from __future__ import annotations

from tenant_apps.team.models import Role
from tenant_apps.team.products import product_config


def create_roles(*, product: str) -> None:
    """Give a new workspace the roles of its product. Inside its schema; doing it again adds only what is missing.

    Takes no lock: the unique keys decide between two calls at once. No audit entry: it is part of making the workspace.
    """
    config = product_config(product)
    everything = [permission.code for permission in config.all_permissions()]
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
