"""What the forms of the workspaces share."""

from __future__ import annotations

import pytest
from django import forms
from django.utils import translation

from shared_apps.core.errors import DomainError
from tenant_apps.team.forms import WorkspaceForm, category_field, save_form
from tenant_apps.team.member_forms import TransferForm


class ShelfForm(WorkspaceForm):
    name = forms.CharField(max_length=10)
    category = category_field()


def refuse(field: str) -> None:
    raise DomainError("full", "The shelf is full.", field=field, extra={"upgrade_url": "https://example.org/"})


def test_a_valid_form_gives_what_saving_it_made() -> None:
    form = ShelfForm({"name": "Riz", "category": "  Céréales   du  Nord "})
    assert save_form(form, lambda: form.cleaned_data) == {"name": "Riz", "category": "Céréales du Nord"}


def test_nothing_is_saved_of_a_form_that_is_not_valid() -> None:
    saved: list[int] = []
    form = ShelfForm({"name": ""})
    assert save_form(form, lambda: saved.append(1)) is None
    assert (saved, list(form.errors)) == ([], ["name"])


def test_what_the_service_refuses_is_said_on_the_form() -> None:
    form = ShelfForm({"name": "Riz"})
    assert save_form(form, lambda: refuse("name")) is None
    assert form.errors == {"name": ["The shelf is full."]}
    assert form.upgrade_url == "https://example.org/"
    other = ShelfForm({"name": "Riz"})
    save_form(other, lambda: refuse("something-else"))
    assert other.non_field_errors() == ["The shelf is full."]


def test_the_name_to_type_is_text_and_not_html() -> None:
    field = TransferForm(others=[], organisation="Chez <b>Awa</b>")["name"]
    assert "Chez &lt;b&gt;Awa&lt;/b&gt;" in field.as_field_group()
    assert "<b>" not in field.as_field_group()


class LimitsForm(WorkspaceForm):
    pieces = forms.IntegerField(min_value=1, max_value=5000)
    name = forms.CharField(min_length=2, max_length=4)
    own = forms.CharField(error_messages={"max_length": "Shorter."}, max_length=4)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"pieces": "6000", "name": "abcde"}, {"pieces": ["At most 5,000."], "name": ["At most 4 characters."]}),
        ({"pieces": "0", "name": "a"}, {"pieces": ["At least 1."], "name": ["At least 2 characters."]}),
        ({"pieces": "1", "name": "ab"}, {}),
    ],
)
def test_limits_are_said_as_people_say_them(typed: dict[str, str], told: dict[str, list[str]]) -> None:
    with translation.override("en"):
        form = LimitsForm({**typed, "own": "abcde"})
        assert form.errors == {**told, "own": ["Shorter."]}
