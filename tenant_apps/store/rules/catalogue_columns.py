"""The columns of a catalogue as a file. Pure.

Headings and words stand here in both languages, not in the catalogue of translations: they are a format. A file written in
one language is read in the other, and after a word of the pages was changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tenant_apps.store.models import Product
from tenant_apps.store.rules.table_files import BadTable
from tenant_apps.team.text import words_in


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its stable key, its headings, and what else people call it. `of_product`: the same in all rows of a product."""

    key: str
    english: str
    french: str
    others: tuple[str, ...] = ()
    of_product: bool = False

    @property
    def heading(self) -> str:
        """In the reader's language."""
        return self.french if _is_french() else self.english


COLUMNS = (
    Column("slug", "Product address", "Adresse du produit", ("handle", "identifiant"), of_product=True),
    Column("name", "Name", "Nom", ("product", "produit", "nom du produit", "titre", "title", "désignation"), of_product=True),
    Column("shelf", "Shelf", "Rayon", ("category", "catégorie"), of_product=True),
    Column("brand", "Brand", "Marque", (), of_product=True),
    Column("summary", "In a sentence", "En une phrase", ("résumé",), of_product=True),
    Column("description", "Description", "Description", (), of_product=True),
    Column("status", "Status", "Statut", ("état",), of_product=True),
    Column("supply", "Availability", "Disponibilité", (), of_product=True),
    Column("preorder_from", "Expected on", "Attendu le", (), of_product=True),
    Column("badges", "Badges", "Badges", ("étiquettes",), of_product=True),
    Column("specifications", "Specifications", "Caractéristiques", (), of_product=True),
    Column("meta_title", "Title for search engines", "Titre pour les moteurs de recherche", ("seo title",), of_product=True),
    Column("meta_description", "Text for search engines", "Texte pour les moteurs de recherche", ("seo description",), of_product=True),
    Column("options", "Options", "Options", ("variant", "variante", "déclinaison")),
    Column("sku", "Reference", "Référence", ("réf", "ref")),
    Column("barcode", "Barcode", "Code-barres", ("ean", "gtin", "code barre")),
    Column("price", "Price", "Prix", ("prix de vente",)),
    Column("promo", "Promotional price", "Prix promotionnel", ("prix promo", "prix soldé")),
    Column("promo_starts_at", "Promotion starts", "Début de la promotion", ("début promo",)),
    Column("promo_ends_at", "Promotion ends", "Fin de la promotion", ("fin promo",)),
    Column("cost", "Cost", "Coût", ("prix d'achat", "coût de revient")),
    Column("low_stock_at", "Low stock at", "Stock faible à", ("seuil",)),
    Column("is_active", "Variant on sale", "Variante en vente", ()),
    Column("stock", "Pieces in stock", "Pièces en stock", ("quantity", "quantité", "qty", "pieces", "pièces")),
)  # fmt: skip
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
OF_PRODUCT = tuple(column.key for column in COLUMNS if column.of_product)
# One of these says which product a row is of.
TELLING = ("slug", "name", "sku", "barcode")
# Their cells are amounts in the shop's currency.
AMOUNTS = ("price", "promo", "cost")


def key_of(text: str) -> str:
    """What headings and words are compared by: "Prix promo." is "prix promo"."""
    return " ".join(words_in(text))


_KEYS = {
    key_of(heading): column.key
    for column in COLUMNS
    for heading in (column.key, column.english, column.french, *column.others)
}

# What a cell of these columns may say: the value, then its words in English and French; the first of each is written.
WORDS: Mapping[str, Mapping[object, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "status": {
        Product.Status.PUBLISHED: (("on sale", "published", "active"), ("en vente", "publié", "actif")),
        Product.Status.DRAFT: (("draft", "hidden"), ("brouillon", "masqué")),
    },
    "supply": {
        Product.Supply.STOCK: (("in stock", "stock"), ("en stock",)),
        Product.Supply.ALWAYS: (("always",), ("toujours",)),
        Product.Supply.PREORDER: (("pre-order", "preorder"), ("précommande", "pré-commande")),
        Product.Supply.NONE: (("not now", "none"), ("pas maintenant", "indisponible")),
    },
    "badges": {
        Product.Badge.NEW: (("new",), ("nouveau", "nouveauté")),
        Product.Badge.POPULAR: (("popular",), ("populaire",)),
        Product.Badge.STUDENT: (("for students", "student"), ("pour étudiants", "étudiant")),
        Product.Badge.PRO: (("for professionals", "pro"), ("pour professionnels",)),
    },
    "is_active": {
        True: (("yes", "true", "1", "x"), ("oui", "vrai")),
        False: (("no", "false", "0"), ("non", "faux")),
    },
}
_VALUES = {
    column: {key_of(word): value for value, languages in words.items() for said in languages for word in said}
    for column, words in WORDS.items()
}


def value_said(column: str, word: str) -> object | None:
    """What a word in a cell of that column means; None for one that nobody knows."""
    return _VALUES[column].get(key_of(word))


def word_for(column: str, value: object) -> str:
    """How a value is written, in the reader's language."""
    english, french = WORDS[column][value]
    return french[0] if _is_french() else english[0]


def words_for(column: str) -> str:
    """All that a cell of that column may say, in the reader's language."""
    return ", ".join(word_for(column, value) for value in WORDS[column])


def _is_french() -> bool:
    return (get_language() or "fr").startswith("fr")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the first row says: the key of each column that is known, by its place, and the headings that are not."""

    keys: Mapping[int, str]
    unknown: tuple[str, ...]


def read_heading(cells: Sequence[str]) -> Heading:
    """Find out which column is which. Raises BadTable (`no_columns`, `column_twice`)."""
    keys: dict[int, str] = {}
    unknown = []
    for place, cell in enumerate(cells):
        key = _KEYS.get(key_of(cell))
        if key is None:
            if cell:
                unknown.append(cell[:60])
        elif key in keys.values():
            text = _("Two columns are called “%(heading)s”. Keep one of them, and send the file again.")
            raise BadTable("column_twice", text % {"heading": BY_KEY[key].heading})
        else:
            keys[place] = key
    if not set(TELLING) & set(keys.values()):
        text = _(
            "The first row must name the columns: at least Name and Price for new products, or Reference for those you have."
        )
        raise BadTable("no_columns", text)
    return Heading(keys, tuple(unknown))
