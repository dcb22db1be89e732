"""Words about customers in templates. Load with `{% load store_people %}`."""

from __future__ import annotations

from django import template

from tenant_apps.store.models import Segment
from tenant_apps.store.texts import people as people_texts

register = template.Library()


@register.filter
def segment_name(segment: Segment) -> str:
    """`{{ segment|segment_name }}`: its own name, else the platform's word."""
    return people_texts.segment_name(segment.key, segment.name)
