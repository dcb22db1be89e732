"""Who visits the platform's pages."""

from __future__ import annotations

import pytest
from django.test import Client

from shared_apps.site.tests.helpers import logged_in
from tests.support.factories import make_admin


@pytest.fixture
def admin(db: None) -> Client:
    """A platform admin in the back office."""
    return logged_in(make_admin())
