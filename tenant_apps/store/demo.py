"""What the demonstration shop sells, and what was ordered in it."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from itertools import product as every

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.payments import demo as payments_demo
from tenant_apps.store import demo_orders, services
from tenant_apps.store.demo_goods import FILTERS, GOODS, SHELVES, Goods
from tenant_apps.store.models import Category, Location, Product, Shop
from tenant_apps.store.services import ProductDetails, ShelfDetails, VariantDetails
from tenant_apps.store.services.delivery import ZoneDetails, create_zone
from tenant_apps.store.services.till import RegisterDetails, create_register
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import keep_photo

PROMOTED_FOR = timedelta(days=30)
PREORDER_IN = timedelta(days=21)
TAX_BP = 1_925  # Cameroon: 17.5 %, and a tenth of it for the communes
COST_PERCENT = 65
FEW = 3
ZONES = (
    ZoneDetails("Douala", fee_minor=1_500, free_from_minor=50_000, delay="sous 24 h"),
    ZoneDetails("Yaoundé", fee_minor=3_000, delay="2 à 3 jours"),
    ZoneDetails("Autres villes", fee_minor=5_000, delay="4 à 6 jours", takes_cash=False),
)


def load(*, tenant: Tenant, owner: User) -> None:
    """Fill the shop unless it has something already; each product in a transaction of its own."""
    payments_demo.load(owner=owner, currency=Shop.objects.get().currency)
    if Product.objects.exists():
        return
    services.save_shop(
        details=services.ShopDetails(
            name=tenant.name, description="Produits d’ici, livrés à Douala et à Yaoundé.", phone="+237670123456",
            country="CM", address="Marché central, Douala", tax_name="TVA", tax_rate_bp=TAX_BP,
        )
    )  # fmt: skip
    for zone in ZONES:
        create_zone(details=zone)
    for name in FILTERS:
        services.add_attribute(name=name, is_filter=True)
    shelves = _shelves(owner)
    # The list shows the newest first.
    for goods in reversed(GOODS):
        product = services.create_product(
            public_id=uuid.uuid4(),
            details=_details(goods, shelves[goods.shelf]),
            photos=[_picture(goods.tint, owner)],
            publish=True,
        )
        _put_in_stock(product)
    create_register(details=RegisterDetails(name="Comptoir", location=Location.objects.earliest("position", "pk")))
    demo_orders.load(owner=owner)


def _put_in_stock(product: Product) -> None:
    """So many pieces of each variant, of the first one few; as much in every demonstration."""
    variants = product.variants.order_by("position").values_list("pk", flat=True)
    pieces = {pk: FEW + FEW * 4 * (number % 5) for number, pk in enumerate(variants, product.pk)}
    services.stock.receive_all(location=Location.objects.order_by("position", "pk")[0], pieces=pieces)


def _shelves(owner: User) -> dict[str, Category]:
    """The tree, each shelf by its full name; those of the top have a photo."""
    made: dict[str, Category] = {}
    for top, below in SHELVES.items():
        tint = next(goods.tint for goods in GOODS if goods.shelf.startswith(top))
        made[top] = services.add_shelf(details=ShelfDetails(top), photo=_picture(tint, owner))
        for name in below:
            details = ShelfDetails(name, parent_id=made[top].pk)
            made[f"{top} › {name}"] = services.add_shelf(details=details)
    return made


def _details(goods: Goods, shelf: Category) -> ProductDetails:
    is_preorder = goods.supply == Product.Supply.PREORDER
    return ProductDetails(
        name=goods.name,
        variants=tuple(_variant(goods, values) for values in every(*(values for _name, values in goods.options))),
        description=goods.text,
        category_id=shelf.pk,
        brand=goods.brand,
        supply=goods.supply,
        preorder_from=timezone.localdate() + PREORDER_IN if is_preorder else None,
        badges=goods.badges,
        option_names=tuple(name for name, _values in goods.options),
        specifications=goods.specs,
    )


def _variant(goods: Goods, options: tuple[str, ...]) -> VariantDetails:
    price = goods.prices.get(options[0], goods.price) if options else goods.price
    promo = None if goods.promo is None else goods.promo + price - goods.price
    ends_at = timezone.now() + PROMOTED_FOR if promo else None
    cost = price * COST_PERCENT // 100
    return VariantDetails(price, options=options, promo_minor=promo, promo_ends_at=ends_at, cost_minor=cost)


def _picture(colour: str, owner: User) -> Photo:
    """A plain still life: a round thing of one colour on a table. Small, so that forty of them are made in seconds."""
    image = Image.new("RGB", (640, 640), "#f4eee2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 460, 640, 640), fill="#e2d6c1")
    draw.ellipse((192, 492, 460, 544), fill="#cbbda3")
    draw.ellipse((180, 211, 460, 518), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return keep_photo(file=ContentFile(out.getvalue(), name="photo.png"), size=out.tell(), user=owner)
