"""Games with the Host header: no spelling leads to another tenant, and no mail repeats what a request claims."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from shared_apps.core.context import platform_url, tenant_url
from shared_apps.core.tenancy import connection
from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.current import forget_remembered_tenants
from shared_apps.organisations.models import Organisation
from tests.support.factories import PASSWORD, make_user
from tests.support.tenants import client_of, ready_tenant

pytestmark = pytest.mark.django_db
EVIL = {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_FORWARDED": "host=evil.example", "SERVER_NAME": "evil.example"}


@pytest.mark.parametrize(
    "host",
    ["store-a.localhost", "STORE-A.LocalHost", "store-a.localhost.", "store-a.localhost:80", "Store-A.localhost.:8443"],
)
def test_every_spelling_leads_to_the_same_tenant(host) -> None:
    answer = Client(HTTP_HOST=host, **EVIL).get("/")
    assert answer.status_code == 200
    assert answer.wsgi_request.tenant.primary_host == "store-a.localhost"


@pytest.mark.parametrize(
    "host",
    [
        "", " ", ".", "store-a", "localhost.store-a.localhost", "www.store-a.localhost", "store-a.localhost,store-b.localhost",
        "store-a.localhost store-b.localhost", "store-a.localhost/store-b", "store-a.localhost@store-b.localhost",
        "store-a.localhost#", "store-a.localhost%00", "store_a.localhost", "127.0.0.1", "[::1]", "[::1]:8000", "[",
        "[store-a.localhost]", "stоre-a.localhost", "xn--store-a.localhost", "store-a.localhost" + "a" * 300,
        "' OR 1=1 --", "store-a.localhost\r\nX: y",
    ],
)  # fmt: skip
def test_any_other_host_leads_nowhere(host) -> None:
    answer = Client(HTTP_HOST=host, HTTP_X_FORWARDED_HOST="store-a.localhost").get("/")
    assert answer.status_code in (400, 404)
    assert "Store A" not in answer.content.decode()
    assert connection.schema_name == "public"


def test_the_path_of_a_request_names_no_host() -> None:
    """`GET http://store-b.localhost/ HTTP/1.1` with the Host of another: the Host decides, as the server passes it on."""
    client = client_of(ready_tenant("store-a"))
    for path in ("http://store-b.localhost/", "//store-b.localhost/"):
        answer = client.get("/", PATH_INFO=path)
        assert answer.status_code in (301, 404)
        assert "store-b" not in answer.headers.get("Location", "").partition("//")[2].partition("/")[0]


def test_a_prefix_in_a_header_changes_no_path() -> None:
    """gunicorn takes SCRIPT_NAME from a proxy's header: guards, logs and links look at the path as it was asked for."""
    answer = client_of(ready_tenant("store-a")).get("/staff/", SCRIPT_NAME="/evil")
    assert answer.wsgi_request.path == "/staff/"
    assert "evil" not in answer.content.decode() + str(answer.headers)


def test_a_suspended_and_a_closed_tenant_are_not_reached_by_any_spelling() -> None:
    for status, answer in (("suspended", 403), ("closed", 404)):
        Organisation.objects.filter(domains__domain="store-a.localhost").update(status=status)
        forget_remembered_tenants()
        for host in ("store-a.localhost", "STORE-A.localhost."):
            assert Client(HTTP_HOST=host).get("/").status_code == answer
    assert Client(HTTP_HOST="store-b.localhost").get("/").status_code == 200


def links_sent_to(email: str) -> set[str]:
    """Scheme and host of every link in the mails to an address."""
    send_due_emails()
    texts = [message.body for message in mail.outbox if message.to == [email]]
    return {match for text in texts for match in re.findall(r"https?://[^\s/>)\"']+", text)}


def forged(host: str) -> Client:
    """A request that reaches the right tenant and claims to have come by other ways."""
    return Client(HTTP_HOST=host, **EVIL)


def test_links_for_a_new_password_name_the_configured_host() -> None:
    make_user(email="awa@example.org")
    forged("LOCALHOST:6666").post("/accounts/password/reset/", {"email": "awa@example.org"})
    assert links_sent_to("awa@example.org") == {platform_url("")}


def test_links_of_a_tenant_name_its_main_host() -> None:
    with tenant_context(ready_tenant("store-a")):
        user = User.objects.create_user("awa@example.org", PASSWORD)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        forged("Store-A.localhost:6666").post("/accounts/password/reset/", {"email": user.email})
        connection.set_tenant(ready_tenant("store-a"))
        assert links_sent_to(user.email) == {tenant_url("store-a.localhost", "")}


def register(host: str, path: str) -> None:
    data: dict[str, Any] = {"email": "awa@example.org", "password": PASSWORD, "first_name": "Awa", "last_name": "N"}
    answer = forged(host).post(path, {**data, "consent": "on"})
    assert answer.status_code == 302, answer.content[:500]


def test_links_of_a_sign_up_name_the_configured_host() -> None:
    register("LOCALHOST.:6666", "/signup/")
    assert links_sent_to("awa@example.org") == {platform_url("")}
