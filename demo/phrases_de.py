"""What is said in a German demo dialogue, by moment."""

PHRASES: dict[str, tuple[str, ...]] = {
    "ask_booking": (
        "Hallo! Ich hätte gern einen Termin: {service}",
        "Guten Tag, ist diese Woche noch etwas frei für {service}?",
        "Hallo, ich brauche {service}, am besten {daypart}",
    ),
    "greet": ("Hallo!", "Guten Tag", "Hallo, haben Sie heute offen?"),
    "name_service": ("{service}, bitte", "Ich dachte an {service}"),
    "name_staff": ("Bei {staff}, wenn möglich", "Gern bei {staff}"),
    "any_staff": ("Egal bei wem", "Keine Präferenz"),
    "choose_time": ("{when} passt", "Dann bitte {when}"),
    "confirm": ("Ja, stimmt so", "Ja bitte", "Passt 👍"),
    "thanks": ("Danke schön!", "Super, bis dann", "Vielen Dank!"),
    "fine": ("Danke!", "Alles klar, danke", "Gut zu wissen, danke"),
    "ask_price": ("Was kostet bei Ihnen {service}?", "Wie teuer ist {service}?"),
    "too_expensive": ("Das ist mir leider zu teuer", "Danke, das liegt über meinem Budget"),
    "think": ("Ich überlege es mir", "Ich melde mich später"),
    "no_time": ("Die Tage passen mir leider nicht", "Geht es auch früher?", "Bei mir geht nur {daypart}"),
    "wait_please": (
        "Ja, bitte Bescheid geben, wenn etwas frei wird",
        "Setzen Sie mich gern auf die Warteliste",
    ),
    "no_wait": ("Nein danke, dann schaue ich weiter", "Dann lieber nicht, danke"),
    "ask_move": ("Hallo, ich muss meinen Termin verschieben", "Können wir {service} verlegen?"),
    "ask_cancel": ("Bitte sagen Sie meinen Termin ab", "Ich kann leider nicht kommen, bitte stornieren"),
    "ask_address": ("Wo finde ich Sie?", "Bis wann haben Sie geöffnet?", "Kann man mit Karte zahlen?"),
    "complain": ("Der Lack ist nach zwei Tagen abgeplatzt", "Ich musste zwanzig Minuten warten"),
    "want_human": ("Kann ich mit einem Menschen sprechen?", "Bitte rufen Sie mich an"),
    "change_mind": (
        "Tut mir leid, mir ist etwas dazwischengekommen. Bitte absagen",
        "Doch nicht, bitte wieder stornieren",
    ),
    "hello": (
        "Hallo{name}! Hier ist {salon}. Was dürfen wir für Sie eintragen?",
        "Guten Tag{name}! Um welche Leistung geht es?",
    ),
    "offer_staff": (
        "{title} kostet {price}, etwa {minutes} Min. Zu wem möchten Sie: {staff_list}?",
        "Gern, {price}. Verfügbar: {staff_list}. Haben Sie einen Wunsch?",
    ),
    "offer_times": ("{staff} hat Zeit {slots}. Was passt Ihnen?", "Ich kann {slots} anbieten."),
    "summary": (
        "Zur Kontrolle: {title} bei {staff}, {when}, {price}. Richtig so?",
        "{title}, {when}, bei {staff}, {price}. Soll ich buchen?",
    ),
    "booked": (
        "Erledigt! Bis {when}. Adresse: {address}",
        "Gebucht für {when} ✨ Wir erinnern Sie am Vortag.",
    ),
    "price_answer": (
        "{title} kostet {price} und dauert etwa {minutes} Min. Soll ich einen Termin suchen?",
        "Der Preis ist {price}, Material inklusive.",
    ),
    "no_slots": (
        "Zu dieser Zeit ist leider alles belegt. Soll ich mich melden, wenn etwas frei wird?",
        "Im Moment ist nichts frei. Möchten Sie auf die Warteliste?",
    ),
    "wish_saved": ("Notiert. Ich melde mich, sobald etwas frei ist!", "Sie stehen auf der Liste."),
    "handover": (
        "Ich gebe das an unsere Administration weiter.",
        "Eine Kollegin meldet sich gleich bei Ihnen.",
    ),
    "by_hand": (
        "Hier ist die Rezeption. Ich habe Sie für {when} bei {staff} eingetragen.",
        "Rezeption hier: {when} ist für Sie reserviert.",
    ),
    "ping": (
        "Sind Sie noch da? Ich suche gern eine andere Zeit.",
        "Schreiben Sie einfach, wenn Sie buchen möchten 🌷",
    ),
    "move_offer": ("Natürlich. Möglich wäre {slots}.", "Kein Problem! Frei: {slots}."),
    "moved": ("Verschoben: bis {when}.", "Erledigt, neuer Termin: {when} bei {staff}."),
    "cancelled": (
        "Ihr Termin ist abgesagt. Bis zum nächsten Mal!",
        "Storniert. Melden Sie sich gern wieder.",
    ),
    "address": (
        "Sie finden uns hier: {address}, täglich {opens} bis {closes} Uhr.",
        "{address}. Geöffnet von {opens} bis {closes} Uhr, Karte und bar.",
    ),
    "sorry": (
        "Das tut uns sehr leid{name}. Ich gebe es an die Administration weiter.",
        "Entschuldigung! Wir melden uns heute bei Ihnen.",
    ),
    "bye": ("Alles klar! Ich bin hier, wenn Sie etwas brauchen.", "Gern geschehen 🌿"),
}
