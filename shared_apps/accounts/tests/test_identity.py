"""Identity checks: scrubbed papers, one verdict by another person, files that go. And following people who work here."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from shared_apps.accounts.models import Follow, IdentityCheck, User
from shared_apps.accounts.selectors import is_identity_proved
from shared_apps.accounts.services.following import follow, set_notify, unfollow
from shared_apps.accounts.services.identity import decide_check, purge_identity_files, submit_check
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.team.tests.support import photo_bytes
from tests.support.factories import make_admin, make_user
from tests.support.tenants import Browser, client_of, owner_of, ready_tenant

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def photo(comment: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", photo_bytes(comment=comment), content_type="image/jpeg")


def sent(user: User) -> IdentityCheck:
    return submit_check(user=user, document_type="passport", document=photo(b"canary"), selfie=photo())


def logged_in(tenant: Tenant, user: User) -> Browser:
    browser = Browser(tenant)
    browser.force_login(user, backend=BACKEND)
    return browser


def test_papers_are_made_anew_and_one_check_waits(tenant: Tenant) -> None:
    browser = logged_in(tenant, make_user(email="awa@example.org"))
    form = {"document_type": "passport", "document": photo(b"canary"), "selfie": photo()}
    assert browser.post("/accounts/identity/", form)["Location"] == "/accounts/identity/"
    check = IdentityCheck.objects.get()
    content = default_storage.open(check.document_file).read()
    assert b"canary" not in content
    assert Image.open(BytesIO(content)).format == "JPEG"
    with pytest.raises(DomainError) as refused:
        sent(check.user)
    assert refused.value.code == "identity_waiting"
    assert len(default_storage.listdir("identity")[1]) == 2


@pytest.mark.parametrize("field", ["document", "selfie"])
def test_what_is_no_photo_is_refused_beside_its_field(tenant: Tenant, field: str) -> None:
    browser = logged_in(tenant, make_user())
    form = {"document_type": "passport", "document": photo(), "selfie": photo()}
    page = browser.post("/accounts/identity/", {**form, field: SimpleUploadedFile("x.svg", b"<svg onload=alert(1)>")})
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not IdentityCheck.objects.exists()


def test_a_reviewer_approves_and_it_ends_by_date(tenant: Tenant, tenant_client: Client) -> None:
    check = sent(make_user())
    assert tenant_client.post(f"/staff/identity/{check.pk}/", {"decision": "approve", "months": "6"}).status_code == 302
    browser = Browser(tenant)
    browser.get("/")
    assert is_identity_proved(check.user)
    assert not is_identity_proved(check.user, today=timezone.localdate() + timedelta(days=190))
    with pytest.raises(DomainError) as refused:
        decide_check(check=check, by=owner_of(tenant), approved=False, comment="late")
    assert refused.value.code == "identity_decided"


def test_a_rejection_needs_a_comment_and_nobody_decides_their_own(tenant: Tenant) -> None:
    owner = owner_of(tenant)
    check = sent(make_user())
    with pytest.raises(DomainError) as refused:
        decide_check(check=check, by=owner, approved=False, comment="  ")
    assert refused.value.field == "comment"
    with pytest.raises(DomainError) as refused:
        decide_check(check=sent(owner), by=owner, approved=True)
    assert refused.value.code == "own_check"


def test_the_pictures_are_for_reviewers_of_this_schema_only(tenant: Tenant, tenant_client: Client) -> None:
    person = make_user()
    check = sent(person)
    path = f"/staff/identity/{check.pk}/document/"
    stranger = logged_in(tenant, person)
    assert stranger.get(path).status_code == 403
    answer = tenant_client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert tenant_client.get(f"/staff/identity/{check.pk}/other/").status_code == 404
    assert tenant_client.get(f"/media/{check.document_file}").status_code == 404
    other = ready_tenant("store-b")
    assert client_of(other, as_owner=True).get(path).status_code == 404


def test_the_back_office_reviews_the_platforms_own(public_client: Client) -> None:
    check = sent(make_user())
    public_client.force_login(make_admin(), backend=BACKEND)
    assert str(check.user) in public_client.get("/backoffice/identity/").content.decode()
    assert public_client.get(f"/backoffice/identity/{check.pk}/selfie/").status_code == 200
    public_client.post(f"/backoffice/identity/{check.pk}/", {"decision": "reject", "comment": "Illisible"})
    assert IdentityCheck.objects.get().comment == "Illisible"


def test_files_go_a_month_after_the_decision(tenant: Tenant) -> None:
    waiting, fresh, old = (sent(make_user()) for _ in range(3))
    for check in (fresh, old):
        decide_check(check=check, by=owner_of_all(), approved=True)
    IdentityCheck.objects.filter(pk=old.pk).update(decided_at=timezone.now() - timedelta(days=31))
    assert purge_identity_files() == 1
    assert purge_identity_files() == 0
    assert not default_storage.exists(old.document_file)
    assert default_storage.exists(fresh.document_file)
    assert default_storage.exists(waiting.document_file)
    assert IdentityCheck.objects.get(pk=old.pk).status == "approved"


def owner_of_all() -> User:
    return User.objects.filter(is_staff=True).earliest("date_joined")


@pytest.mark.parametrize("tenant", ["events-a"], indirect=True)
def test_people_follow_those_who_work_here_and_are_told_if_they_want(tenant: Tenant) -> None:
    organiser = owner_of(tenant)
    User.objects.filter(pk=organiser.pk).update(first_name="Koffi")
    organiser.refresh_from_db()
    fan, quiet, customer = make_user(), make_user(), make_user()
    browser = logged_in(tenant, fan)
    assert "Koffi" in browser.get(f"/people/{organiser.pk}/").content.decode()
    assert browser.get(f"/people/{customer.pk}/").status_code == 404
    browser.post(f"/accounts/following/{organiser.pk}/", {"do": "follow", "next": f"/people/{organiser.pk}/"})
    browser.post(f"/accounts/following/{organiser.pk}/", {"do": "follow"})
    assert browser.post(f"/accounts/following/{customer.pk}/", {"do": "follow"}).status_code == 404
    follow(follower=quiet, followed=organiser)
    set_notify(follower=quiet, followed=organiser, notify=False)
    assert Follow.objects.get(followed=organiser, notify=True).follower == fan
    assert "Koffi" in browser.get("/accounts/following/").content.decode()
    unfollow(follower=fan, followed=organiser)
    assert Follow.objects.filter(follower=fan).count() == 0


@pytest.mark.parametrize("tenant", ["events-a"], indirect=True)
def test_nobody_follows_themselves_or_a_customer(tenant: Tenant) -> None:
    organiser, customer = owner_of(tenant), make_user()
    for follower, followed in ((organiser, organiser), (organiser, customer)):
        with pytest.raises(DomainError):
            follow(follower=follower, followed=followed)
    assert not Follow.objects.exists()
