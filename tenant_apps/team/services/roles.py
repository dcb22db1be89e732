"""The roles of a workspace. Changes lock the team (`lock_team`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.models import Role
from tenant_apps.team.permissions import TEAM_PERMISSIONS
from tenant_apps.team.products import product_config
from tenant_apps.team.selectors import holders_of, standing_of
from tenant_apps.team.services.locks import lock_team

MANAGE = "team.manage_roles"


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


@transaction.atomic
def create_role(*, role_id: UUID, name: str, permissions: Collection[str], by: User) -> Role:
    """Add a role. Locks the team; one transaction. The same `role_id` again returns the role made the first time.

    Raises NotAllowed (`not_allowed`, `beyond_you`) and DomainError (`name_needed`, `name_taken`, `unknown_permission`,
    `no_permission`).
    """
    lock_team()
    made = Role.objects.filter(key=role_id.hex).first()
    if made:
        return made
    role = Role(key=role_id.hex)
    _check_and_set(role, name, permissions, by)
    role.save()
    record(action="team.role.created", category=AuditCategory.SECURITY, resource=role, actor=by, after=_facts(role))
    return role


@transaction.atomic
def save_role(*, role: Role, name: str, permissions: Collection[str], by: User) -> Role:
    """Change a role's name and what it allows, at once for everybody who has it. Locks the team; one transaction.

    An empty name gives a role of the product its own name back. Raises as `create_role`, and NotAllowed (`owner_role`),
    Conflict (`role_gone`) and DomainError (`customers_outside`).
    """
    lock_team()
    role = _current(role)
    if role.is_owner:
        raise NotAllowed("owner_role", _("The owner's role holds everything and cannot be changed."))
    before = _facts(role)
    _check_and_set(role, name, permissions, by)
    changed = changes(before, _facts(role))
    if changed["after"]:
        role.save(update_fields=["name", "permissions"])
        record(
            action="team.role.changed", category=AuditCategory.SECURITY, resource=role, actor=by,
            before=changed["before"], after=changed["after"],
        )  # fmt: skip
    return role


@transaction.atomic
def delete_role(*, role: Role, by: User) -> None:
    """Delete a role of the tenant's own that nobody has. Locks the team; one transaction; one that has gone is no error.

    Raises NotAllowed (`not_allowed`, `product_role`) and DomainError (`role_in_use`).
    """
    lock_team()
    if not Role.objects.filter(pk=role.pk).exists():
        return
    role = _current(role)
    if MANAGE not in standing_of(by).codes:
        raise _not_allowed()
    if role.template_name:
        raise NotAllowed("product_role", _("This role came with the workspace. Change it instead."))
    holders = holders_of(role)
    if holders:
        raise DomainError(
            "role_in_use",
            _("This role cannot be deleted while somebody has it: %(names)s. Give them another one first.")
            % {"names": ", ".join(holders)},
        )
    for ended in role.invitations.all():
        record(
            action="team.invitation.forgotten",
            category=AuditCategory.USER,
            resource=ended,
            actor=by,
            before={"email": ended.email},
        )
        ended.delete()
    record(action="team.role.deleted", category=AuditCategory.SECURITY, resource=role, actor=by, before=_facts(role))
    role.delete()


def _check_and_set(role: Role, name: str, permissions: Collection[str], by: User) -> None:
    mine = standing_of(by)
    if MANAGE not in mine.codes:
        raise _not_allowed()
    role.name = _checked_name(role, name)
    known = {one.code for one in product_config(current_tenant().product).all_permissions()}
    wanted = set(permissions)
    if wanted - known:
        raise DomainError("unknown_permission", _("One of these permissions does not exist."), field="permissions")
    if (wanted ^ (known & set(role.permissions))) - mine.codes:
        raise NotAllowed("beyond_you", _("You can only give or take what you may do yourself."), field="permissions")
    if role.for_customers and wanted & {one.code for one in TEAM_PERMISSIONS}:
        raise DomainError("customers_outside", _("Customers cannot manage the workspace."), field="permissions")
    if not wanted and not role.for_customers:
        raise DomainError("no_permission", _("Choose at least one thing this role may do."), field="permissions")
    role.permissions = sorted(wanted)


def _checked_name(role: Role, name: str) -> str:
    """The name to keep: empty where it is the product's own. Two roles never show the same name."""
    if name in ("", role.template_name) and role.template_name:
        return ""
    if not name:
        raise DomainError("name_needed", _("Give this role a name."), field="name")
    others = Role.objects.exclude(key=role.key)
    if name.casefold() in {shown.casefold() for other in others for shown in (str(other), other.template_name)}:
        raise DomainError("name_taken", _("There is already a role of this name."), field="name")
    return name


def _current(role: Role) -> Role:
    found = Role.objects.filter(pk=role.pk).first()
    if found is None:
        raise Conflict("role_gone", _("This role was deleted meanwhile."))
    return found


def _not_allowed() -> NotAllowed:
    return NotAllowed("not_allowed", _("Your role does not let you change roles."))


def _facts(role: Role) -> dict[str, Any]:
    return {"name": role.name or role.key, "permissions": sorted(role.permissions)}
