"""What customers type about a product, and what staff answer."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from shared_apps.core.widgets import RadioCards
from tenant_apps.store.models import Review
from tenant_apps.store.rules.ratings import BEST, WORDS
from tenant_apps.store.services.reviews import ReviewDetails
from tenant_apps.team.forms import OneLineField, WorkspaceForm


class PlainTextField(forms.CharField):
    """Text of several lines as it was typed; browsers send a line's end as two characters, it counts as one."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class ReviewForm(WorkspaceForm):
    """What somebody says about a product. `details` is there once the form is valid."""

    rating = forms.TypedChoiceField(
        label=gettext_lazy("Your rating"), coerce=int,
        widget=RadioCards, error_messages={"required": gettext_lazy("Choose a rating from 1 to 5.")},
    )  # fmt: skip
    title = OneLineField(label=gettext_lazy("In a few words"), max_length=100, required=False)
    text = PlainTextField(
        rows=5, label=gettext_lazy("Your review"), max_length=2000, required=False,
        help_text=gettext_lazy("What did you like, what could be better? The shop reads it before it is shown."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rating = cast("forms.ChoiceField", self.fields["rating"])
        rating.choices = [(number, f"{number}/{BEST} · {word}") for number, word in WORDS.items()]

    @classmethod
    def values_of(cls, review: Review) -> dict[str, Any]:
        """A review as it goes back into the form."""
        return {"rating": review.rating, "title": review.title, "text": review.text}

    @property
    def details(self) -> ReviewDetails:
        return ReviewDetails(**{name: self.cleaned_data[name] for name in ("rating", "title", "text")})


class VersionForm(WorkspaceForm):
    """A decision about the words that were read."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=40)


class RejectForm(VersionForm):
    reason = OneLineField(
        label=gettext_lazy("Why it is not shown"), max_length=300,
        help_text=gettext_lazy("Its author reads this, and may change the review."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class ReplyForm(VersionForm):
    reply = PlainTextField(
        rows=4, label=gettext_lazy("Your reply"), max_length=1000, required=False,
        help_text=gettext_lazy("Everybody reads it below the review. Leave it empty to take a reply away."),
    )  # fmt: skip
