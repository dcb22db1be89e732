"""The part of a document's row that is written after it was issued: its file, and what the tax office said of it."""

from __future__ import annotations

from django.db import models


class Filed(models.Model):
    """What rooms that issue documents build their tables on: they add a `number` and what it says."""

    class Fiscal(models.TextChoices):
        NOT_REQUIRED = "not_required"
        TO_CERTIFY = "to_certify"
        CERTIFIED = "certified"
        FAILED = "failed"

    # The columns that change once a document is issued, and no others.
    LATER = ("pdf", "pdf_sha256", "fiscal_status", "fiscal_number", "fiscal_qr", "fiscal_error")

    pdf = models.FileField(max_length=200, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    fiscal_status = models.CharField(max_length=12, choices=Fiscal, default=Fiscal.NOT_REQUIRED)
    fiscal_number = models.CharField(max_length=100, blank=True)
    fiscal_qr = models.CharField(max_length=500, blank=True)
    fiscal_error = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True
