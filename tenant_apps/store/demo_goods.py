"""The goods of the demonstration shop: kinds, places and prices (XAF) as in a shop of Douala."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenant_apps.store.models import Product


@dataclass(frozen=True, slots=True)
class Goods:
    """A product. `shelf` is "top" or "top › below"; `options` are (name, values), and one price is for all of them unless `prices`
    says another for a value of the first option."""

    name: str
    price: int
    shelf: str
    text: str
    tint: str
    brand: str = ""
    promo: int | None = None
    supply: str = Product.Supply.STOCK
    badges: tuple[str, ...] = ()
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    prices: dict[str, int] = field(default_factory=dict)
    specs: tuple[tuple[str, str], ...] = ()


SAND, COCOA, GOLD, RAFFIA, LEAF, PEPPER, CLAY, INDIGO, ROSE = (
    "#e8d9a8", "#6b4a35", "#f0d58c", "#b9824f", "#2f6b4f", "#8d8577", "#a4523a", "#34426e", "#c98a8a",
)  # fmt: skip

SHELVES: dict[str, tuple[str, ...]] = {
    "Épicerie": ("Cafés et thés", "Épices", "Miels et confitures"),
    "Mode": ("Tissus", "Vêtements", "Sacs et chaussures"),
    "Maison": ("Cuisine", "Décoration"),
    "Beauté": ("Soins du corps", "Cheveux"),
    "Téléphonie": ("Téléphones", "Accessoires"),
}
FILTERS = ("Matière", "Mémoire", "Origine")
SIZES = ("Taille", ("S", "M", "L", "XL"))
NEW, POPULAR, STUDENT, PRO = Product.Badge.NEW, Product.Badge.POPULAR, Product.Badge.STUDENT, Product.Badge.PRO

GOODS = (
    Goods("Café arabica de l’Ouest", 2_750, "Épicerie › Cafés et thés", "Torréfaction lente, notes de cacao.", COCOA,
          "Torréfaction Bafoussam", badges=(POPULAR,), options=(("Poids", ("250 g", "500 g", "1 kg")),),
          prices={"500 g": 5_200, "1 kg": 9_800}, specs=(("Origine", "Ouest"),)),
    Goods("Café robusta moulu, 250 g", 1_900, "Épicerie › Cafés et thés", "Corsé, pour la cafetière.", COCOA,
          "Torréfaction Bafoussam", promo=1_600, specs=(("Origine", "Littoral"),)),
    Goods("Thé de Djuttitsa, 100 g", 2_200, "Épicerie › Cafés et thés", "Thé noir des hauts plateaux.", LEAF, specs=(("Origine", "Ouest"),)),
    Goods("Tisane de kinkéliba, 50 g", 1_500, "Épicerie › Cafés et thés", "Feuilles entières séchées à l’ombre.", LEAF, specs=(("Origine", "Nord"),)),
    Goods("Poivre de Penja, 100 g", 2_500, "Épicerie › Épices", "Indication géographique protégée.", PEPPER,
          "Plantation du Moungo", badges=(POPULAR,), options=(("Couleur", ("Blanc", "Noir", "Vert")),), specs=(("Origine", "Moungo"),)),
    Goods("Gingembre moulu, 150 g", 1_200, "Épicerie › Épices", "Frais, séché puis moulu à la pierre.", GOLD, specs=(("Origine", "Moungo"),)),
    Goods("Piment oiseau séché, 80 g", 900, "Épicerie › Épices", "Très fort.", CLAY, specs=(("Origine", "Ouest"),)),
    Goods("Djansang, 200 g", 1_800, "Épicerie › Épices", "Pour les sauces et les bouillons.", SAND, specs=(("Origine", "Centre"),)),
    Goods("Miel d’Oku, 350 g", 4_000, "Épicerie › Miels et confitures", "Miel blanc des hauts plateaux.", GOLD,
          "Ruches d’Oku", badges=(POPULAR,), specs=(("Origine", "Nord-Ouest"),)),
    Goods("Miel de l’Adamaoua, 500 g", 4_500, "Épicerie › Miels et confitures", "Ambré, au goût de caramel.", GOLD,
          "Ruches d’Oku", promo=3_900, specs=(("Origine", "Adamaoua"),)),
    Goods("Confiture de mangue, 250 g", 1_700, "Épicerie › Miels et confitures", "Soixante pour cent de fruits.", GOLD, specs=(("Origine", "Littoral"),)),
    Goods("Confiture de bissap, 250 g", 1_700, "Épicerie › Miels et confitures", "Fleurs d’hibiscus et citron.", ROSE, badges=(NEW,)),
    Goods("Pagne wax, 6 yards", 9_000, "Mode › Tissus", "Coton, motif « feuilles de baobab ».", LEAF, "Cotonnière du Wouri",
          badges=(POPULAR,), options=(("Couleur", ("Vert", "Indigo", "Terre")),), specs=(("Matière", "Coton"),)),
    Goods("Tissu ndop, 2 mètres", 18_000, "Mode › Tissus", "Teint à l’indigo, réserves cousues à la main.", INDIGO, specs=(("Matière", "Coton"),)),
    Goods("Bazin riche, 5 mètres", 32_500, "Mode › Tissus", "Damassé, brillant, prêt à coudre.", ROSE, promo=28_000, specs=(("Matière", "Coton"),)),
    Goods("Chemise en wax", 14_500, "Mode › Vêtements", "Coupe droite, manches courtes.", LEAF, "Atelier Ndolo", badges=(NEW,),
          options=(SIZES, ("Couleur", ("Vert", "Indigo"))), specs=(("Matière", "Coton"),)),
    Goods("Robe bogolan", 24_000, "Mode › Vêtements", "Évasée, ceinture assortie.", CLAY, "Atelier Ndolo", promo=19_500,
          options=(("Taille", ("36", "38", "40", "42")),), specs=(("Matière", "Coton"),)),
    Goods("Boubou brodé", 38_000, "Mode › Vêtements", "Broderie au col et aux manches.", INDIGO, "Atelier Ndolo",
          options=(SIZES,), prices={"XL": 41_000}, specs=(("Matière", "Bazin"),)),
    Goods("Gandoura sur mesure", 45_000, "Mode › Vêtements", "Cousue à vos mesures en dix jours.", SAND, "Atelier Ndolo"),
    Goods("Tee-shirt Wouri", 6_500, "Mode › Vêtements", "Jersey épais, impression à Douala.", PEPPER, badges=(STUDENT,),
          options=(SIZES,), specs=(("Matière", "Coton"),)),
    Goods("Sandales en cuir", 11_000, "Mode › Sacs et chaussures", "Cousues à la main à Maroua.", COCOA, "Cuirs de Maroua",
          options=(("Pointure", ("39", "40", "41", "42", "43", "44")),), specs=(("Matière", "Cuir"),)),
    Goods("Sac cabas en raphia", 13_500, "Mode › Sacs et chaussures", "Doublé de coton, anses en cuir.", RAFFIA, specs=(("Matière", "Raphia"),)),
    Goods("Ceinture tressée", 7_000, "Mode › Sacs et chaussures", "Cuir tanné aux plantes.", COCOA, "Cuirs de Maroua", specs=(("Matière", "Cuir"),)),
    Goods("Cartable d’étudiant", 16_000, "Mode › Sacs et chaussures", "Poche pour un ordinateur de quinze pouces.", INDIGO,
          badges=(STUDENT,), promo=13_900, specs=(("Matière", "Toile"),)),
    Goods("Panier tressé, grand modèle", 12_500, "Maison › Décoration", "Raphia teint à la main, anses en cuir.", RAFFIA, specs=(("Matière", "Raphia"),)),
    Goods("Masque décoratif", 22_000, "Maison › Décoration", "Bois sculpté de l’Ouest.", COCOA, specs=(("Matière", "Bois"),)),
    Goods("Coussin en ndop", 9_500, "Maison › Décoration", "Quarante centimètres, déhoussable.", INDIGO, badges=(NEW,), specs=(("Matière", "Coton"),)),
    Goods("Lampe en calebasse", 17_500, "Maison › Décoration", "Percée à la main, ampoule comprise.", GOLD, supply=Product.Supply.PREORDER),
    Goods("Mortier et pilon", 8_000, "Maison › Cuisine", "Bois dur, vingt centimètres.", COCOA, specs=(("Matière", "Bois"),)),
    Goods("Planche à découper", 6_000, "Maison › Cuisine", "Moabi huilé.", RAFFIA, specs=(("Matière", "Bois"),)),
    Goods("Foyer amélioré", 15_000, "Maison › Cuisine", "Deux fois moins de charbon.", CLAY, badges=(POPULAR,), specs=(("Matière", "Terre cuite"),)),
    Goods("Service de douze verres", 10_500, "Maison › Cuisine", "Pour les jours de fête.", SAND, supply=Product.Supply.NONE),
    Goods("Beurre de karité brut", 3_500, "Beauté › Soins du corps", "Pressé à froid par une coopérative de femmes.", SAND,
          "Coopérative Sahel", badges=(POPULAR,), options=(("Poids", ("250 g", "500 g")),), prices={"250 g": 1_900}, specs=(("Origine", "Nord"),)),
    Goods("Savon noir, 200 g", 1_800, "Beauté › Soins du corps", "Cendre de cacao et huile de palme.", COCOA, "Coopérative Sahel"),
    Goods("Huile de baobab, 100 ml", 5_500, "Beauté › Soins du corps", "Première pression à froid.", GOLD, "Coopérative Sahel", promo=4_800, specs=(("Origine", "Extrême-Nord"),)),
    Goods("Huile de ricin, 100 ml", 2_900, "Beauté › Cheveux", "Fortifie et fait briller.", LEAF),
    Goods("Bonnet de nuit en satin", 3_000, "Beauté › Cheveux", "Réversible, élastique doux.", ROSE, options=(("Couleur", ("Rose", "Noir")),)),
    Goods("Smartphone Wouri 5", 89_000, "Téléphonie › Téléphones", "Double SIM, grande batterie, quatrième génération.", INDIGO,
          "Wouri Mobile", promo=79_000, badges=(NEW,), options=(("Mémoire", ("64 Go", "128 Go")),), prices={"128 Go": 105_000}, specs=(("Mémoire", "64 Go ou 128 Go"),)),
    Goods("Téléphone à touches", 12_000, "Téléphonie › Téléphones", "Une semaine sans recharge.", PEPPER, "Wouri Mobile", specs=(("Mémoire", "32 Mo"),)),
    Goods("Batterie externe 10 000 mAh", 14_000, "Téléphonie › Accessoires", "Recharge deux téléphones à la fois.", PEPPER, "Wouri Mobile", badges=(PRO,)),
    Goods("Écouteurs filaires", 3_500, "Téléphonie › Accessoires", "Micro intégré.", SAND, badges=(STUDENT,), promo=2_900),
)  # fmt: skip
