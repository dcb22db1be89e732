"""Every write about servers. All of them lock the workspace's one row first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from shared_apps.core.secrets import decrypt, encrypt, place_of
from shared_apps.organisations.current import Tenant
from tenant_apps.esxi.models import Server, Workspace

TOO_MANY_SERVERS = gettext_lazy(
    "Your plan %(plan)s includes %(limit)s servers, and they are all used. Remove a server, or move to a larger plan."
)


@dataclass(frozen=True, slots=True)
class ServerDetails:
    """What staff type about a server. `host` has passed `check_host`; an empty password keeps the one there is."""

    name: str
    host: str
    port: int
    username: str
    password: str = ""
    thumbprint: str = ""

    def __repr__(self) -> str:
        """Without the password: this ends up in logs and tracebacks."""
        return f"ServerDetails({self.name!r}, {self.host!r}:{self.port})"


def create_defaults(*, tenant: Tenant, owner: User) -> None:
    """Give a new tenant its workspace row. Called inside its schema; doing it again changes nothing.

    One transaction; the primary key decides between two calls at once.
    """
    with transaction.atomic():
        workspace, created = Workspace.objects.get_or_create(pk=Workspace.ONLY)
        if created:
            record(
                action="esxi.workspace.created", category=AuditCategory.ESXI, resource=workspace, actor=owner,
                after={"name": tenant.name},
            )  # fmt: skip


def lock_workspace() -> Workspace:
    """Lock the workspace's row until the end of the transaction: names and addresses are checked under it."""
    return Workspace.objects.select_for_update().get()


@transaction.atomic
def add_server(*, server_id: UUID, details: ServerDetails) -> Server:
    """Add a server, its password sealed for this very row. Locks the workspace; one transaction.

    The same `server_id` again returns the server already made, so a form sent twice adds one server.
    Raises QuotaReached (`esxi_servers`) and DomainError (`password_missing`, `name_taken`, `address_taken`).
    """
    lock_workspace()
    existing = Server.objects.filter(pk=server_id).first()
    if existing:
        return existing
    quotas.reserve("esxi_servers", message=TOO_MANY_SERVERS)
    if not details.password:
        raise DomainError("password_missing", _("Type the password of this account."), field="password")
    server = Server(pk=server_id)
    _write(server, details)
    record(action="esxi.server.added", category=AuditCategory.ESXI, resource=server, after=_facts(server))
    return server


@transaction.atomic
def change_server(*, server: Server, details: ServerDetails) -> Server:
    """Change a server. Locks the workspace; one transaction.

    A new address makes the password required again: it must never be sent to a host it was not typed for. What was
    known of the connection is forgotten with the address or the account. Raises DomainError as `add_server`.
    """
    lock_workspace()
    server = _again(server)
    before = _facts(server)
    moved = (details.host, details.port) != (server.host, server.port)
    if moved and not details.password:
        message = _("The address has changed: type the password again, so that it is never sent to another machine.")
        raise DomainError("password_missing", message, field="password")
    if moved or details.password or details.username != server.username:
        server.status = Server.Status.UNKNOWN
        server.checked_at = None
    _write(server, details)
    after = _facts(server) | {"password_changed": bool(details.password)}
    record(action="esxi.server.changed", category=AuditCategory.ESXI, resource=server, before=before, after=after)
    return server


@transaction.atomic
def remove_server(*, server: Server, typed_name: str) -> None:
    """Forget a server and its password. Locks the workspace; one transaction.

    Raises DomainError `name_differs` unless its name was typed.
    """
    lock_workspace()
    server = _again(server)
    if " ".join(typed_name.split()).casefold() != server.name.casefold():
        message = _("This is not the name of the server. Type “%(name)s” to remove it.") % {"name": server.name}
        raise DomainError("name_differs", message, field="name")
    record(
        action="esxi.server.removed",
        category=AuditCategory.ESXI,
        resource=server,
        before=_facts(server),
        level="warning",
    )
    quotas.release("esxi_servers")
    server.delete()


def password_of(server: Server) -> str:
    """Open a server's password, for the connection only: never to be shown, logged or put in a template."""
    return decrypt(server.password_ciphertext, place=place_of_password(server))


def place_of_password(server: Server) -> str:
    """What a server's password is sealed for."""
    return place_of(server, "password")


def _again(server: Server) -> Server:
    """The server as it is now that the lock is held."""
    current = Server.objects.filter(pk=server.pk).first()
    if current is None:
        raise DomainError("server_gone", _("This server was removed in the meantime."), status=404)
    return current


def _write(server: Server, details: ServerDetails) -> None:
    _check_free(server, details)
    server.name = details.name
    server.host = details.host
    server.port = details.port
    server.username = details.username
    server.thumbprint = details.thumbprint
    if details.password:
        server.password_ciphertext = encrypt(details.password, place=place_of_password(server))
    server.save()


def _check_free(server: Server, details: ServerDetails) -> None:
    """Names and addresses are used once. The workspace's lock makes the answer last."""
    others = Server.objects.exclude(pk=server.pk)
    if others.filter(name__iexact=details.name).exists():
        raise DomainError("name_taken", _("Another server has this name. Choose another one."), field="name")
    other = others.filter(host=details.host, port=details.port).first()
    if other:
        message = _("“%(name)s” already has this address and port.") % {"name": other.name}
        raise DomainError("address_taken", message, field="host")


def _facts(server: Server) -> dict[str, Any]:
    """A server as the audit log keeps it: everything but the password."""
    return {
        "name": server.name,
        "host": server.host,
        "port": server.port,
        "username": server.username,
        "thumbprint": server.thumbprint,
        "status": server.status,
    }
