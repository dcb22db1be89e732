"""The demonstration data of `make run`: a platform admin and one live organisation per product.

Everything is made by the services that customers use; the organisations are paid with a coupon of 100 %.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from billing.models import Coupon, Order
from billing.selectors import price_on_sale
from billing.services.orders import Customer, NewOrder, create_order
from provisioning.models import ProvisioningJob
from provisioning.services import jobs
from shared_apps.accounts.models import User
from shared_apps.core.context import platform_url, tenant_url
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Domain, Organisation
from shared_apps.outbox.services import drain
from tenant_apps.team.models import Member, Role
from tenant_apps.team.services.members import add_member

PASSWORD = "baobab-demo-2026"  # noqa: S105 — printed by `make run`, which is for one's own machine only
COUPON = "DEMO100"
ADMIN = "admin@baobab.localhost"


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    product: str
    plan: str
    name: str
    subdomain: str
    first_name: str
    last_name: str
    # Somebody else of the team, who may do less.
    colleague: tuple[str, str]
    colleague_role: str


ORGANISATIONS = (
    DemoOrganisation("store", "premium", "Marché Wouri", "wouri", "Awa", "Ndiaye", ("Fatou", "Diop"), "seller"),
    DemoOrganisation(
        "events", "premium", "Club des Langues", "langues", "Koffi", "Mensah", ("Aminata", "Traoré"), "validator"
    ),
    DemoOrganisation("esxi", "silver", "Infra Littoral", "infra", "Mireille", "Essomba", ("Paul", "Etoundi"), "viewer"),
)


@dataclass(frozen=True, slots=True)
class Login:
    """One line of the table that `make run` prints and of .data/logins.json."""

    role: str
    organization: str
    url: str
    email: str
    password: str


def load_demo() -> list[dict[str, str]]:
    """Make what is missing and return every log-in. Safe to repeat."""
    _make_account(ADMIN, first_name="Admin", last_name="Baobab", is_staff=True)
    Coupon.objects.get_or_create(code=COUPON, defaults={"percent": 100})
    logins = [Login("platform admin", settings.PLATFORM_NAME, platform_url("/backoffice/"), ADMIN, PASSWORD)]
    for demo in ORGANISATIONS:
        organisation = _make_organisation(demo)
        host = organisation.domains.get(is_primary=True).domain
        owner = _email_of(demo)
        home = settings.PRODUCTS[demo.product].home_path
        logins.append(Login("owner", organisation.name, platform_url("/organisations/"), owner, PASSWORD))
        logins.append(Login("staff", organisation.name, tenant_url(host, home), owner, PASSWORD))
        colleague = _colleague_email(demo)
        logins.append(Login(demo.colleague_role, organisation.name, tenant_url(host, home), colleague, PASSWORD))
    return [asdict(login) for login in logins]


def _make_organisation(demo: DemoOrganisation) -> Organisation:
    host = f"{demo.subdomain}.{settings.PLATFORM_HOST}"
    owner = _make_account(_email_of(demo), first_name=demo.first_name, last_name=demo.last_name)
    if not Domain.objects.filter(domain=host, live_at__isnull=False).exists():
        order = Order.objects.filter(user=owner).first() or _order(demo, owner)
        drain()
        jobs.run(ProvisioningJob.objects.get(order=order).pk)
    organisation = Organisation.objects.select_related("plan_version__plan").get(domains__domain=host)
    _fill(organisation, owner, demo)
    return organisation


def _order(demo: DemoOrganisation, owner: User) -> Order:
    price = price_on_sale(product=demo.product, plan=demo.plan, cycle="yearly", currency="XAF")
    if price is None:
        raise RuntimeError(f"no price for {demo.product} {demo.plan}")
    new = NewOrder(
        price=price,
        organisation_name=demo.name,
        subdomain=demo.subdomain,
        customer=Customer(name=f"{demo.first_name} {demo.last_name}", email=owner.email, country="CM"),
        locale="fr",
        coupon_code=COUPON,
    )
    return create_order(user=owner, new=new, idempotency_key=f"demo-{demo.subdomain}")


def _fill(organisation: Organisation, owner: User, demo: DemoOrganisation) -> None:
    """Give the owner a password inside the workspace too, a colleague, and the product something to show."""
    tenant = as_tenant(organisation)
    with tenant_context(tenant):
        account = User.objects.get(platform_user_id=owner.pk)
        if not account.has_usable_password():
            account.set_password(PASSWORD)
            account.save(update_fields=["password"])
        _add_colleague(demo, by=account)
        import_string(f"tenant_apps.{organisation.product}.demo.load")(tenant=tenant, owner=account)


def _add_colleague(demo: DemoOrganisation, *, by: User) -> None:
    first_name, last_name = demo.colleague
    user = _make_account(_colleague_email(demo), first_name=first_name, last_name=last_name)
    if not Member.objects.filter(user=user).exists():
        add_member(user=user, role=Role.objects.get(key=demo.colleague_role), by=by)


def _make_account(email: str, **fields: Any) -> User:
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _email_of(demo: DemoOrganisation) -> str:
    return f"{demo.subdomain}@baobab.localhost"


def _colleague_email(demo: DemoOrganisation) -> str:
    return f"{demo.colleague[0].lower()}@baobab.localhost"
