"""Fills the template database: the platform, and two live tenants of each product made by the real path."""

from __future__ import annotations

import django

TENANTS = [(product, letter) for product in ("store", "events", "esxi") for letter in ("a", "b")]


def main() -> None:
    django.setup()

    from provisioning.services.platform import set_up
    from tests.support.factories import make_tenant, make_user

    for _ in set_up():
        pass
    for product, letter in TENANTS:
        owner = make_user(email=f"owner-{product}-{letter}@example.org")
        make_tenant(product=product, subdomain=f"{product}-{letter}", owner=owner, name=f"{product} {letter}".title())


if __name__ == "__main__":
    main()
