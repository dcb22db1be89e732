"""What no browser sends gets a 400, and what nobody should type gets a message: never a 500."""

from __future__ import annotations

import io

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from PIL import Image

from baobab.wsgi import Utf8Request, application
from shared_apps.core.uploads import BadUpload, scrub
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import notify_by_email, send_due_emails
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
HOSTS = ["localhost", "store-a.localhost", "events-a.localhost", "esxi-a.localhost"]


@pytest.mark.parametrize("host", HOSTS)
def test_null_characters_are_refused(host) -> None:
    client = Client(HTTP_HOST=host)
    assert client.get("/?q=a%00b").status_code == 400
    assert client.get("/a%00b/").status_code == 400
    client.cookies["sessionid"] = "abc\x00def"
    assert client.get("/").status_code == 400


@pytest.mark.parametrize("charset", ["zip", "unicode_escape", "utf-7", "rot13", "utf-16", "nonsense"])
def test_the_character_set_a_request_names_is_not_believed(charset) -> None:
    environ = RequestFactory().get("/", QUERY_STRING="q=a%5Cud800b").environ
    request = Utf8Request({**environ, "CONTENT_TYPE": f"text/plain; charset={charset}"})
    assert request.GET["q"] == r"a\ud800b"


def test_the_web_process_uses_that_request() -> None:
    assert application.request_class is Utf8Request


def test_a_line_break_in_a_name_does_not_become_a_mail_header() -> None:
    order = make_order(organisation_name="Evil\r\nBcc: victim@example.org")
    assert order.organisation_name == "Evil Bcc: victim@example.org"
    notify_by_email(
        key="x", template="workspace_ready", recipient="a@example.org", locale="fr",
        context={"name": "A", "organisation": "Evil\rBcc: z@example.org", "url": "u", "order_url": "o"},
    )  # fmt: skip
    send_due_emails()
    assert "\r" not in mail.outbox[-1].subject
    assert all(message.bcc == [] for message in mail.outbox)


def test_one_mail_that_cannot_be_built_does_not_hold_up_the_others() -> None:
    for key, template in (("bad", "no_such_template"), ("good", "workspace_ready")):
        notify_by_email(
            key=key, template=template, recipient="a@example.org", locale="fr",
            context={"name": "A", "organisation": "B", "url": "u", "order_url": "o"},
        )  # fmt: skip
    send_due_emails()
    assert Delivery.objects.get(key="good").status == Delivery.Status.SENT
    assert Delivery.objects.get(key="bad").status == Delivery.Status.QUEUED


def test_a_pdf_with_names_that_are_not_text_is_damaged() -> None:
    broken = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/Bad /\xed\xa0\x80bad>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>"
    with pytest.raises(BadUpload) as refusal:
        scrub(broken)
    assert refusal.value.code in ("damaged", "active_content")


def test_a_photo_that_is_too_tall_for_webp_is_refused_not_an_error(tenant_client) -> None:
    from tenant_apps.team.images import BadImage, process_image

    out = io.BytesIO()
    Image.new("RGB", (320, 20_000), "white").save(out, "PNG")
    with pytest.raises(BadImage):
        process_image(io.BytesIO(out.getvalue()), size=len(out.getvalue()))


def test_a_year_that_no_calendar_holds_is_refused_beside_its_field() -> None:
    from tenant_apps.events.forms import EventForm

    form = EventForm({"title": "X", "starts_at": "0001-01-01T00:00", "ends_at": "9999-12-31T23:59"})
    assert not form.is_valid()
    assert {"starts_at", "ends_at"} <= set(form.errors)
