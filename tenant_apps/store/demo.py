"""What the demonstration shop sells."""

from __future__ import annotations

import io
import uuid

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store import services
from tenant_apps.store.models import Product
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import keep_photo

PRODUCTS = (
    ("Beurre de karité brut, 500 g", 3_500, "Beauté", "Pressé à froid par une coopérative de femmes.", "#e8d9a8"),
    ("Café arabica de l’Ouest, 250 g", 2_750, "Épicerie", "Torréfaction lente, notes de cacao.", "#6b4a35"),
    ("Miel d’Oku, 350 g", 4_000, "Épicerie", "Miel blanc des hauts plateaux.", "#f0d58c"),
    ("Panier tressé, grand modèle", 12_500, "Maison", "Raphia teint à la main, anses en cuir.", "#b9824f"),
    ("Pagne wax, 6 yards", 9_000, "Textile", "Coton, motif « feuilles de baobab ».", "#2f6b4f"),
    ("Poivre de Penja, 100 g", 2_500, "Épicerie", "Indication géographique protégée.", "#8d8577"),
)


def load(*, tenant: Tenant, owner: User) -> None:
    """Fill the shop unless it has something already; each product in a transaction of its own."""
    if Product.objects.exists():
        return
    services.save_shop(
        details=services.ShopDetails(
            name=tenant.name, description="Produits d’ici, livrés à Douala et à Yaoundé.", phone="+237670123456"
        )
    )
    for name, price, category, description, colour in PRODUCTS:
        services.create_product(
            public_id=uuid.uuid4(),
            details=services.ProductDetails(name=name, price_minor=price, description=description, category=category),
            photos=[_picture(colour, owner)],
            publish=True,
        )


def _picture(colour: str, owner: User) -> Photo:
    """A plain still life: a round thing of one colour on a table."""
    image = Image.new("RGB", (1000, 1000), "#f4eee2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 720, 1000, 1000), fill="#e2d6c1")
    draw.ellipse((300, 770, 720, 850), fill="#cbbda3")
    draw.ellipse((280, 330, 720, 810), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return keep_photo(file=ContentFile(out.getvalue(), name="photo.png"), size=out.tell(), user=owner)
