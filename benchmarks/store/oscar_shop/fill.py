"""Fills django-oscar's shop with the catalogue that ours has. Runs in its own environment.

python -m benchmarks.store.oscar_shop.fill --products 10000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django
from django.conf import settings

from benchmarks.store import catalogue
from benchmarks.store.catalogue import Item

BATCH = 1_000
PHOTO = "images/product.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    _photos()
    _fill(options.products)
    _index(options.products)
    (Path(os.environ["OSCAR_HOME"]) / "shop.json").write_text(json.dumps(_known()))


def _index(products: int) -> None:
    """What `update_index` does, with the relations of all products read at once and one commit."""
    from django.core.management import call_command
    from oscar.core.loading import get_class, get_model

    rows = get_model("catalogue", "Product").objects.browsable().base_queryset().order_by("pk")
    get_class("search.search_indexes", "ProductIndex").index_queryset = lambda self, using=None: rows
    call_command("update_index", verbosity=0, batchsize=products)


def _known() -> dict[str, Any]:
    """What visitors know of this shop; see `benchmarks.store.scenarios`."""
    from oscar.core.loading import get_model

    shelf = (
        get_model("catalogue", "Category").objects.get(name=catalogue.shelf_name(catalogue.SHELF)).get_absolute_url()
    )
    products = get_model("catalogue", "Product").objects.filter(slug__in=catalogue.LOOKED_AT).order_by("pk")
    return {
        "name": "oscar",
        "host": "localhost",
        "shelf": shelf,
        "sorted": f"{shelf}?sort_by=price-asc",
        "searches": [f"/search/?{urlencode({'q': words})}" for words in catalogue.QUERIES],
        "products": [
            {"path": one.get_absolute_url(), "add": f"/basket/add/{one.pk}/", "form": _form(one)} for one in products
        ],
    }


def _form(product: Any) -> dict[str, str]:
    child = product.children.order_by("pk").first()
    return {"quantity": "1", **({"child_id": str(child.pk)} if child else {})}


def _photos() -> None:
    """One photo for all products: a thumbnail of each would be made once and found ever after, as this one's is."""
    import oscar
    from PIL import Image

    target = Path(settings.MEDIA_ROOT) / PHOTO
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (1600, 1200), "#a05020").save(target)
    missing = Path(oscar.__file__).parent / "static" / "oscar" / "img" / "image_not_found.jpg"
    shutil.copy(missing, settings.MEDIA_ROOT)


def _fill(products: int) -> None:
    from oscar.core.loading import get_model

    shelves = _shelves(get_model("catalogue", "Category"))
    kind = get_model("catalogue", "ProductClass").objects.create(name="Article", track_stock=True)
    Attribute = get_model("catalogue", "ProductAttribute")  # noqa: N806 - a class
    attributes = {
        code: Attribute.objects.create(product_class=kind, name=name, code=code, type="text")
        for code, name in (("brand", "Marque"), ("material", "Matière"), ("size", "Taille"))
    }
    partner = get_model("partner", "Partner").objects.create(name="Boutique")
    get_model("address", "Country").objects.create(
        iso_3166_1_a2="CM", iso_3166_1_a3="CMR", iso_3166_1_numeric="120", name="Cameroun",
        printable_name="Cameroun", is_shipping_country=True,
    )  # fmt: skip
    goods = catalogue.items(0, products)
    while some := tuple(islice(goods, BATCH)):
        _insert(some, shelves, kind, attributes, partner)


def _shelves(category: Any) -> dict[tuple[int, int], Any]:
    found = {}
    for top in range(catalogue.TOP_SHELVES):
        root = category.objects.add_root({"name": catalogue.shelf_name(top)})
        for below in range(catalogue.SHELVES_ON_EACH):
            found[top, below] = category.objects.add_child(root, {"name": catalogue.shelf_name(top, below)})
            root.refresh_from_db()
    return found


def _insert(some: tuple[Item, ...], shelves: Any, kind: Any, attributes: Any, partner: Any) -> None:
    """Products of one variant stand alone; the others are parents with a child for each."""
    from oscar.core.loading import get_model

    Product = get_model("catalogue", "Product")
    products = Product.objects.bulk_create(_product(Product, item, kind) for item in some)
    pairs = list(zip(products, some, strict=True))
    get_model("catalogue", "ProductCategory").objects.bulk_create(
        get_model("catalogue", "ProductCategory")(product=product, category=shelves[item.shelf])
        for product, item in pairs
    )
    get_model("catalogue", "ProductImage").objects.bulk_create(
        get_model("catalogue", "ProductImage")(product=product, original=PHOTO, display_order=0) for product in products
    )
    sold = [
        (product if len(item.variants) == 1 else Product(structure="child", parent=product, upc=f"A{item.number}-{place}"),
         item, *variant)
        for product, item in pairs
        for place, variant in enumerate(item.variants)
    ]  # fmt: skip
    Product.objects.bulk_create(one for one, _item, _size, _price in sold if one.structure == "child")
    # Two first visitors of a product at once make the same record, and one of them gets an error.
    Record = get_model("analytics", "ProductRecord")  # noqa: N806 - a class
    Record.objects.bulk_create(Record(product=one) for one in products)
    _describe(pairs, sold, attributes)
    get_model("partner", "StockRecord").objects.bulk_create(
        get_model("partner", "StockRecord")(
            product=one, partner=partner, partner_sku=one.upc, price_currency="XAF", price=price,
            num_in_stock=catalogue.PIECES,
        )
        for one, _item, _size, price in sold
    )  # fmt: skip


def _product(model: Any, item: Item, kind: Any) -> Any:
    several = len(item.variants) > 1
    return model(
        structure="parent" if several else "standalone", product_class=kind, title=item.name, slug=item.slug,
        description=f"{item.summary} {item.description}", upc=f"P{item.number}" if several else f"A{item.number}-0",
    )  # fmt: skip


def _describe(pairs: Any, sold: Any, attributes: Any) -> None:
    from oscar.core.loading import get_model

    Value = get_model("catalogue", "ProductAttributeValue")  # noqa: N806 - a class
    values = [Value(product=product, attribute=attributes["brand"], value_text=item.brand) for product, item in pairs]
    values += [
        Value(product=product, attribute=attributes["material"], value_text=item.material) for product, item in pairs
    ]
    values += [
        Value(product=one, attribute=attributes["size"], value_text=size) for one, _item, size, _p in sold if size
    ]
    Value.objects.bulk_create(values)


if __name__ == "__main__":
    main()
