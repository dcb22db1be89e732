"""Asking people to prove again who they are, before a dangerous act."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required

# For views: who proved themselves a short while ago passes, others are asked and come back.
confirmation_required = reauthentication_required
