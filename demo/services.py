"""What the demo salons offer: titles in three languages and the words by which clients ask for them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One service of a price list, without its price."""

    code: str
    title: str
    accusative: str  # after «записаться на …»; empty when it is the title in small letters
    english: str
    german: str
    minutes: int
    category: str
    popularity: float


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A service in one salon's price list. `price` is in the salon's currency."""

    service_id: int
    kind: ServiceKind
    price: Decimal

    def asked_for(self, language: str) -> str:
        """Name the service inside a sentence."""
        if language == "ru":
            return self.kind.accusative or self.kind.title[0].lower() + self.kind.title[1:]
        if language == "de":
            return self.kind.german
        return self.kind.english[0].lower() + self.kind.english[1:]

    def title(self, language: str) -> str:
        """Name the service by itself."""
        return {"ru": self.kind.title, "de": self.kind.german}.get(language, self.kind.english)


# code, title, «записаться на …» where it differs, English, German, minutes, category, popularity
# fmt: off
_ROWS: tuple[tuple[str, str, str, str, str, int, str, float], ...] = (
    ("women_cut", "Женская стрижка", "женскую стрижку", "Ladies' cut", "Damenhaarschnitt", 60, "hair", 10),
    ("men_cut", "Мужская стрижка", "мужскую стрижку", "Men's cut", "Herrenhaarschnitt", 45, "barber", 9),
    ("beard", "Оформление бороды", "", "Beard trim", "Bartpflege", 30, "barber", 4),
    ("child_cut", "Детская стрижка", "детскую стрижку", "Children's cut", "Kinderhaarschnitt", 40, "hair", 2),
    ("roots", "Окрашивание корней", "", "Root colour", "Ansatzfarbe", 120, "hair", 6),
    ("colour", "Окрашивание в один тон", "", "Full colour", "Komplettfarbe", 150, "hair", 4),
    ("balayage", "Балаяж", "", "Balayage", "Balayage", 240, "hair", 4),
    ("toning", "Тонирование", "", "Toning", "Tönung", 60, "hair", 3),
    ("styling", "Укладка", "укладку", "Blow-dry and styling", "Föhnen und Styling", 45, "hair", 5),
    ("keratin", "Кератиновое выпрямление", "", "Keratin treatment", "Keratinglättung", 180, "hair", 2),
    ("manicure", "Маникюр с гель-лаком", "", "Gel manicure", "Maniküre mit Gellack", 90, "nails", 14),
    ("hands", "Классический маникюр", "", "Classic manicure", "Klassische Maniküre", 45, "nails", 4),
    ("pedicure", "Педикюр с покрытием", "", "Gel pedicure", "Pediküre mit Gellack", 100, "nails", 8),
    ("brows", "Оформление бровей", "", "Brow shaping and tint", "Augenbrauenstyling", 45, "brows", 7),
    ("brow_lam", "Ламинирование бровей", "", "Brow lamination", "Augenbrauenlaminierung", 60, "brows", 4),
    ("lashes", "Наращивание ресниц 2D", "", "Lash extensions 2D", "Wimpernverlängerung 2D", 150, "brows", 5),
    ("lash_lam", "Ламинирование ресниц", "", "Lash lift", "Wimpernlifting", 75, "brows", 4),
    ("back", "Массаж спины и шеи", "", "Back and neck massage", "Rücken- und Nackenmassage", 40, "body", 5),
    ("body", "Общий массаж тела", "", "Full body massage", "Ganzkörpermassage", 90, "body", 3),
    ("abhyanga", "Абхьянга", "абхьянгу", "Abhyanga massage", "Abhyanga-Massage", 90, "body", 6),
    ("facial", "Чистка лица", "чистку лица", "Facial cleansing", "Gesichtsreinigung", 75, "face", 3),
)
# fmt: on
KINDS = {row[0]: ServiceKind(*row) for row in _ROWS}


def price_list(first_id: int, prices: dict[str, int]) -> tuple[Service, ...]:
    """Make a salon's price list: `prices` in whole units of its currency by the code of the service."""
    return tuple(
        Service(first_id + 37 * place, KINDS[code], Decimal(price))
        for place, (code, price) in enumerate(prices.items())
    )
