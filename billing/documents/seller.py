"""Who issues the platform's documents, as the settings say."""

from __future__ import annotations

from django.conf import settings

from billing.documents.document import Party


def seller() -> Party:
    """The platform's own company today. A document keeps the one of its day."""
    return Party.of(settings.SELLER)
