"""Text messages cost money and ring somewhere: how many leave, whoever asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.accounts.proofs import LOG_IN, send_proof
from shared_apps.accounts.services import codes
from shared_apps.accounts.services.addresses import ask_phone
from shared_apps.core.errors import TooManyAttempts
from shared_apps.core.request_info import RequestInfo, request_info, reset_request_info, set_request_info
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
NUMBER = "+237671234567"


@pytest.fixture(autouse=True)
def _request() -> Iterator[None]:
    token = set_request_info(RequestInfo(ip="192.0.2.1"))
    yield
    reset_request_info(token)


def come_from(ip: str) -> None:
    set_request_info(replace(request_info(), ip=ip))


def numbers(count: int) -> list[str]:
    return [f"+2376712300{number:02}" for number in range(count)]


def test_a_number_is_rung_few_times_whoever_asks_and_wherever() -> None:
    one, other = ready_tenant("store-a"), ready_tenant("store-b")
    with tenant_context(one):
        for number in range(codes.SMS_TO_A_NUMBER):
            come_from(f"192.0.2.{number}")
            ask_phone(user=make_user(), phone=NUMBER)
    with tenant_context(other):
        with pytest.raises(TooManyAttempts):
            ask_phone(user=make_user(), phone=NUMBER)
        ask_phone(user=make_user(), phone=numbers(1)[0])
        assert list(Delivery.objects.values_list("recipient", flat=True)) == numbers(1)


def test_others_cannot_use_up_the_codes_of_a_proved_number() -> None:
    for _ in range(codes.SMS_TO_A_NUMBER):
        ask_phone(user=make_user(), phone=NUMBER)
    owner = make_user(phone=NUMBER, phone_verified_at=timezone.now())
    send_proof(user=owner, way="sms", purpose=LOG_IN)
    assert Delivery.objects.filter(channel="sms").count() == codes.SMS_TO_A_NUMBER + 1


def test_a_caller_sends_few_messages_with_however_many_accounts() -> None:
    for number in numbers(codes.SMS_FROM_AN_ADDRESS):
        ask_phone(user=make_user(), phone=number)
    with pytest.raises(TooManyAttempts):
        ask_phone(user=make_user(), phone=NUMBER)
    come_from("192.0.2.2")
    ask_phone(user=make_user(), phone=NUMBER)


def test_a_workspace_sends_so_many_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "SMS_A_DAY", 3)
    for number in numbers(3):
        ask_phone(user=make_user(), phone=number)
    with pytest.raises(TooManyAttempts) as refused:
        ask_phone(user=make_user(), phone=NUMBER)
    assert refused.value.code == "sms_used_up"
    with tenant_context(ready_tenant("store-a")):
        ask_phone(user=make_user(), phone=NUMBER)


def test_codes_by_mail_are_not_counted_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "SMS_A_DAY", 0)
    send_proof(user=make_user(), way="email", purpose=LOG_IN)
    assert Delivery.objects.filter(template="one_time_code").count() == 1
