"""Clients of the demo salons: names with the right endings, phones as typed, ids that reach nobody."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

from demo.chance import Chance, Odds
from demo.rhythm import NEWCOMERS, Part, start_of
from demo.salons import FOUNDED, NAMESPACE, SALONS, Salon

REGULARS = 90  # people of a salon who were clients long before the demo's first day
TELEGRAM_IDS_FROM = 900_000_000_000  # far above the ids that Telegram has given out

WOMEN = (
    "Анна", "Мария", "Елена", "Ольга", "Наталья", "Екатерина", "Татьяна", "Ирина", "Юлия", "Светлана",
    "Анастасия", "Дарья", "Виктория", "Полина", "Алиса", "Ксения", "Вероника", "Алина", "Валерия", "Марина",
    "Кристина", "София", "Евгения", "Александра", "Диана", "Яна", "Людмила", "Галина", "Варвара", "Милана",
    "Ева", "Надежда", "Лилия",
)  # fmt: skip
MEN = (
    "Александр", "Дмитрий", "Максим", "Сергей", "Андрей", "Алексей", "Артём", "Илья", "Кирилл", "Михаил",
    "Никита", "Матвей", "Роман", "Егор", "Иван", "Денис", "Евгений", "Павел", "Тимофей", "Владислав", "Игорь",
    "Константин",
)  # fmt: skip
SURNAMES = (
    "Иванов", "Смирнов", "Кузнецов", "Попов", "Васильев", "Петров", "Соколов", "Михайлов", "Новиков",
    "Фёдоров", "Морозов", "Волков", "Алексеев", "Лебедев", "Семёнов", "Егоров", "Павлов", "Козлов",
    "Степанов", "Орлов", "Никитин", "Захаров", "Зайцев", "Соловьёв", "Борисов", "Яковлев", "Григорьев",
    "Романов", "Воробьёв", "Кузьмин", "Фролов", "Белов", "Комаров", "Киселёв", "Ильин", "Гусев", "Титов",
    "Голубев", "Вишневский", "Раевский", "Левицкий", "Ковальский", "Шевченко", "Бондаренко", "Тарасенко",
    "Ткаченко", "Черных", "Седых", "Мельник", "Гринберг",
)  # fmt: skip
FATHERS = (
    ("Александрович", "Александровна"), ("Сергеевич", "Сергеевна"), ("Андреевич", "Андреевна"),
    ("Викторович", "Викторовна"), ("Ильич", "Ильинична"), ("Николаевич", "Николаевна"),
    ("Юрьевич", "Юрьевна"),
    ("Олегович", "Олеговна"),
)  # fmt: skip
FOREIGN = {
    ("de", "f"): (
        "Sabine Krüger",
        "Julia Weber",
        "Katrin Vogel",
        "Lea Hartmann",
        "Anke Schäfer",
        "Miriam Lorenz",
    ),
    ("de", "m"): ("Jonas Becker", "Stefan Kühn", "Tobias Franke", "Matthias Groß"),
    ("en", "f"): (
        "Priya Sharma",
        "Ananya Nair",
        "Kavita Desai",
        "Emily Carter",
        "Sophie Bennett",
        "Meera Iyer",
    ),
    ("en", "m"): ("Arjun Mehta", "Rohan Kapoor", "Oliver Hughes", "Daniel Reed"),
}


# `json.dumps` with an option builds an encoder at each call.
to_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Client:
    """A person as the bot knows them; `favourite` (0 to 1) leads to the staff and service they like."""

    client_id: UUID
    key: str
    full_name: str | None
    called: str  # how the bot addresses the person; empty when it knows no plain name
    gender: str  # f, m
    language: str  # ru, de, en
    channel: str  # telegram, whatsapp
    telegram_chat_id: int | None
    whatsapp_id: str | None
    phone: str | None
    yclients_client_id: int | None
    meta: str
    created_at: datetime
    favourite: float
    hostile: bool = False


def woman_surname(surname: str) -> str:
    """Give the feminine form of a Russian surname; those that do not decline stay."""
    if surname.endswith("ский") or surname.endswith("цкий"):
        return surname[:-2] + "ая"
    return surname + "а" if surname.endswith(("ов", "ёв", "ев", "ин")) else surname


def newcomer_key(day: date, number: int) -> str:
    """Name the client whose first contact is dialogue `number` of `day`."""
    return f"{day.isoformat()}/{number}"


def person(salon: Salon, key: str) -> Client:
    """Give the salon's client named `2026-11-20/3` (by first contact), `regular/7`, `twin/a` or `hostile`."""
    return _person(salon.slot, key)


@lru_cache(maxsize=65_536)
def _person(slot: int, key: str) -> Client:
    salon = SALONS[slot]
    family, _, number = key.partition("/")
    if family == "hostile":
        return hostile_client(salon)
    # Both chats of the twin are one person: all but the chat comes from the shared key.
    chance = Chance("client", salon.slug, "twin" if family == "twin" else key)
    created_at = FOUNDED + timedelta(hours=chance.between(0, 9000))
    if family[0].isdigit():
        created_at = start_of(salon, date.fromisoformat(family), int(number))
    client = new_client(salon, key, created_at, chance)
    return client if family != "twin" else _twin(salon, client, number)


def new_client(salon: Salon, key: str, created_at: datetime, chance: Chance) -> Client:
    """Make up a person who first wrote at `created_at`."""
    client_id = uuid5(NAMESPACE, f"client:{salon.slug}:{key}")
    gender = "f" if chance.happens(0.8) else "m"
    language = chance.weighted(salon.languages)
    name, called = (
        _russian_name(chance, gender) if language == "ru" else _foreign_name(chance, language, gender)
    )
    telegram = chance.happens(0.7)
    serial = client_id.int >> 88  # 40 bits: distinct in practice, the same everywhere
    digits = f"{serial % 10_000_000:07d}" if salon.phone != "+915" else f"{serial % 1_000_000_000:09d}"
    return Client(
        client_id=client_id,
        key=key,
        full_name=name,
        called=called,
        gender=gender,
        language=language,
        channel="telegram" if telegram else "whatsapp",
        telegram_chat_id=TELEGRAM_IDS_FROM + serial if telegram or chance.happens(0.1) else None,
        whatsapp_id=None if telegram else (salon.phone + digits).lstrip("+"),
        phone=_as_typed(chance, salon.phone, digits) if not telegram or chance.happens(0.75) else None,
        yclients_client_id=170_000_000 + serial % 9_000_000 if chance.happens(0.6) else None,
        meta=to_json(chance.pick(_METAS)(chance)),
        created_at=created_at,
        favourite=chance.random(),
    )


def returning(salon: Salon, day: date, part: Part, count: int) -> list[str]:
    """Choose `count` distinct clients who write again on `day`.

    A client's days of writing are an even number of days apart, so that no dialogue of one day meets the same
    client's dialogue of the next across midnight.
    """
    chance = Chance("returning", salon.slug, day, part)
    first = 100 if part == "extra" else 0
    chosen: dict[str, None] = {}
    while len(chosen) < count:
        if part == "standard" and chance.happens(0.25):
            number = 2 * chance.between(0, REGULARS // 2 - 1) + day.toordinal() % 2
            chosen[f"regular/{number}"] = None
        else:
            back = 2 * (1 + int(75 * chance.random() ** 2))
            number = first + chance.between(0, NEWCOMERS[part] - 1)
            chosen[newcomer_key(day - timedelta(days=back), number)] = None
    return list(chosen)


_NAME_FORMS: Odds[str | None] = Odds(
    ("{first} {surname}", 0.65),
    ("{first}", 0.18),
    ("{surname} {first} {father}", 0.07),
    ("{first} {surname[0]}.", 0.07),
    (None, 0.03),
)


def _russian_name(chance: Chance, gender: str) -> tuple[str | None, str]:
    first = chance.pick(WOMEN if gender == "f" else MEN)
    surname = chance.pick(SURNAMES)
    if gender == "f":
        surname = woman_surname(surname)
    father = chance.pick(FATHERS)[gender == "f"]
    form = chance.weighted(_NAME_FORMS)
    if form is None:
        return None, ""
    return form.format(first=first, surname=surname, father=father), first


def _foreign_name(chance: Chance, language: str, gender: str) -> tuple[str, str]:
    name = chance.pick(FOREIGN[language, gender])
    return name, name.split()[0]


def _as_typed(chance: Chance, prefix: str, digits: str) -> str:
    """Write a number the way people do; the prefixes are of codes that are not in service."""
    whole = prefix + digits
    styles: tuple[Callable[[], str], ...]
    if prefix == "+7945":
        styles = (
            lambda: whole,
            lambda: f"8 (945) {digits[:3]}-{digits[3:5]}-{digits[5:]}",
            lambda: f"+7 945 {digits[:3]}-{digits[3:5]}-{digits[5:]}",
            lambda: whole[1:],
        )
    elif prefix == "+49153":
        styles = (lambda: whole, lambda: f"0153 {digits}", lambda: f"0049 153 {digits[:3]} {digits[3:]}")
    else:
        styles = (lambda: whole, lambda: f"+91 {whole[3:8]} {whole[8:]}", lambda: whole[3:])
    return chance.pick(styles)()


_METAS: tuple[Callable[[Chance], dict[str, object]], ...] = (
    lambda chance: {},
    lambda chance: {"source": chance.pick(("instagram", "maps", "friend", "site"))},
    lambda chance: {"utm": {"source": "vk", "campaign": f"spring-{chance.between(1, 9)}"}, "consent": True},
    lambda chance: {"tags": chance.pick(([], ["vip"], ["аллергия на акрил"]))},
    lambda chance: {"consent": None},
)


def _twin(salon: Salon, client: Client, chat: str) -> Client:
    """One person with two Telegram chats: two rows, one phone and one YClients card."""
    serial = uuid5(NAMESPACE, f"chat:{salon.slug}:{chat}").int >> 88
    return replace(
        client,
        full_name="Ирина Лебедева",
        called="Ирина",
        gender="f",
        language="ru",
        channel="telegram",
        telegram_chat_id=TELEGRAM_IDS_FROM + serial,
        whatsapp_id=None,
        phone=salon.phone + "0000777",
        yclients_client_id=170_000_000 + salon.slot,
    )


def hostile_client(salon: Salon) -> Client:
    """Give the salon's one client whose name and notes would break a careless screen or spreadsheet."""
    names = (
        "<img src=x onerror=alert(1)> Иван",
        '=HYPERLINK("https://example.invalid";"Анна")',
        "\u202eянА\u202c 🌺 :name",
    )
    meta = {
        ":onclick": "alert(1)",
        "note": "<b>жирно</b>",
        "=1+1": "@SUM(A1:A9)",
        "نص": "مرحبا",
        "empty": None,
    }
    return Client(
        client_id=uuid5(NAMESPACE, f"client:{salon.slug}:hostile"),
        key="hostile",
        full_name=names[salon.slot],
        called="",
        gender="f",
        language="ru",
        channel="telegram",
        telegram_chat_id=TELEGRAM_IDS_FROM - 1 - salon.slot,
        whatsapp_id=None,
        phone="+7 945 <b>000</b>-00-00",
        yclients_client_id=None,
        meta=to_json(meta),
        created_at=FOUNDED + timedelta(days=30),
        favourite=0.5,
        hostile=True,
    )
