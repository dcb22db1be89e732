"""What the products of a file would become, compared with the shop as it is: for the dry run, and again when they are applied.

Reads only. Looks at many products with as many queries as at one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Brand, Location, Product, StockLevel, Variant
from tenant_apps.store.presenting import catalogue_file as files
from tenant_apps.store.rules.catalogue_cells import path_of, product_cells, variant_cells
from tenant_apps.store.rules.catalogue_columns import BY_KEY, OF_PRODUCT
from tenant_apps.store.rules.catalogue_rows import TypedProduct, TypedVariant
from tenant_apps.store.selectors.shelves import MAX_DEPTH, Shelves, read_shelves
from tenant_apps.store.services.details import ProductDetails, VariantDetails, check_details
from tenant_apps.store.services.variants import codes_taken

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"
# Where a file says it, in the words of `DomainError.field`.
_COLUMNS = {
    "option1": "options", "variants": "options", "promo_ends_at": "promo_ends_at", "promo": "promo", "sku": "sku",
    "barcode": "barcode", "specifications": "specifications", "category": "shelf",
}  # fmt: skip
_AMOUNTS = {"price": "price_minor", "promo": "promo_minor", "cost": "cost_minor"}
_MOMENTS = ("promo_starts_at", "promo_ends_at")
_TEXTS = ("brand", "summary", "description", "meta_title", "meta_description")


@dataclass(slots=True)
class Plan:
    """What becomes of a product. `pieces` are the typed ones, by the place of their variant in `details`; `shelf` is a path that
    is not there yet; `expected` the pieces there are now, by the variants' ids."""

    typed: TypedProduct
    public_id: UUID
    product: Product | None = None
    details: ProductDetails | None = None
    publish: bool | None = None
    slug: str = ""
    shelf: tuple[str, ...] = ()
    pieces: dict[int, int] = field(default_factory=dict)
    expected: dict[int, int] = field(default_factory=dict)
    changes: list[dict[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        if self.typed.problems:
            return WRONG
        if self.product is None:
            return NEW
        return CHANGED if self.changes else UNCHANGED

    @property
    def name(self) -> str:
        """What it is called, as far as anybody knows."""
        typed = str(self.typed.values.get("name") or "")
        return typed or (self.product.name if self.product else "")


@dataclass(slots=True)
class Known:
    """What is there of what a batch may mean."""

    currency: str
    counts_stock: bool
    tree: Shelves
    place: Location | None
    by_slug: dict[str, Product]
    by_code: dict[str, Product]
    by_name: dict[str, list[Product]]
    levels: dict[int, StockLevel]
    brands: dict[str, str]

    @property
    def shelves(self) -> dict[str, int]:
        """The ids of the shelves by their whole names."""
        return {key_of_path(files.shelf_name(self.tree, one.pk)): one.pk for one in self.tree.all}


def key_of_path(text: str) -> str:
    return " > ".join(" ".join(name.split()).lower() for name in text.replace("›", ">").split(">"))


def look(products: Sequence[TypedProduct], *, currency: str, counts_stock: bool) -> Known:
    """Read all that these products may mean. A constant number of queries."""
    slugs = {str(one.values["slug"]).lower() for one in products if one.values.get("slug")}
    codes = {
        str(code).lower()
        for one in products
        for variant in one.variants
        for code in (variant.values.get("sku"), variant.values.get("barcode"))
        if code
    }
    names = {
        str(one.values["name"]).lower() for one in products if one.values.get("name") and not one.values.get("slug")
    }
    found = _find(slugs, codes, names)
    place = files.default_place() if counts_stock else None
    variants = [variant for product in found for variant in files.variants_of(product)]
    brands = {str(one.values["brand"]).lower() for one in products if one.values.get("brand")}
    there = Brand.objects.annotate(key=Lower("name")).filter(key__in=brands).values_list("key", "name")
    return Known(
        currency, counts_stock, read_shelves(), place,
        by_slug={product.slug: product for product in found},
        by_code={code.lower(): one for one in found for v in one.variants.all() for code in (v.sku, v.barcode) if code},
        by_name=_by_name(found),
        levels=files.pieces_at(place, [variant.pk for variant in variants]),
        brands=dict(there),
    )  # fmt: skip


def _find(slugs: set[str], codes: set[str], names: set[str]) -> list[Product]:
    by_code = Variant.objects.annotate(sku_key=Lower("sku"), barcode_key=Lower("barcode"))
    of_codes = by_code.filter(Q(sku_key__in=codes) | Q(barcode_key__in=codes)).values_list("product", flat=True)
    ids = set(of_codes) if codes else set()
    ids |= set(Product.objects.filter(slug__in=slugs).values_list("pk", flat=True))
    if names:
        ids |= set(Product.objects.annotate(key=Lower("name")).filter(key__in=names).values_list("pk", flat=True))
    return list(files.whole(Product.objects.filter(pk__in=ids).order_by("pk")))


def _by_name(products: Sequence[Product]) -> dict[str, list[Product]]:
    found: dict[str, list[Product]] = {}
    for product in products:
        found.setdefault(product.name.lower(), []).append(product)
    return found


def plan_all(products: Sequence[tuple[UUID, TypedProduct]], known: Known) -> list[Plan]:
    """What becomes of each; what is wrong is noted in its `typed.problems`. One query more, for codes that others have."""
    shelves = known.shelves
    plans = [_plan(Plan(typed, public_id), known, shelves) for public_id, typed in products]
    sound = [(plan, plan.details) for plan in plans if plan.details and not plan.typed.problems]
    holders = [(plan.product or Product(public_id=plan.public_id), details.variants) for plan, details in sound]
    taken = codes_taken(holders)
    for (plan, _details), (holder, _variants) in zip(sound, holders, strict=True):
        if holder.public_id in taken:
            _blame(plan, taken[holder.public_id])
    return plans


def _plan(plan: Plan, known: Known, shelves: Mapping[str, int]) -> Plan:
    if plan.typed.problems:
        return plan
    try:
        plan.product = _match(plan.typed, known)
        plan.details = _merged(plan, known, shelves)
        if not plan.typed.problems:
            check_details(plan.details)
            plan.changes = _changes(plan, plan.details, known)
    except DomainError as error:
        _blame(plan, error)
    return plan


def _blame(plan: Plan, error: DomainError) -> None:
    """Put what a rule says beside the cell it is about."""
    column = _COLUMNS.get(error.field, error.field if error.field in BY_KEY else "")
    code = str(error.extra.get("code", "")).lower()
    rows = (one.row for one in plan.typed.variants if code and str(one.values.get(column) or "").lower() == code)
    plan.typed.wrong(column, str(error), row=next(rows, None))


# Which product is meant.


def _match(typed: TypedProduct, known: Known) -> Product | None:
    """By its address; else by a reference or barcode of its variants; else by its name. None: it is new."""
    if slug := str(typed.values.get("slug") or "").lower():
        found = known.by_slug.get(slug)
    else:
        found = _by_codes(typed, known) or _by_its_name(typed, known)
    if found is None and not typed.values.get("name"):
        raise DomainError("name_missing", _("There is no such product yet. A new one needs a name."), field="name")
    return found


def _by_codes(typed: TypedProduct, known: Known) -> Product | None:
    codes = [variant.values.get(key) for variant in typed.variants for key in ("sku", "barcode")]
    found = {one.pk: one for code in codes if code and (one := known.by_code.get(str(code).lower()))}
    if len(found) > 1:
        text = _("These rows name references of several products. Give each product rows of its own.")
        raise DomainError("several_products", text, field="sku")
    return next(iter(found.values()), None)


def _by_its_name(typed: TypedProduct, known: Known) -> Product | None:
    found = known.by_name.get(str(typed.values.get("name") or "").lower(), [])
    if len(found) > 1:
        text = _("Several products have this name. Say which by its reference, or by its address as an export has it.")
        raise DomainError("name_unclear", text, field="name")
    return found[0] if found else None


# What it becomes.


def _merged(plan: Plan, known: Known, shelves: Mapping[str, int]) -> ProductDetails:
    """The product with what was typed put over it. Cells that may not be empty leave what there is."""
    typed, base = plan.typed.values, _base(plan.product)
    values = {**base, **{name: typed[name] for name in _TEXTS if name in typed}}
    values["name"] = typed.get("name") or base["name"]
    values["brand"] = known.brands.get(values["brand"].lower(), values["brand"])
    values["supply"] = typed.get("supply") or base["supply"] or _usual_supply(plan.typed)
    values["preorder_from"] = typed.get("preorder_from", base["preorder_from"])
    if values["supply"] != Product.Supply.PREORDER:
        values["preorder_from"] = None
    if "badges" in typed and set(typed["badges"]) != set(base["badges"]):
        values["badges"] = tuple(typed["badges"])
    if "specifications" in typed:
        values["specifications"] = _as_before(typed["specifications"], base["specifications"])
    if "shelf" in typed:
        values["category_id"] = _shelf(plan, str(typed["shelf"]), shelves)
    plan.slug = str(typed.get("slug") or "")
    status = typed.get("status")
    plan.publish = status == Product.Status.PUBLISHED if status else (None if plan.product else True)
    values["option_names"] = _option_names(plan.typed, plan.product)
    return ProductDetails(**values, variants=_variants(plan, values["option_names"], known))


def _base(product: Product | None) -> dict[str, Any]:
    if product is not None:
        return files.product_values(product)
    texts: dict[str, Any] = dict.fromkeys(("name", *_TEXTS), "")
    nothing: dict[str, Any] = dict.fromkeys(("preorder_from", "category_id"))
    return {**texts, **nothing, "supply": "", "badges": (), "option_names": (), "specifications": ()}


def _usual_supply(typed: TypedProduct) -> str:
    """Where nobody says: counted, if pieces are."""
    counted = any(variant.values.get("stock") is not None for variant in typed.variants)
    return Product.Supply.STOCK if counted else Product.Supply.ALWAYS


def _as_before(pairs: Sequence[tuple[str, str]], before: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The pairs by the names and in the order there were before; new ones behind."""
    names = {name.lower(): (place, name) for place, (name, _value) in enumerate(before)}
    known = [(names.get(name.lower(), (len(names), name)), value) for name, value in pairs]
    return tuple((name, value) for (_place, name), value in sorted(known, key=lambda one: one[0][0]))


def _shelf(plan: Plan, text: str, shelves: Mapping[str, int]) -> int | None:
    if not text:
        return None
    if (there := shelves.get(key_of_path(text))) is not None:
        return there
    path = path_of(text)
    if len(path) > MAX_DEPTH:
        message = _("Shelves go at most %(depth)s levels deep.") % {"depth": MAX_DEPTH}
        raise DomainError("shelf_too_deep", message, field="shelf")
    plan.shelf = path
    return None


def _option_names(typed: TypedProduct, product: Product | None) -> tuple[str, ...]:
    """What the variants differ by: as the product has it, else as the first row with options says. Rows that say something else
    are wrong."""
    said = [(variant.row, variant.values["options"]) for variant in typed.variants if variant.values.get("options")]
    first = tuple(name for name, _value in said[0][1]) if said else ()
    names = tuple(product.option_names) if product else first
    for row, pairs in said:
        if sorted(name.lower() for name, _value in pairs) == sorted(name.lower() for name in names):
            continue
        if product is None:
            text = _("Give all rows of a product the same options: %(names)s.") % {"names": ", ".join(names)}
        else:
            text = _("This product has other options, or none. Change what its variants differ by on its page first.")
        typed.wrong("options", text, row=row)
    return names


def _variants(plan: Plan, names: tuple[str, ...], known: Known) -> tuple[VariantDetails, ...]:
    """The variants there are, those of the file changed, new ones behind. None is taken away."""
    there = files.variants_of(plan.product) if plan.product else []
    variants = [VariantDetails(**files.variant_values(one)) for one in there]
    named: set[int] = set()
    for typed in plan.typed.variants:
        options = _options_of(typed, names)
        at = _place_of(typed, options, variants[: len(there)], has_options=bool(names))
        if at is None and bool(options) != bool(names):
            if not typed.values.get("options"):  # else `_option_names` has told
                plan.typed.wrong("options", _("Say which variant this is, for example Size=M."), row=typed.row)
            continue
        if (at if at is not None else len(variants)) in named or (not names and at is None and variants):
            text = _("Another row describes this product too. Say in Options what they differ by, for example Size=M.")
            plan.typed.wrong("options", text, row=typed.row)
            continue
        changed = _changed(plan.typed, typed, variants[at] if at is not None else None, options)
        if changed is None:
            continue
        if at is None:
            at = len(variants)
            variants.append(changed)
        variants[at] = changed
        named.add(at)
        _note_pieces(plan, typed, at, there[at] if at < len(there) else None, known)
    return tuple(variants)


def _options_of(typed: TypedVariant, names: tuple[str, ...]) -> tuple[str, ...]:
    said = {name.lower(): value for name, value in typed.values.get("options") or ()}
    return tuple(said[name.lower()] for name in names) if all(name.lower() in said for name in names) else ()


def _place_of(
    typed: TypedVariant, options: tuple[str, ...], variants: Sequence[VariantDetails], *, has_options: bool
) -> int | None:
    """Which of the variants a row means: by its codes, else by its options; the only one of a product without options."""
    if not has_options:
        return 0 if variants else None
    tests: list[Callable[[VariantDetails], bool]] = [
        lambda one: bool(one.sku) and one.sku.lower() == str(typed.values.get("sku") or "").lower(),
        lambda one: bool(one.barcode) and one.barcode.lower() == str(typed.values.get("barcode") or "").lower(),
        lambda one: [text.lower() for text in one.options] == [text.lower() for text in options],
    ]
    for test in tests:
        for place, one in enumerate(variants):
            if test(one):
                return place
    return None


def _changed(
    product: TypedProduct, typed: TypedVariant, base: VariantDetails | None, options: tuple[str, ...]
) -> VariantDetails | None:
    """The variant with what was typed put over it; None where a new one has no price."""
    values = {key: value for key, value in typed.values.items() if key in ("sku", "barcode", "low_stock_at")}
    values |= {name: typed.values[key] for key, name in _AMOUNTS.items() if key in typed.values}
    if values.get("price_minor") is None:
        values.pop("price_minor", None)
        if base is None:
            product.wrong("price", _("Type a price: there is none yet."), row=typed.row)
            return None
    if typed.values.get("is_active") is not None:
        values["is_active"] = typed.values["is_active"]
    for key in _MOMENTS:
        before = getattr(base, key) if base else None
        if key in typed.values and not _same_minute(before, typed.values[key]):
            values[key] = typed.values[key]
    if options and (base is None or [t.lower() for t in options] != [t.lower() for t in base.options]):
        values["options"] = options
    changed = replace(base, **values) if base else VariantDetails(**values)
    return changed if changed.promo_minor is not None else replace(changed, promo_starts_at=None, promo_ends_at=None)


def _same_minute(one: datetime | None, other: datetime | None) -> bool:
    """A file has no seconds."""
    if one is None or other is None:
        return one is other
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def _note_pieces(plan: Plan, typed: TypedVariant, at: int, variant: Variant | None, known: Known) -> None:
    """Keep the pieces that were typed where they are others than there are."""
    pieces = typed.values.get("stock")
    if pieces is None or known.place is None:
        return
    level = known.levels.get(variant.pk) if variant else None
    there = level.quantity if level else 0
    if pieces == there:
        return
    if level and pieces < level.reserved:
        text = _("%(reserved)s pieces are kept for orders here. Type at least as many.") % {"reserved": level.reserved}
        plan.typed.wrong("stock", text, row=typed.row)
        return
    plan.pieces[at] = pieces
    if variant:
        plan.expected[variant.pk] = there


# What is different.


def _changes(plan: Plan, details: ProductDetails, known: Known) -> list[dict[str, str]]:
    """Each cell that a file written before and after would have different."""
    after = _cells(details, plan, known)
    before = _cells_before(plan.product, known) if plan.product else []
    found = []
    for number, cells in enumerate(after):
        old = before[number] if number < len(before) else {}
        for key, value in cells.items():
            if str(old.get(key, "")) != str(value):
                variant = details.variants[number].name if key not in OF_PRODUCT else ""
                found.append({"column": key, "variant": variant, "before": str(old.get(key, "")), "after": str(value)})
    return found


def _cells(details: ProductDetails, plan: Plan, known: Known) -> list[dict[str, Any]]:
    is_shown = plan.publish if plan.publish is not None else bool(plan.product and plan.product.is_published)
    shelf = " > ".join(plan.shelf) or files.shelf_name(known.tree, details.category_id)
    common = product_cells(
        _as_values(details), slug=plan.product.slug if plan.product else "", shelf=shelf,
        status=Product.Status.PUBLISHED if is_shown else Product.Status.DRAFT,
    )  # fmt: skip
    there = files.variants_of(plan.product) if plan.product else []
    rows = []
    for number, one in enumerate(details.variants):
        level = known.levels.get(there[number].pk) if number < len(there) else None
        pieces = plan.pieces.get(number, level.quantity if level else 0)
        rows.append(
            variant_cells(_as_values(one), option_names=details.option_names, currency=known.currency, stock=pieces)
        )
    return [{**common, **rows[0]}, *rows[1:]]


def _cells_before(product: Product, known: Known) -> list[dict[str, Any]]:
    shelf = files.shelf_name(known.tree, product.category_id)
    common = product_cells(files.product_values(product), slug=product.slug, status=product.status, shelf=shelf)
    rows = []
    for one in files.variants_of(product):
        level = known.levels.get(one.pk)
        values, pieces = files.variant_values(one), level.quantity if level else 0
        rows.append(variant_cells(values, option_names=product.option_names, currency=known.currency, stock=pieces))
    return [{**common, **rows[0]}, *rows[1:]] if rows else [common]


def _as_values(details: ProductDetails | VariantDetails) -> dict[str, Any]:
    return {one.name: getattr(details, one.name) for one in fields(details)}
