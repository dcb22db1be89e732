"""Files of products that staff send: what was read in each, what it would change, and how far it is applied."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now

from shared_apps.core.querysets import SchemaBoundQuerySet

OPEN = ("reading", "ready", "applying")


class CatalogueImport(models.Model):
    """A file of products: `reading → ready → applying → applied`; `→ dropped` before it is applied, `→ failed`.

    Its id is made with the empty form, so that sending the form twice makes one. At most one is open: what a file would
    change was compared with the products as they are, and two at once would each be compared with what the other changes.
    A worker has it until `leased_until` by its `worker` key; whoever finds that over takes it.
    """

    class Status(models.TextChoices):
        READING = "reading"
        READY = "ready"
        APPLYING = "applying"
        APPLIED = "applied"
        DROPPED = "dropped"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.READING)
    name = models.CharField(max_length=200)  # of the file, as it came
    file = models.FileField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    locale = models.CharField(max_length=10)  # in which its errors are told
    counts_stock = models.BooleanField(default=False)  # whoever sent it may change the stock
    columns = models.JSONField(default=list)  # those that were recognised
    unknown = models.JSONField(default=list)  # headings that were not
    new_shelves = models.JSONField(default=list)
    new_brands = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)  # why the file as a whole cannot be taken
    rows = models.PositiveIntegerField(default=0)
    products = models.PositiveIntegerField(default=0)
    products_read = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    worker = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)  # since it last came forward

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["reading", "ready", "applying", "applied", "dropped", "failed"]),
                name="store_import_status",
            ),
            models.CheckConstraint(condition=Q(products_read__lte=F("products")), name="store_import_read"),
            models.CheckConstraint(
                condition=~Q(status__in=["applying", "applied"]) | Q(confirmed_at__isnull=False),
                name="store_import_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, ended_at__isnull=True) | Q(~Q(status__in=OPEN), ended_at__isnull=False),
                name="store_import_ended",
            ),
            # A fingerprint's length is always the same, so of those that are open there is one.
            models.UniqueConstraint(
                Length("sha256"),
                condition=Q(status__in=OPEN),
                name="store_import_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a worker has something to do."""
        return self.status in (self.Status.READING, self.Status.APPLYING)

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody had it applied: from then on its new and changed products are those that were saved."""
        return self.confirmed_at is not None


class ImportedProduct(models.Model):
    """One product of a file: its cells as they were typed, what is wrong with them or what they change, and what became of it.

    `pending → written → done`, or `pending → refused`: `written` still has pieces to book (`pieces`), in a transaction of
    their own. Each step is in the transaction of what it did, so that nothing is done twice.
    """

    class Kind(models.TextChoices):
        NEW = "new"
        CHANGED = "changed"
        UNCHANGED = "unchanged"
        WRONG = "wrong"

    class State(models.TextChoices):
        PENDING = "pending"
        WRITTEN = "written"
        DONE = "done"
        REFUSED = "refused"

    batch = models.ForeignKey(CatalogueImport, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4)  # of the product, where it is new
    name = models.CharField(max_length=120, blank=True)
    rows = models.JSONField()  # [{"row": 3, "cells": {"price": "12 500"}}]
    kind = models.CharField(max_length=10, choices=Kind)
    changes = models.JSONField(default=list)  # [{"column", "variant", "before", "after"}]
    problems = models.JSONField(default=list)  # [{"row", "column", "typed", "text"}]
    expected = models.JSONField(default=dict)  # pieces there were when it was read, by variant
    pieces = models.JSONField(default=dict)  # [typed, expected] still to be booked, by variant
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="store_imported_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["new", "changed", "unchanged", "wrong"]), name="store_imported_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "written", "done", "refused"]), name="store_imported_state"
            ),
        ]
        indexes = [models.Index(fields=["batch", "kind", "state", "position"], name="store_imported_next")]

    def __str__(self) -> str:
        return self.name
