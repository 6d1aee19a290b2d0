"""A family member's card at the form, in the real window; a process of its own, answers in JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.screens.stage import window_on

SIZE = (540, 960)  # half the glass: all sizes are dp
FATHER = "027088000003||Trần Văn Mẫu|20081988|Nam|Tổ 1, Đại Phúc, TP Bắc Ninh, Bắc Ninh|10052021"
WARD = "09190"


def probe() -> dict[str, Any]:
    """What was seen: the words about the card, whether they stand in sight, the father's fields, his address."""
    answer: dict[str, Any] = {}
    window_on(SIZE, lambda window, machine: at_the_form(window, machine, answer))
    return answer


def at_the_form(window: Any, machine: Any, answer: dict[str, Any]) -> None:
    """The father's section, scrolled to its end; his card is laid down, then its code is shown."""
    from devices.card_reader.chip.card import make_card
    from kiosk.state import Job, Step
    from screens.robot import Robot

    robot, kiosk = Robot(window), window.kiosk
    robot.wait(lambda s: len(window.screens) == len(Step) and len(s.devices) > 3, "all screens and devices")
    robot.on_main(lambda: to_father(kiosk))
    robot.settle()
    screen = window.screens["form"]
    robot.on_main(lambda: setattr(screen.ids.scroll, "scroll_y", 0))
    machine.devices["card_reader"].insert(make_card(father()))
    robot.wait(lambda s: bool(s.session and s.session.person_card.job is Job.FAILED), "what the card needs")
    robot.settle()
    answer["needs"], answer["in_sight"] = robot.on_main(lambda: (screen.chip_said, in_sight(screen)))
    machine.devices["code_scanner"].present(FATHER)
    robot.wait(lambda s: bool(s.session and s.session.person_card.verified), "the chip")
    robot.settle()
    fields = {field.question.id: field for field in screen.ids.fields.children}
    answer["proven"] = robot.on_main(lambda: screen.proven)
    answer["locked"] = robot.on_main(lambda: sorted(key for key, field in fields.items() if field.locked))
    address = fields["father.address"]
    answer["old"] = robot.on_main(lambda: address.value)
    robot.on_main(lambda: address._commune.answer(address._commune.question.id, WARD))
    robot.settle()
    answer["address"] = robot.on_main(lambda: [address.value, address._commune.value, address._line.value])
    robot.on_main(screen.remove_row)
    robot.settle()
    answer["left"] = robot.on_main(lambda: [fields["father.full_name"].value, fields["father.full_name"].locked])
    robot.close()


def father() -> Any:
    """Whose card it is."""
    from datetime import date

    from devices.card_reader.chip.profile import Person

    number, name, address = FATHER.split("|")[0], FATHER.split("|")[2], FATHER.split("|")[5]
    return Person(
        number=number,
        full_name=name,
        birth_date=date(1988, 8, 20),
        sex="Nam",
        residence=address,
        expiry_date=date(2040, 1, 1),
    )


def to_father(kiosk: Any) -> bool:
    """Up to his section, by the verbs of the screens before it."""
    kiosk.browse()
    kiosk.choose_procedure("1.001193")
    kiosk.choose_case(kiosk.state.session.procedure.cases[0].id)
    kiosk.start_dossier()
    kiosk.type_id_number("027190012345")
    kiosk.card_done()
    kiosk.accept_notice(())
    kiosk.answer("relation.kind", "mother")
    kiosk.answer("father_known.answer", "yes")
    kiosk.edit("father")
    return True


def in_sight(screen: Any) -> bool:
    """Whether the words about the card lie within what is seen of the list."""
    banner, scroll = screen.ids.chip, screen.ids.scroll
    _, bottom = banner.to_window(0, banner.y)
    _, floor = scroll.to_window(0, scroll.y)
    return bool(floor <= bottom and bottom + banner.height <= floor + scroll.height + 1)


if __name__ == "__main__":
    print(json.dumps(probe(), ensure_ascii=False))
