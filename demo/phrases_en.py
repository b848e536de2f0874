"""What is said in a English demo dialogue, by moment."""

PHRASES: dict[str, tuple[str, ...]] = {
    "ask_booking": (
        "Hi! I'd like to book {service}",
        "Hello, do you have anything free for {service} this week?",
        "Hey, can I come in for {service}, ideally {daypart}?",
        "Namaste! Need an appointment for {service}",
    ),
    "greet": ("Hi!", "Hello, are you open today?", "Hello there"),
    "name_service": ("{service}, please", "I was thinking of {service}", "{service}"),
    "name_staff": ("With {staff} if possible", "{staff}, please", "Is {staff} free?"),
    "any_staff": ("Anyone is fine", "No preference", "Whoever is free"),
    "choose_time": ("{when} works", "Let's do {when}", "{when} is perfect"),
    "confirm": ("Yes, that's right", "Yes please", "Confirmed 👍"),
    "thanks": ("Thank you!", "Great, see you then", "Thanks a lot 🙏"),
    "fine": ("Thanks!", "OK, thank you", "Good to know, thanks"),
    "ask_price": ("How much is {service}?", "What do you charge for {service}?"),
    "too_expensive": ("That's above my budget, sorry", "Hmm, too pricey for me. Thanks anyway"),
    "think": ("Let me think and get back to you", "I need to check my calendar first", "Will write later"),
    "no_time": ("None of those days work for me", "Nothing earlier?", "Only {daypart} works for me"),
    "wait_please": ("Yes, let me know if something opens up", "Please put me on the waiting list"),
    "no_wait": ("No, thanks, I'll look elsewhere", "Never mind then"),
    "ask_move": ("Hi, I need to move my appointment for {service}", "Can we reschedule my visit?"),
    "ask_cancel": ("Please cancel my appointment", "I can't make it, please cancel {service}"),
    "ask_address": ("Where are you exactly?", "What are your opening hours?", "Do you take cards?"),
    "complain": ("My polish chipped after two days", "I waited twenty minutes past my time"),
    "want_human": ("Can I talk to a person?", "Please have someone call me"),
    "change_mind": ("Sorry, something came up, please cancel it", "Oh no, I can't after all. Cancel please"),
    "hello": (
        "Hello{name}! This is {salon}. What would you like to book?",
        "Hi{name}! Happy to help. Which service are you after?",
    ),
    "offer_staff": (
        "{title} is {price}, about {minutes} min. Who would you like: {staff_list}?",
        "Sure, {price}. Available: {staff_list}. Any preference?",
    ),
    "offer_times": ("{staff} is free {slots}. Which suits you?", "I can offer {slots}."),
    "summary": (
        "To confirm: {title} with {staff}, {when}, {price}. Correct?",
        "{title}, {when}, with {staff}, {price}. Shall I book it?",
    ),
    "booked": (
        "All set! See you {when}. Address: {address}",
        "You're booked for {when} ✨ We'll remind you the day before.",
    ),
    "price_answer": (
        "{title} is {price} and takes about {minutes} min. Shall I book you in?",
        "It's {price}, products included. Shall I look for a time?",
    ),
    "no_slots": (
        "I'm afraid that time is fully booked. Shall I tell you if something opens up?",
        "Nothing free just now. Would you like to join the waiting list?",
    ),
    "wish_saved": ("Noted. I'll write as soon as there is a slot!", "You're on the list."),
    "handover": ("I'm passing you to our administrator, one moment.", "A colleague will answer you shortly."),
    "by_hand": (
        "This is the front desk. I've booked you for {when} with {staff}.",
        "Hi, front desk here. {when} is yours, see you!",
    ),
    "ping": ("Still with us? I can look for another time.", "Just write here when you're ready to book 🌷"),
    "move_offer": ("Of course. I could move it to {slots}.", "No problem! Free: {slots}."),
    "moved": ("Moved: see you {when}.", "Done, the new time is {when} with {staff}."),
    "cancelled": (
        "Your appointment is cancelled. Hope to see you another time!",
        "Cancelled. Write when you'd like to come again.",
    ),
    "address": (
        "We're at {address}, open daily {opens}:00 to {closes}:00.",
        "{address}. Every day from {opens}:00 to {closes}:00, cards and cash.",
    ),
    "sorry": (
        "We're very sorry{name}. I'm passing this to our administrator.",
        "Apologies! Someone will contact you today.",
    ),
    "bye": ("Alright! I'm here if you need anything.", "You're always welcome 🌿"),
}
