"""Form widgets of the design system. Their templates are in `templates/django/forms/widgets/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.safestring import SafeString

Text = str | Promise | SafeString


@dataclass(frozen=True, slots=True)
class Card:
    """What a radio card says beside its label. `aside` is short and stands at the end: a price, a delay. One that is
    `disabled` is read and cannot be chosen; its description says why."""

    description: Text = ""
    aside: Text = ""
    icon: str = ""
    badge: Text = ""
    disabled: bool = False
    mark: str = ""  # `data-mark` of the option's input, for stylesheets


class RadioCards(forms.RadioSelect):
    """A choice whose options are cards; `cards` maps an option's value to what its card says.

    `cards` may also be set after the form is built: `form.fields["plan"].widget.cards = {...}`.
    """

    template_name = "django/forms/widgets/radio_cards.html"
    option_template_name = "django/forms/widgets/radio_card_option.html"

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = (), cards: Mapping[str, Card] | None = None):
        super().__init__(attrs, choices)
        self.cards: Mapping[str, Card] = cards or {}

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        card = option["card"] = self.cards.get(str(value))
        if card and card.disabled:
            option["attrs"]["disabled"] = True
        if card and card.mark:
            option["attrs"]["data-mark"] = card.mark
        return option


class AffixInput(forms.TextInput):
    """A text input with fixed text before or after it, such as the platform's domain behind a subdomain."""

    template_name = "django/forms/widgets/affix.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, prefix: Text = "", suffix: Text = "", icon: str = ""):
        super().__init__(attrs)
        self.prefix = prefix
        self.suffix = suffix
        self.icon = icon

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"].update(prefix=self.prefix, suffix=self.suffix, icon=self.icon)
        return context


class SubdomainInput(AffixInput):
    """The name of a workspace's address; `suffix` is the rest of the host, with its leading dot."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, suffix: Text = ""):
        defaults = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}
        super().__init__({**defaults, **(attrs or {})}, suffix=suffix)


class PhoneInput(AffixInput):
    """A telephone number; `prefix` may show the country code that is assumed."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None, *, prefix: Text = ""):
        defaults = {"autocomplete": "tel", "inputmode": "tel", "class": "input-medium"}
        super().__init__({**defaults, **(attrs or {})}, prefix=prefix, icon="" if prefix else "phone")


class MoneyInput(AffixInput):
    """An amount in major units, typed as people write it; the form's `clean` turns it into Money."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, currency: Text = "FCFA"):
        defaults = {"inputmode": "decimal", "autocomplete": "off", "class": "input-medium input-amount"}
        super().__init__({**defaults, **(attrs or {})}, suffix=currency)


class CodeInput(forms.TextInput):
    """A one-time code, filled in by the phone from the message where it can."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, length: int = 6):
        defaults = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "pattern": f"[0-9 ]{{{length},{length * 2}}}",
            "maxlength": str(length * 2),
            "data-code-length": str(length),
            "class": "input-code",
        }
        super().__init__({**defaults, **(attrs or {})})


class FileDrop(forms.FileInput):
    """A file to drop or choose, with a preview. `hint` names the kinds and the size; `max_bytes` warns early."""

    template_name = "django/forms/widgets/file_drop.html"

    def __init__(
        self, attrs: dict[str, Any] | None = None, *, accept: str = "", hint: Text = "", max_bytes: int | None = None
    ):
        super().__init__({**({"accept": accept} if accept else {}), **(attrs or {})})
        self.hint = hint
        self.max_bytes = max_bytes

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"].update(hint=self.hint, max_bytes=self.max_bytes)
        return context
