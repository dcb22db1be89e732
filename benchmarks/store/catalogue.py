"""The goods that both shops sell: the same names, shelves, brands, variants, prices and pieces, from numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GOODS = ("Pagne", "Boubou", "Robe", "Chemise", "Sandales", "Sac", "Collier", "Savon", "Beurre de karité", "Café",
         "Riz", "Téléphone", "Chargeur", "Lampe", "Ventilateur", "Natte", "Tabouret", "Marmite", "Cahier", "Ballon")  # fmt: skip
KINDS = ("wax", "bazin", "indigo", "brodé", "léger", "doux", "solide", "rouge", "double", "naturel", "tissé", "neuf")
SIZES = ("S", "M", "L")
MATERIALS = ("Coton", "Soie", "Lin", "Raphia", "Cuir", "Bois", "Métal", "Argile")
BRANDS = tuple(f"{first} {last}" for first in ("Wouri", "Ndolo", "Sahel", "Teranga", "Kilima", "Baoulé", "Fouta", "Mono")
               for last in ("Création", "Maison", "Atelier", "et Fils", "Comptoir"))  # fmt: skip
TOP_SHELVES = 8
SHELVES_ON_EACH = 5
PIECES = 100_000  # of each variant, so that nothing is sold out while it is measured
ABOUT = ("Fait à la main par des artisans de la région, dans une matière choisie pour durer. "
         "Chaque pièce est contrôlée avant de partir. Lavage à froid, séchage à l'ombre. ")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A product: its shelf as (top, below) numbers, what each variant is called and costs."""

    number: int
    name: str
    shelf: tuple[int, int]
    brand: str
    material: str
    variants: tuple[tuple[str, int], ...]

    @property
    def slug(self) -> str:
        return f"article-{self.number}"

    @property
    def summary(self) -> str:
        return f"{self.name}, de {self.brand}, en {self.material.lower()}."

    @property
    def description(self) -> str:
        return ABOUT * (2 + self.number % 3)


def items(first: int, last: int) -> Iterator[Item]:
    """The products from number `first` up to `last`, without it: half of them come in one variant, the rest in two or three."""
    for number in range(first, last):
        sizes = SIZES[: (1, 2, 1, 3)[number % 4]]
        price = 500 + number * 37 % 600 * 100
        yield Item(
            number=number,
            name=f"{GOODS[number % len(GOODS)]} {KINDS[number // len(GOODS) % len(KINDS)]} {number}",
            shelf=(number % TOP_SHELVES, number // TOP_SHELVES % SHELVES_ON_EACH),
            brand=BRANDS[number % len(BRANDS)],
            material=MATERIALS[number // 3 % len(MATERIALS)],
            variants=tuple((size if len(sizes) > 1 else "", price + 500 * place) for place, size in enumerate(sizes)),
        )


def shelf_name(top: int, below: int | None = None) -> str:
    """What a shelf is called; the top one without `below`."""
    return f"Rayon {top + 1}" if below is None else f"Rayon {top + 1} {chr(ord('A') + below)}"


# What is asked of both shops.
SHELF = 2
LOOKED_AT = tuple(f"article-{number}" for number in range(5, 1_000, 5))
QUERIES = ("pagne", "robe wax", "savon doux", "marmite", "sandales bazin", "cahier", "collier indigo", "lampe solide")
