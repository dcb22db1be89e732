"""Production does not start when something that must be secret or switched off is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.databases import ROOT

GOOD = {
    "DJANGO_SETTINGS_MODULE": "baobab.settings.production",
    "SECRET_KEY": "k3y-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ENCRYPTION_KEYS": "k1:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=",
    "APP_DATABASE_URL": "postgresql://app@db/baobab",
    "REDIS_URL": "redis://redis:6379/0",
    "PLATFORM_HOST": "baobab.example.com",
    "EMAIL_HOST": "smtp.example.com",
}
CHECK = "import django; django.setup(); from django.core.management import call_command; call_command('check')"


def start(code: str = CHECK, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    environment |= {name: value for name, value in (GOOD | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_a_complete_environment_starts() -> None:
    started = start()
    assert started.returncode == 0, started.stderr


def test_the_seller_on_documents_comes_from_the_environment() -> None:
    named = {
        "SELLER_NAME": "Karité SA",
        "SELLER_ADDRESS": "1, rue du Test | BP 1 Douala",
        "SELLER_TAX_NUMBERS": "NIU=M012345 | RCCM=RC/DLA/2026/B/1",
    }
    started = start(**named, code="from django.conf import settings; print(settings.SELLER)")
    assert "'address': ['1, rue du Test', 'BP 1 Douala']" in started.stdout
    assert "'tax_numbers': [['NIU', 'M012345'], ['RCCM', 'RC/DLA/2026/B/1']]" in started.stdout


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY"),
        ({"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"PAYMENT_SIMULATOR_URL": "http://127.0.0.1:8090"}, "simulator"),
        ({"PAYPAL_BASE_URL": "http://127.0.0.1:8090"}, "PAYPAL_BASE_URL"),
        ({"MOMO_BASE_URL": "https://momo.example.com"}, "MOMO_BASE_URL"),
        ({"PAYPAL_BASE_URL": "https://evilpaypal.com"}, "PAYPAL_BASE_URL"),
        ({"PLATFORM_HOST": "localhost"}, "PLATFORM_HOST"),
        ({"APP_DATABASE_URL": None}, "APP_DATABASE_URL"),
        ({"SELLER_TAX_NUMBERS": "M012345"}, "SELLER_TAX_NUMBERS"),
        ({"DOCUMENT_COLOUR": "green"}, "DOCUMENT_COLOUR"),
        ({"SOLD_CURRENCIES": "XAF,GBP"}, "SOLD_CURRENCIES"),
    ],
)
def test_an_unsafe_environment_does_not_start(changes, complaint) -> None:
    started = start(**changes)
    assert started.returncode != 0
    assert complaint in started.stderr


def databases_of_a_test_process(**changes: str | None) -> str:
    """What another process would use: its slot and its Redis."""
    environment = {name: value for name, value in (os.environ | changes).items() if value is not None}
    environment["PYTHONPATH"] = f"{ROOT}:{ROOT / 'platform'}"
    code = "from baobab.settings import test; print(test.TEST_SLOT, test.REDIS_URL)"
    return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, cwd=ROOT).strip()


def test_another_test_run_has_databases_of_its_own_and_a_child_has_ours(settings) -> None:
    ours = f"{settings.TEST_SLOT} {settings.REDIS_URL}"
    assert databases_of_a_test_process() == ours
    for stranger in ({"BAOBAB_TEST_SLOT": None}, {"PYTEST_XDIST_WORKER": "gw99"}):
        slot, url = databases_of_a_test_process(**stranger).split()
        assert slot != str(settings.TEST_SLOT)
        assert url != settings.REDIS_URL


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("redis://cache:6379", "redis://cache:6379/1"),
        ("redis://cache:6379/", "redis://cache:6379/1"),
        ("redis://cache:6379/3", "redis://cache:6379/1"),
        ("unix:///run/redis.sock?db=0", "unix:///run/redis.sock?db=1"),
    ],
)
def test_tests_never_use_the_redis_database_they_are_given(given, used) -> None:
    assert databases_of_a_test_process(BAOBAB_TEST_SLOT=None, REDIS_URL=given) == f"1 {used}"


def test_the_product_never_imports_the_simulators() -> None:
    rooms = [ROOT / room for room in ("platform", "shared_apps", "billing", "provisioning", "tenant_apps")]
    importing = [
        str(path.relative_to(ROOT))
        for room in rooms
        for path in room.rglob("*.py")
        if "tests" not in path.relative_to(ROOT).parts
        and "import" in path.read_text()
        and "tests.simulators" in path.read_text()
        and "runtime" not in path.parts
    ]
    assert importing == []


def test_cookies_of_production_belong_to_one_host() -> None:
    code = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN])"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", **GOOD}
    output = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert output.stdout.strip() == str(
        ["__Host-sessionid", "__Host-csrftoken", "__Host-language", True, True, True, None, None]
    )
