"""The style guide: every component with realistic content, and every frame and error page. Development only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.money import Money
from shared_apps.core import charts
from shared_apps.core.iconset import icon_names
from shared_apps.core.widgets import (
    AffixInput,
    Card,
    CodeInput,
    FileDrop,
    MoneyInput,
    PhoneInput,
    RadioCards,
    SubdomainInput,
)

FRAMES = ("public", "focus", "workspace", "tenant")
ERRORS = ("400", "403", "404", "csrf", "unknown_host", "suspended", "closed", "maintenance", "domain", "500", "offline")
SECTIONS = [
    "foundations",
    "buttons",
    "forms",
    "errors",
    "steps",
    "status",
    "overlays",
    "navigation",
    "table",
    "lists",
    "charts",
    "money-receipt",
    "icons",
]
MONTHS = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
MAX_RECEIPT_BYTES = 5_000_000


class SampleForm(forms.Form):
    """One field of every kind."""

    email = forms.EmailField(
        label="Adresse e-mail",
        help_text="Nous y envoyons un code à six chiffres.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    organisation = forms.CharField(label="Nom de l’organisation", max_length=80)
    subdomain = forms.CharField(
        label="Adresse de votre espace",
        help_text="Des lettres, des chiffres et des tirets.",
        widget=SubdomainInput(suffix=".baobab.example"),
    )
    phone = forms.CharField(label="Numéro MTN Mobile Money", widget=PhoneInput(prefix="+237"))
    amount = forms.CharField(label="Montant reçu", widget=MoneyInput(currency="FCFA"))
    code = forms.CharField(label="Code reçu par e-mail", widget=CodeInput())
    discount = forms.CharField(label="Remise", widget=AffixInput(attrs={"class": "input-medium"}, suffix="%"))
    country = forms.ChoiceField(label="Pays", choices=[("CM", "Cameroun"), ("CI", "Côte d’Ivoire"), ("SN", "Sénégal")])
    note = forms.CharField(
        label="Message", required=False, widget=forms.Textarea, help_text="Tout ce qui peut nous aider à vous répondre."
    )
    plan = forms.ChoiceField(
        label="Formule",
        choices=[("bronze", "Bronze"), ("silver", "Argent"), ("gold", "Or")],
        initial="silver",
        widget=RadioCards(),
    )
    method = forms.ChoiceField(
        label="Moyen de paiement",
        choices=[("mtn_momo", "MTN Mobile Money"), ("paypal", "PayPal"), ("bank_transfer", "Virement bancaire")],
        widget=RadioCards(
            cards={
                "mtn_momo": Card("Vous confirmez sur votre téléphone.", "immédiat", "smartphone"),
                "paypal": Card("Payé en euros, au cours affiché avant de payer.", "immédiat", "wallet"),
                "bank_transfer": Card("Vous envoyez le reçu, nous le vérifions.", "1 à 2 jours", "landmark"),
            }
        ),
    )
    days = forms.MultipleChoiceField(
        label="Jours de sauvegarde",
        choices=[("1", "Lundi"), ("3", "Mercredi"), ("5", "Vendredi")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    receipt = forms.FileField(
        label="Reçu du virement",
        widget=FileDrop(
            accept="image/png,image/jpeg,application/pdf",
            hint="PNG, JPEG ou PDF, 5 Mo au plus",
            max_bytes=MAX_RECEIPT_BYTES,
        ),
    )
    consent = forms.BooleanField(
        label="J’accepte les conditions générales et la politique de confidentialité",
        help_text="Vous pouvez retirer votre accord à tout moment.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self.fields["plan"].widget
        assert isinstance(plan, RadioCards)
        plan.cards = {
            "bronze": Card("2 serveurs, 100 sauvegardes par mois", _money(25_000)),
            "silver": Card("5 serveurs, réplication et vérification", _money(50_000), badge="Le plus choisi"),
            "gold": Card("20 serveurs, API et assistance prioritaire", _money(100_000)),
        }


class FilterForm(forms.Form):
    """The filters of a list."""

    q = forms.CharField(label="Rechercher", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    state = forms.ChoiceField(
        label="État", required=False, choices=[("", "Tous"), ("paid", "Payée"), ("pending", "En attente")]
    )


def _money(minor: int, currency: str = "XAF") -> SafeString:
    return format_html('<span class="money">{}</span>', Money(minor, currency).display("fr"))


def _pattern() -> SafeString:
    """A square that stands in for a QR code; it encodes nothing."""
    squares = "".join(f"M{x} {y}h1v1h-1z" for x in range(21) for y in range(21) if (x * x + y * y * 3 + x * y) % 5 < 2)
    return format_html('<svg viewBox="0 0 21 21" fill="currentColor" aria-hidden="true"><path d="{}"/></svg>', squares)


def _sample_errors() -> SampleForm:
    form = SampleForm(
        {"email": "awa.diop@", "organisation": "Librairie Kola", "subdomain": "www", "plan": "gold", "phone": "6 71"},
        auto_id="bad_%s",
    )
    form.full_clean()
    form.add_error("subdomain", "« www » est réservé. Essayez « librairie-kola ».")
    form.add_error("phone", "Ce numéro est trop court : il faut neuf chiffres.")
    return form


def _fcfa(value: charts.Number) -> str:
    return f"{int(value):,}".replace(",", "\u202f")


def _charts() -> dict[str, Any]:
    sales = [820, 940, 905, 1210, 1180, 1340, 1290, 1510, 1620, 1580, 1890, 2140]
    renewals = [400, 450, 480, 520, 600, 640, 700, 760, 800, 860, 900, 980]
    store, events, esxi = [4, 6, 5, 8, 9, 12], [2, 3, 5, 4, 6, 7], [1, 1, 2, 3, 3, 5]
    return {
        "line_chart": charts.line(
            "Revenu mensuel, en milliers de FCFA",
            MONTHS,
            [charts.Series("Total", sales), charts.Series("Renouvellements", renewals)],
            format=_fcfa,
            axis="Mois",
        ),
        "bar_chart": charts.bars(
            "Inscriptions par mois", MONTHS[:6], [charts.Series("Inscriptions", [12, 18, 9, 24, 31, 28])], axis="Mois"
        ),
        "stacked_chart": charts.stacked(
            "Nouveaux espaces par produit",
            MONTHS[:6],
            [charts.Series("Boutique", store), charts.Series("Événements", events), charts.Series("ESXi", esxi)],
            axis="Mois",
        ),
        "spark": charts.spark(sales),
    }


def _lists() -> dict[str, Any]:
    now = timezone.now()
    return {
        "crumbs": [
            {"url": "#", "label": "Organisations"},
            {"url": "#", "label": "Librairie Kola"},
            {"label": "Factures"},
        ],
        "signup_steps": [
            {"label": "Compte", "state": "done", "url": "#steps"},
            {"label": "Organisation", "state": "done", "url": "#steps"},
            {"label": "Paiement", "state": "current"},
            {"label": "Espace prêt", "state": "todo"},
        ],
        "making_steps": [
            {"label": "Paiement reçu", "state": "done", "detail": "25 000 FCFA par MTN Mobile Money"},
            {"label": "Création de votre espace", "state": "current", "detail": "Cela prend quelques secondes."},
            {"label": "Compte du propriétaire", "state": "todo"},
            {"label": "Mise en ligne", "state": "todo"},
        ],
        "failed_steps": [
            {"label": "Paiement reçu", "state": "done"},
            {
                "label": "Création de votre espace",
                "state": "failed",
                "detail": "Nous réessayons d’ici une minute. Vous ne payerez pas deux fois.",
            },
            {"label": "Mise en ligne", "state": "todo"},
        ],
        "timeline": [
            {"title": "Espace en ligne", "at": now, "icon": "check", "tone": "success"},
            {"title": "Paiement accepté", "at": now - timedelta(minutes=1), "icon": "credit-card", "tone": "info"},
            {
                "title": "Reçu à compléter",
                "at": now - timedelta(hours=2),
                "who": "Équipe de vérification",
                "text": "La référence n’est pas lisible.",
                "icon": "triangle-alert",
                "tone": "warning",
            },
        ],
        "columns": [
            {"key": "number", "label": "Facture"},
            {"key": "date", "label": "Date"},
            {"key": "state", "label": "État"},
            {"key": "total", "label": "Montant", "number": True},
        ],
        "rows": [
            {
                "number": "2026-000128",
                "url": "#table",
                "date": "21 novembre 2026",
                "state": "Payée",
                "total": _money(50_000),
            },
            {
                "number": "2026-000097",
                "url": "#table",
                "date": "21 octobre 2026",
                "state": "Payée",
                "total": _money(50_000),
            },
            {
                "number": "2026-000071",
                "url": "#table",
                "date": "21 septembre 2026",
                "state": "En attente",
                "total": _money(1_250_000),
            },
        ],
        "chips": [{"url": "#filters", "label": "Payée"}, {"url": "#filters", "label": "Novembre 2026"}],
        "tabs": [
            {"url": "#tabs", "label": "Toutes", "current": True, "count": 128},
            {"url": "#tabs", "label": "À vérifier", "count": 4},
            {"url": "#tabs", "label": "Rejetées"},
        ],
        "bank": [
            {"label": "Bénéficiaire", "value": "Baobab SARL", "copy": True},
            {"label": "IBAN", "value": "CM21 1000 2000 3002 7797 6315 008", "copy": "CM2110002000300277976315008"},
            {"label": "Référence à indiquer", "value": "BAO-7K4M-2Q", "copy": True},
            {"label": "Montant", "value": _money(25_000), "copy": "25000"},
        ],
        "receipt": {
            "title": "Reçu",
            "number": "R-2026-000128",
            "from_name": "Librairie Kola",
            "at": now,
            "lines": [
                {"label": "Sauvegarde ESXi, Bronze", "value": _money(25_000)},
                {"label": "Coupon BIENVENUE", "value": _money(-5_000)},
                {"label": "TVA 19,25 %", "value": _money(3_850)},
            ],
            "total_label": "Total payé",
            "total": Money(23_850, "XAF"),
            "status_text": "Payé",
            "status_tone": "success",
            "note": "Payé par MTN Mobile Money. Ce reçu n’est pas une facture.",
        },
        "qr": _pattern(),
        "soon": now + timedelta(minutes=14, seconds=32),
        "page": Paginator(range(128), 10).page(3),
    }


def _shell() -> dict[str, Any]:
    entries = [
        ("Tableau de bord", "layout-dashboard", "Accueil", 0),
        ("Commandes", "clipboard-list", "", 3),
        ("Produits", "package", "", 0),
        ("Clients", "users", "", 0),
        ("Stock", "boxes", "", 0),
        ("Caisse", "barcode", "", 0),
        ("Réglages", "settings", "", 0),
    ]
    return {
        "organisation": {"name": "Librairie Kola", "home_url": "#", "tagline": "Livres et papeterie à Douala"},
        "nav": [
            {"url": "#", "label": label, "icon": icon, "short": short, "count": count, "current": index == 0}
            for index, (label, icon, short, count) in enumerate(entries)
        ],
        "site_nav": [
            {"url": "#", "label": "Produits"},
            {"url": "#", "label": "Tarifs", "current": True},
            {"url": "#", "label": "Aide"},
        ],
        "footer_nav": [
            {"url": "#", "label": "Contact"},
            {"url": "#", "label": "État du service"},
            {"url": "#", "label": "Confidentialité"},
        ],
        "account": {
            "name": "Awa Diop",
            "email": "awa@kola.example",
            "signed_in": True,
            "home_url": "#",
            "logout_url": "#",
            "links": [
                {"url": "#", "label": "Mon profil", "icon": "user"},
                {"url": "#", "label": "Sécurité", "icon": "shield-check"},
            ],
        },
        "visitor": {"login_url": "#", "signup_url": "#"},
        "search": {"url": "#", "label": "Rechercher une commande, un produit"},
        "notifications": {"url": "#", "unread": 2},
        "usage": {"label": "Produits", "used": 46, "limit": 50, "text": "46 sur 50", "url": "#", "high": True},
        "cart": {"url": "#", "count": 2},
    }


def _frame(request: HttpRequest, show: str) -> HttpResponse:
    context = {**_shell(), **_lists(), **_charts(), "form": SampleForm()}
    if show in FRAMES:
        if show in ("public", "tenant"):
            context["account"] = context["visitor"]
        if show == "focus":
            context.update(steps=context["signup_steps"], steps_label="Inscription")
        return render(request, f"styleguide/frame_{show}.html", context)
    if show in ERRORS:
        return render(
            request, f"errors/{show}.html", {"error": {"message": "Ce coupon n’est plus valable."}, "until": None}
        )
    raise Http404(show)


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """The style guide, or with `?show=` one frame or error page by itself."""
    show = request.GET.get("show", "")
    if show:
        return _frame(request, show)
    context = {
        **_shell(),
        **_lists(),
        **_charts(),
        "form": SampleForm(),
        "bad_form": _sample_errors(),
        "filter_form": FilterForm(auto_id="filter_%s"),
        "icons": icon_names(),
        "sections": SECTIONS,
        "frames": FRAMES,
        "error_pages": ERRORS,
        "amounts": [Money(25_000, "XAF"), Money(1_250_000, "XOF"), Money(1906, "EUR")],
    }
    return render(request, "styleguide/index.html", context)
