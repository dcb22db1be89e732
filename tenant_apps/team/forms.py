"""What the forms of the workspaces share."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import phonenumbers
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shared_apps.core import forms as core_forms
from shared_apps.core.errors import DomainError
from shared_apps.core.widgets import FileDrop, PhoneInput
from tenant_apps.team.access import StaffRequest
from tenant_apps.team.images import MAX_BYTES
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import pending_photos
from tenant_apps.team.services.photos import keep_photo

T = TypeVar("T")
COLOUR = re.compile(r"#[0-9a-f]{6}")


class WorkspaceForm(core_forms.PlainForm):
    """A form of a workspace. `team/upgrade.html` shows the way to a larger plan where `upgrade_url` is set."""

    upgrade_url: str = ""


def show_error(form: WorkspaceForm, error: DomainError) -> None:
    """Put a service's answer beside its field, with the way to a larger plan where that is the way out."""
    core_forms.show_error(form, error)
    form.upgrade_url = error.extra.get("upgrade_url", "")


def save_form(form: WorkspaceForm, save: Callable[[], T]) -> T | None:
    """What `save` makes of a form that is valid; None when form or service refuse, and the form says why."""
    if not form.is_valid():
        return None
    try:
        return save()
    except DomainError as error:
        show_error(form, error)
        return None


def key_field() -> forms.UUIDField:
    """Made with the empty form and sent with it, so that a form sent twice makes one thing."""
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=True)


class OneLineField(forms.CharField):
    """Text on one line: any run of spaces counts as one."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


def category_field() -> OneLineField:
    """A category by its name. The page lists `category_names` in a datalist of that id."""
    return OneLineField(
        label=_("Category"),
        max_length=80,
        required=False,
        help_text=_("Choose one, or type a new one."),
        widget=forms.TextInput(attrs={"list": "category-names", "autocomplete": "off"}),
    )


class ColourField(forms.CharField):
    """A colour for buttons and links, "" when it is the platform's own. The theme makes it readable."""

    PLATFORM = "#17553a"

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "color", "class": "input-short"})
        help_text = _("If it is too light to be read, the nearest darker one is used.")
        super().__init__(**{"widget": widget, "required": False, "help_text": help_text, **kwargs})

    def to_python(self, value: Any) -> str:
        colour = (super().to_python(value) or "").lower()
        if colour in ("", self.PLATFORM):
            return ""
        if not COLOUR.fullmatch(colour):
            raise forms.ValidationError(_("Choose a colour, for example #1a5c3a."))
        return colour

    def prepare_value(self, value: Any) -> Any:
        """A colour input cannot be empty."""
        return value or self.PLATFORM


class PhoneField(forms.CharField):
    """A telephone number, cleaned to E.164, "" where it may be left empty and is.

    A number without a country code is read as one of `region` (ISO 3166-1), which a form may set after it is made; without a
    region the country code must be typed.
    """

    def __init__(self, *, region: str = "", **kwargs: Any) -> None:
        self.region = region
        super().__init__(**{"max_length": 30, "widget": PhoneInput, **kwargs})

    def to_python(self, value: Any) -> str:
        typed = (super().to_python(value) or "").strip()
        if not typed:
            return ""
        try:
            number = phonenumbers.parse(typed, self.region or None)
        except phonenumbers.NumberParseException:
            raise forms.ValidationError(self._unreadable()) from None
        if not phonenumbers.is_valid_number(number):
            raise forms.ValidationError(gettext("This number does not exist in this country. Check its digits."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def prepare_value(self, value: Any) -> Any:
        """A number that is kept, as people read it; one that was just typed, as it was."""
        try:
            number = phonenumbers.parse(value or "", None)
        except phonenumbers.NumberParseException:
            return value
        if phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) != value:
            return value
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def _unreadable(self) -> str:
        if self.region:
            return gettext("Check the digits of this number.")
        return gettext("Start with the country code, for example +237 6 71 23 45 67.")


class PhotoDrop(FileDrop):
    """Where photos are dropped."""

    def __init__(self, *, several: bool = False) -> None:
        self.allow_multiple_selected = several
        super().__init__(
            attrs={"multiple": True} if several else None,
            accept="image/jpeg,image/png,image/webp",
            hint=_("JPEG, PNG or WebP, at most 15 MB. It is resized for you."),
            max_bytes=MAX_BYTES,
        )


class PhotoField(forms.FileField):
    """A field for photos. It judges nothing: `collect_photos` takes the files and says what is wrong with them."""

    def __init__(self, *, label: Any, several: bool = False) -> None:
        super().__init__(label=label, required=False, widget=PhotoDrop(several=several))

    def clean(self, data: Any, initial: Any = None) -> None:
        """Nothing is wrong yet, and nothing goes into `cleaned_data`."""


def collect_photos(request: StaffRequest, form: WorkspaceForm, *, field: str) -> list[Photo]:
    """The photos of a sent form: those kept from an earlier try, and those sent now.

    Photos are kept even when another field is wrong, so that nobody sends 5 MB twice over a slow link. What is wrong
    with a photo goes beside `field`.
    """
    form.full_clean()
    photos = pending_photos(_kept_ids(request), user=request.user)
    for file in request.FILES.getlist(field):
        try:
            photos.append(keep_photo(file=file, size=file.size or 0, user=request.user, field=field))
        except DomainError as error:
            show_error(form, error)
    return photos


def _kept_ids(request: StaffRequest) -> list[uuid.UUID]:
    dropped = set(request.POST.getlist("drop"))
    return parse_ids(text for text in request.POST.getlist("pending") if text not in dropped)


def parse_ids(texts: Any) -> list[uuid.UUID]:
    """The ids among these texts; what is not an id is left out."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
