"""The isolation matrix: every address, every method, everybody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import override_settings

from shared_apps.accounts.confirm import confirmation_required
from tests.security.actors import platform_actors, workspace_actors
from tests.security.canaries import marks_of, subdomain_of
from tests.security.matrix import Scene, addresses, try_everything
from tests.security.samples import workspace_samples
from tests.security.samples_of_platform import platform_samples, tenant_of
from tests.security.table import TABLES

URLCONFS = {"public": settings.ROOT_URLCONF, **{key: product.urlconf for key, product in settings.PRODUCTS.items()}}
SITES = sorted(URLCONFS)
PARTS = 3  # of each site, so that several processes share the work


def set_scene(site: str) -> Scene:
    """Two tenants full of canaries, and everybody in front of the first one's host (or of the platform's)."""
    product = "store" if site == "public" else site
    own, other = tenant_of(f"{product}-a"), tenant_of(f"{product}-b")
    tenants = [tenant_of(f"{key}-{letter}") for key in settings.PRODUCTS for letter in "ab"]
    marks = {subdomain_of(tenant): marks_of(tenant) for tenant in tenants}
    if site == "public":
        own_samples, foreign = platform_samples(f"{product}-a"), platform_samples(f"{product}-b")
        actors = platform_actors(own, other=other, everybody=marks)
        return Scene(site, settings.PLATFORM_HOST, actors, own_samples, foreign, marks)
    del marks[subdomain_of(own)]
    actors = workspace_actors(own, other=other)
    return Scene(site, own.primary_host, actors, workspace_samples(own), workspace_samples(other), marks)


@pytest.mark.parametrize("site", SITES)
def test_every_address_is_in_the_table_and_the_table_names_no_other(site) -> None:
    named = [address.name for address in addresses(URLCONFS[site])]
    assert sorted(set(named) - set(TABLES[site])) == [], "add them to tests/security/table.py"
    assert sorted(set(TABLES[site]) - set(named)) == [], "there are no such addresses any more"
    assert len(named) == len(set(named)), "two addresses have one name"


@pytest.mark.parametrize("site", SITES)
def test_whoever_proves_again_who_they_are_comes_back_to_a_page(site) -> None:
    marker = confirmation_required(lambda request: HttpResponse()).__code__
    asking = {address.name for address in addresses(URLCONFS[site]) if marker in layers_of(address.view)}
    assert len(asking) > 10
    assert {name for name in asking if "GET" not in TABLES[site][name]} == set()


def layers_of(view: Any) -> Iterator[CodeType]:
    """The code of a view and of every decorator around it."""
    while view is not None:
        yield view.__code__
        view = getattr(view, "__wrapped__", None)


@pytest.fixture
def _nothing_is_logged() -> Iterator[None]:
    """Thousands of refusals would be."""
    logging.disable(logging.CRITICAL)
    with override_settings(AUDIT_HTTP="off"):
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("_nothing_is_logged")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("site", SITES)
def test_everybody_may_do_what_the_table_says_and_nothing_else(
    site: str, part: int, record_property: Callable[[str, object], None]
) -> None:
    scene = set_scene(site)
    try_everything(scene, URLCONFS[site], TABLES[site], part=slice(part, None, PARTS))
    record_property("matrix", {"site": site, **scene.counts})
    assert scene.counts["allowed"] > 50
    assert scene.counts["refused"] > 100
    assert not scene.problems, f"{len(scene.problems)} problems:\n" + "\n".join(scene.problems[:60])
