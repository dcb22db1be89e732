"""Errors as pages: the language can be chosen wherever the choice works."""

from __future__ import annotations

import pytest
from django.test import Client

from shared_apps.site.tests.helpers import logged_in, visitor
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
SWITCH = 'action="/i18n/setlang/"'


@pytest.mark.parametrize(
    "path", ["/nothing-here/", "/orders/x/", "/x//evil.example/", "/%00/", "/nothing/?a=%ff&next=//x"]
)
def test_a_page_that_does_not_exist_has_the_language_switch(path: str) -> None:
    answer = visitor().get(path)
    assert answer.status_code in (400, 404)
    assert (SWITCH in answer.content.decode()) == (answer.status_code == 404)


def test_a_page_of_others_has_the_language_switch() -> None:
    for path, status in (("/backoffice/", 403), (f"/orders/{make_order().pk}/", 404)):
        answer = logged_in().get(path)
        assert answer.status_code == status
        assert SWITCH in answer.content.decode()


def test_the_switch_of_an_error_page_leads_back_to_it_in_the_other_language() -> None:
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    page = client.get("/nothing-here/")
    data = {"language": "en", "next": "/nothing-here/", "csrfmiddlewaretoken": str(page.context["csrf_token"])}
    assert client.post("/i18n/setlang/", data).headers["Location"] == "/nothing-here/"
    assert 'lang="en"' in client.get("/nothing-here/").content.decode()


def test_where_no_choice_can_be_kept_none_is_offered() -> None:
    unknown = Client(HTTP_HOST="nobody.localhost").get("/")
    assert unknown.status_code == 404
    assert SWITCH not in unknown.content.decode()
    sent = logged_in().post("/orders/5a0b8e0e-1111-4222-8333-444455556666/cancel/")
    assert sent.status_code == 404
    assert SWITCH not in sent.content.decode()
