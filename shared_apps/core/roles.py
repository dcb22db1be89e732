"""The one rule that names a schema's database role."""

from __future__ import annotations


def role_of(schema_name: str) -> str:
    """The role that may use a schema, and no other."""
    return f"r_{schema_name}"
