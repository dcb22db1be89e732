"""The till: registers, their sessions, what devices sent, how sales were paid, and what staff must look at.

Goods that came back over the counter are a `Return` of the order, as others are.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Variant
from tenant_apps.store.models.orders import Order
from tenant_apps.store.models.stock import Location


class Method(models.TextChoices):
    """How a sale at the counter is paid. The money itself moves between customer and shop; the till notes it."""

    CASH = "cash"
    ORANGE_MONEY = "orange_money"
    WAVE = "wave"
    MTN_MOMO = "mtn_momo"
    CARD = "card"
    OTHER = "other"


def _actor() -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )


class Register(models.Model):
    """A till: a drawer for cash in a place that holds stock. One that was used is never deleted, but made inactive."""

    name = models.CharField(max_length=60)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="registers")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="store_register_name_unique")]

    def __str__(self) -> str:
        return self.name


class TillSession(models.Model):
    """A register from the count of its drawer in the morning to that in the evening. Its row is locked by whatever changes
    its money.

    `expected_minor` is the opening, the cash of its sales less the cash given back, and its cash moves. A sale that was
    made while the till was offline and arrives after the count changes `expected_minor` and `difference_minor` of a
    closed session: the cash was in the drawer that was counted.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # made by the device: sent twice, it is one
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="sessions")
    opened_by = _actor()
    opened_at = models.DateTimeField(db_default=Now())
    opening_minor = models.BigIntegerField()
    closed_by = _actor()
    closed_at = models.DateTimeField(null=True, blank=True)
    counted_minor = models.BigIntegerField(null=True, blank=True)
    expected_minor = models.BigIntegerField(null=True, blank=True)
    difference_minor = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["register"], condition=Q(closed_at__isnull=True), name="store_till_one_open_session"
            ),
            models.CheckConstraint(condition=Q(opening_minor__gte=0), name="store_till_session_opening"),
            models.CheckConstraint(
                condition=Q(
                    closed_at__isnull=True,
                    counted_minor__isnull=True,
                    expected_minor__isnull=True,
                    difference_minor__isnull=True,
                )
                | Q(
                    closed_at__isnull=False,
                    counted_minor__gte=0,
                    expected_minor__isnull=False,
                    difference_minor=F("counted_minor") - F("expected_minor"),
                ),
                name="store_till_session_closed",
            ),
        ]
        indexes = [models.Index(fields=["register", "-opened_at"], name="store_till_session_of")]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class CashMove(models.Model):
    """Cash that was put into the drawer, or taken out of it (below zero), other than by a sale."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # as `TillSession.id`
    session = models.ForeignKey(TillSession, on_delete=models.PROTECT, related_name="moves")
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    actor = _actor()
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="store_cash_move_amount"),
            models.CheckConstraint(condition=~Q(reason=""), name="store_cash_move_reason"),
        ]


class TillSale(models.Model):
    """A sale as a device sent it. `(register, uuid)` is what makes it one sale, however often it is sent.

    The sale itself is `order`. A sale that was made offline is a fact: where it cannot be made an order, it is kept as it
    came and refused with a reason, for somebody to settle. An online one that is refused leaves nothing.
    """

    class State(models.TextChoices):
        RECEIVED = "received"  # inside the transaction that decides; never committed
        ACCEPTED = "accepted"
        REFUSED = "refused"

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="sales")
    uuid = models.UUIDField()
    session = models.ForeignKey(TillSession, on_delete=models.PROTECT, null=True, blank=True, related_name="sales")
    payload = models.JSONField()  # as it came; once there is an order, without the customer, who is named there
    local_number = models.CharField(max_length=30, blank=True)  # on the receipt before there is an order
    is_offline = models.BooleanField()
    sold_at = models.DateTimeField()  # by the device's clock, as far as it can be right
    received_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="till_sale")
    difference_minor = models.BigIntegerField(default=0)  # charged above (below zero: below) the prices of then
    code = models.CharField(max_length=40, blank=True)  # why it was refused
    reason = models.CharField(max_length=300, blank=True)
    actor = _actor()

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["register", "uuid"], name="store_till_sale_once"),
            models.CheckConstraint(
                condition=Q(state="received", order__isnull=True)
                | Q(state="accepted", order__isnull=False, session__isnull=False)
                | (Q(state="refused", order__isnull=True) & ~Q(code="")),
                name="store_till_sale_state",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "-id"], name="store_till_sale_of_session"),
            models.Index(fields=["local_number"], name="store_till_sale_local"),
        ]

    def __str__(self) -> str:
        return self.local_number or str(self.uuid)


class TillPayment(models.Model):
    """Part of what a sale was paid with, or of what was given back (below zero)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="till_payments")
    session = models.ForeignKey(TillSession, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=15, choices=Method)
    amount_minor = models.BigIntegerField()
    tendered_minor = models.BigIntegerField(null=True, blank=True)  # cash: what the customer handed over
    change_minor = models.BigIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=60, blank=True)  # the number of a mobile-money or card payment
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(method__in=Method.values), name="store_till_payment_method"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="store_till_payment_amount"),
            models.CheckConstraint(
                condition=Q(tendered_minor__isnull=True, change_minor__isnull=True)
                | Q(
                    method="cash",
                    amount_minor__gt=0,
                    change_minor__gte=0,
                    change_minor=F("tendered_minor") - F("amount_minor"),
                ),
                name="store_till_payment_change",
            ),
        ]


class TillTask(models.Model):
    """Something about a sale that the till could not ask before it happened, for somebody to look at."""

    class Kind(models.TextChoices):
        OVERDRAWN = "overdrawn"  # sold without being there
        PRICE = "price"  # charged at another price than the list's
        DISCOUNT = "discount"  # less was taken than this person may decide, or without a reason
        LATE = "late"  # arrived after the session was closed
        GONE = "gone"  # something that is no longer in the catalogue
        REFUSED = "refused"  # no order could be made of it

    kind = models.CharField(max_length=10, choices=Kind)
    sale = models.ForeignKey(TillSale, on_delete=models.PROTECT, related_name="tasks")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = _actor()
    note = models.CharField(max_length=300, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["overdrawn", "price", "discount", "late", "gone", "refused"]),
                name="store_till_task_kind",
            )
        ]
        indexes = [models.Index(fields=["-id"], name="store_till_task_open", condition=Q(done_at__isnull=True))]
