"""A workspace offers nobody what it then refuses them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from tenant_apps.team.models import Member, Role
from tests.security.actors import BACKEND
from tests.security.samples import workspace_samples
from tests.security.samples_of_platform import tenant_of
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')
ROLES = [
    (key, role)
    for key, roles in {
        "store": ("administrator", "manager", "seller"),
        "events": ("administrator", "organiser", "validator", "door_staff"),
        "esxi": ("administrator", "operator", "viewer"),
    }.items()
    for role in roles
]


@pytest.mark.parametrize(("product", "role"), ROLES)
def test_every_link_that_a_role_is_shown_opens(product: str, role: str) -> None:
    tenant = tenant_of(f"{product}-a")
    with tenant_context(tenant):
        workspace_samples(tenant)
        user = make_user(is_staff=True)
        Member.objects.create(user=user, role=Role.objects.get(key=role))
        client = Client(HTTP_HOST=tenant.primary_host)
        client.force_login(user, backend=BACKEND)
    seen, waiting, refused = set(), ["/staff/"], []
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path, follow=True)
        if answer.status_code == 403:
            refused.append(path)
        if answer.headers["Content-Type"].startswith("text/html"):
            waiting += {link for link in LINK.findall(answer.content.decode()) if link not in seen | set(waiting)}
        assert len(seen) < 300
    assert len(seen) > 10
    assert refused == []
