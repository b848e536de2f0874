"""How a demo dialogue goes, by what the client came for: who says what, and where it breaks off."""

from demo.scene import Scene
from demo.wishes import make_subscription, make_wish


def _booking(scene: Scene) -> None:
    _asks_for_service(scene)
    ending = scene.plan.ending
    if ending == "ghost":
        scene.silence()
        return
    scene.move("service_selection")
    if ending in _AT_SERVICE:
        _AT_SERVICE[ending](scene)
        return
    scene.bot_says("offer_staff", tool="yclients.list_staff")
    scene.move("staff_selection")
    if ending == "staff_selection":
        scene.silence()
        return
    scene.client_says("any_staff" if scene.chance.happens(0.3) else "name_staff")
    scene.offer()
    scene.bot_says("offer_times", tool="yclients.free_times")
    scene.move("time_selection")
    if ending == "booked":
        _books(scene)
    elif ending == "transferred":
        _asks_human(scene)
        scene.admin_says("by_hand")
        scene.remember()
    elif ending == "no_slots":
        _finds_no_time(scene)
    else:
        _thinks(scene)


def _asks_for_service(scene: Scene) -> None:
    if scene.plan.ending == "ghost" or scene.chance.happens(0.3):
        scene.client_says("greet")
        scene.bot_says("hello")
        if scene.plan.ending == "ghost":
            return
        scene.client_says("name_service")
    else:
        scene.client_says("ask_booking")
    if scene.client.hostile:
        scene.client_says("hostile")
        scene.bot_says("unclear")
        scene.client_says("hostile")


def _books(scene: Scene) -> None:
    if scene.chance.happens(0.12):
        scene.client_says("ask_price")
        scene.bot_says("price_answer")
    scene.client_says("choose_time")
    scene.move("confirmation")
    scene.bot_says("summary")
    scene.client_says("confirm")
    scene.bot_says("booked", tool="yclients.create_record")
    scene.move("done")
    if scene.plan.booking_status == "confirmed":
        scene.remember()
    if scene.chance.happens(0.6):
        scene.client_says("thanks")
    if scene.plan.booking_status == "cancelled":
        scene.client_says("change_mind")
        scene.bot_says("cancelled", tool="yclients.delete_record")


def _finds_no_time(scene: Scene) -> None:
    scene.client_says("no_time")
    scene.bot_says("no_slots", tool="yclients.free_times")
    if not scene.plan.waits:
        scene.client_says("no_wait")
        scene.bot_says("bye")
        return
    scene.client_says("wait_please")
    scene.add(make_wish(scene.chance, scene.client, scene.plan, scene.at))
    if scene.chance.happens(0.5):
        scene.add(make_subscription(scene.chance, scene.client, scene.plan, scene.at))
    scene.bot_says("wish_saved")


def _thinks(scene: Scene) -> None:
    if scene.chance.happens(0.5):
        scene.client_says("think")
        scene.bot_says("bye")
        if scene.chance.happens(0.3):
            scene.add(make_wish(scene.chance, scene.client, scene.plan, scene.at))
    scene.silence()


def _drops_service(scene: Scene) -> None:
    scene.bot_says("price_answer")
    _thinks(scene)


def _finds_it_dear(scene: Scene) -> None:
    scene.bot_says("price_answer")
    scene.client_says("too_expensive")
    if scene.chance.happens(0.25):
        scene.add(make_wish(scene.chance, scene.client, scene.plan, scene.at))
    scene.bot_says("bye")


def _asks_human(scene: Scene) -> None:
    scene.client_says("want_human")
    scene.bot_says("handover", tool="admin.notify")
    scene.move("waiting_admin")


def _price(scene: Scene) -> None:
    scene.client_says("ask_price")
    if scene.plan.ending == "price_too_high":
        _finds_it_dear(scene)
    elif scene.plan.ending == "service_selection":
        _drops_service(scene)
    else:
        scene.bot_says("price_answer")
        scene.client_says("fine")
        scene.bot_says("bye")


def _reschedule(scene: Scene) -> None:
    scene.client_says("ask_move")
    scene.move("time_selection")
    scene.offer()
    scene.bot_says("move_offer", tool="yclients.free_times")
    if scene.plan.ending != "booked":
        _thinks(scene)
        return
    scene.client_says("choose_time")
    scene.bot_says("moved", tool="yclients.move_record")
    scene.move("done")
    scene.client_says("fine")


def _cancel(scene: Scene) -> None:
    scene.client_says("ask_cancel")
    scene.bot_says("cancelled", tool="yclients.delete_record")
    scene.move("done")
    if scene.chance.happens(0.5):
        scene.client_says("fine")


def _info(scene: Scene) -> None:
    scene.client_says("ask_address")
    scene.bot_says("address")
    if scene.chance.happens(0.6):
        scene.client_says("fine")
        scene.bot_says("bye")


def _complaint(scene: Scene) -> None:
    scene.client_says("complain")
    scene.bot_says("sorry", tool="admin.notify")
    scene.move("waiting_admin")
    scene.silence()


_AT_SERVICE = {
    "service_selection": _drops_service,
    "price_too_high": _finds_it_dear,
    "escalated": _asks_human,
}
ROUTES = {
    "booking": _booking,
    "price": _price,
    "reschedule": _reschedule,
    "cancel": _cancel,
    "info": _info,
    "complaint": _complaint,
}
