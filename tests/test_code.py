"""Rules about the code that no linter knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from tests.support.floats import floats_in
from tests.support.joined_locks import joined_locks_in
from tests.support.lazy import problems_in

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("billing", "provisioning", "shared_apps", "tenant_apps", "platform", "benchmarks", "tests")


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def test_nothing_lazy_is_thrown_away_or_read_twice() -> None:
    assert [problem for path in sources() for problem in problems_in(path)] == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("def f(qs):\n    qs.filter(a=1)\n", "thrown away"),
        ("def f(qs):\n    qs.select_for_update().order_by('pk')\n", "thrown away"),
        ("def f(xs):\n    g = (x for x in xs)\n    list(g)\n    return sum(g)\n", "read 2 times"),
        ("def f(xs):\n    g = (x for x in xs)\n    if g:\n        return 1\n", "tested for truth"),
    ],
)
def test_the_check_above_finds_what_it_is_for(tmp_path, code, what) -> None:
    (tmp_path / "bad.py").write_text(code)
    [problem] = problems_in(tmp_path / "bad.py")
    assert what in problem


def test_the_check_above_lets_good_code_pass(tmp_path) -> None:
    good = "def f(qs, xs):\n    rows = qs.filter(a=1)\n    g = (x for x in xs)\n    qs.filter(a=1).update(b=2)\n    return list(rows), sum(g)\n"
    (tmp_path / "good.py").write_text(good)
    assert problems_in(tmp_path / "good.py") == []


def test_no_row_is_locked_and_joined_in_one_statement(tmp_path) -> None:
    assert [found for path in sources() for found in joined_locks_in(path)] == []
    bad = "rows.select_for_update(of=('self',)).select_related('plan').get(pk=1)\n"
    (tmp_path / "bad.py").write_text(f"x = {bad}y = rows.select_related(None).select_for_update().get(pk=1)\n")
    assert joined_locks_in(tmp_path / "bad.py") == [f"{tmp_path / 'bad.py'}:1"]


# Where amounts are worked out, moved, shown or sent.
NEAR_MONEY = (
    "billing/**/*.py",
    "shared_apps/documents/**/*.py",
    "tenant_apps/payments/**/*.py",
    "shared_apps/site/forms/*.py",
    "shared_apps/site/views/*.py",
)


def test_no_float_comes_near_money() -> None:
    files = [path for pattern in NEAR_MONEY for path in ROOT.glob(pattern) if "tests" not in path.parts]
    assert len(files) > 60
    assert [found for path in files for found in floats_in(path, str(path.relative_to(ROOT)))] == []


@pytest.mark.parametrize(
    "code", ["price = 0.5\n", "def f(amount: float) -> None: ...\n", "total = float(minor)\n", "x: float = y\n"]
)
def test_the_check_above_finds_floats(tmp_path, code) -> None:
    (tmp_path / "bad.py").write_text(code)
    assert floats_in(tmp_path / "bad.py", "bad.py")


def test_the_check_above_knows_seconds(tmp_path) -> None:
    (tmp_path / "good.py").write_text("connect_timeout: float = 5.0\ncall(read_timeout=0.5)\n")
    assert floats_in(tmp_path / "good.py", "good.py") == []


OPENS_CONNECTIONS = re.compile(
    r"^\s*(?:from|import) (?:requests|urllib3|urllib\.request|http\.client|httpx|aiohttp|socket|ftplib|smtplib)\b",
    re.MULTILINE,
)


def test_every_call_to_a_provider_goes_through_the_transport_that_has_the_time_outs() -> None:
    files = [path for path in sources() if "billing" in path.parts and "tests" not in path.parts]
    assert len(files) > 60
    opening = {path.name for path in files if OPENS_CONNECTIONS.search(path.read_text())}
    assert opening == {"transport.py"}


def test_no_file_of_ours_is_longer_than_500_lines() -> None:
    written = [path for path in sources() if path.parent.name != "migrations"]  # those are Django's own writing
    long = {str(path.relative_to(ROOT)): n for path in written if (n := len(path.read_text().splitlines())) > 500}
    assert long == {}


@pytest.mark.parametrize("product", ["public", *settings.PRODUCTS])
def test_every_foreign_key_stays_inside_its_tenant_type(product) -> None:
    """django-tenants creates only the type's own tables: a key to another app's would fail at provisioning."""
    inside = {
        config.label for config in apps.get_app_configs() if config.name in settings.TENANT_TYPES[product]["APPS"]
    }
    for config in apps.get_app_configs():
        if config.name not in settings.TENANT_TYPES[product]["APPS"]:
            continue
        for model in config.get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if field.is_relation and field.concrete and field.related_model is not None:
                    assert field.related_model._meta.app_label in inside, f"{model._meta.label}.{field.name}"


def test_every_model_of_a_tenant_refuses_to_cross_schemas() -> None:
    from shared_apps.core.querysets import SchemaBoundQuerySet

    ours = [
        c
        for c in apps.get_app_configs()
        if c.name.startswith("tenant_apps.") or c.label in ("accounts", "audit", "notifications", "usage")
    ]
    unguarded = [
        model._meta.label
        for config in ours
        for model in config.get_models()
        if not isinstance(model._default_manager.get_queryset(), SchemaBoundQuerySet)
    ]
    assert unguarded == []
