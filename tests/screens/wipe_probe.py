"""One citizen leaves traces in every widget that can hold any, then ends; the next must find none. Answers in JSON."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from tests.screens.stage import window_on

OTHER = "001190000007"  # for whom the paper is; born in the same year
NUMBER, PHONE, NAME, PLACE = "027190012345", "0900000001", "Nguyễn Thị Đào", "Ngõ Thử Nghiệm"
CARD = f"{NUMBER}|123456789|{NAME}|14021990|Nữ|{PLACE}, Võ Cường, Bắc Ninh|10092025"
PROCEDURE = "2.000635"


def traces(texts: list[str]) -> Iterator[str]:
    """Which of the citizen's data stand in these texts, whatever spaces or caret stand between."""
    for name, wanted in {"number": NUMBER, "phone": PHONE, "name": NAME, "place": PLACE}.items():
        plain = wanted.replace(" ", "")
        if any(plain in text.replace(" ", "").replace("|", "") for text in texts):
            yield name
    if any(f"•• {NUMBER[-4:]}" in text for text in texts):
        yield "masked number"


def probe() -> dict[str, Any]:
    """`{"before", "at_review", "at_end"}`: what widgets knew; and what textures were left."""
    from screens.launch import PORTRAIT

    answer: dict[str, Any] = {}
    scanner = {"driver": "simulated", "seconds_per_page": 0.0}
    window_on(
        PORTRAIT, lambda window, machine: Citizen(window, machine).run(answer), devices={"document_scanner": scanner}
    )
    return answer


class Citizen:
    """Goes through a dossier by the verbs that touches call, with the real window showing each state."""

    def __init__(self, window: Any, machine: Any) -> None:
        from screens.robot import Robot

        self.window, self.machine, self.kiosk = window, machine, machine.kiosk
        self.robot = Robot(window)

    def run(self, answer: dict[str, Any]) -> None:
        """To the review and away; to the slip and on to the rating."""
        from kiosk.state import Job, Step

        self.robot.wait(lambda _s: len(self.window.screens) == len(Step), "all screens")
        self.to_review()
        answer["known_at_review"] = self.known()
        answer["textures_at_review"] = self.textures()
        self.do(self.kiosk.finish)
        answer["after_finish"] = self.known()
        answer["textures_after_finish"] = self.textures()
        answer["session_after_typing"] = self.ended_while_typing()
        self.to_review()
        self.do(self.kiosk.next)
        self.do(self.kiosk.declare)
        self.robot.wait_step(Step.COLLECT)
        self.do(self.kiosk.collected)
        self.robot.wait(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the slip")
        session = self.robot.state.session
        assert session is not None
        code, picture = session.provisional_code, session.slip_picture is not None
        answer["slip_shown"] = bool(picture and any(code in text for text in self.texts()))
        self.do(self.kiosk.done_with_slip)
        self.robot.wait_step(Step.RATING)
        answer["at_rating"] = self.known()
        answer["code_at_rating"] = any(code in text for text in self.texts())
        answer["textures_at_rating"] = self.textures()
        self.robot.close()

    def do(self, verb: Callable[..., object], *arguments: object) -> None:
        """On the main thread, and drawn."""
        self.robot.on_main(lambda: verb(*arguments))
        self.robot.settle()

    def ended_while_typing(self) -> bool:
        """Whether a session is left when one has ended with an answered field under the keys."""
        from kiosk.state import Step

        self.to_card()
        self.do(self.kiosk.card_done)
        self.robot.wait_step(Step.NOTICE)
        self.do(self.kiosk.accept_notice, ())
        form = self.window.screens["form"]
        answered = next(field for field in form.ids.fields.children if field.question.type == "name" and field.value)
        self.do(form.edit, answered)
        self.do(self.kiosk.finish)
        return self.kiosk.state.session is not None

    def to_card(self) -> None:
        """With the printed code of the card."""
        from kiosk.state import Step

        self.do(self.kiosk.browse)
        self.do(self.kiosk.choose_procedure, PROCEDURE)
        self.do(self.kiosk.choose_case, "authorised")
        self.do(self.kiosk.start_dossier)
        self.machine.devices["code_scanner"].present(CARD)
        self.robot.wait_step(Step.CARD)

    def to_review(self) -> None:
        """Typed, scanned, filled: every screen on the way holds something of this person."""
        from devices.card_reader.chip.card import make_card
        from devices.card_reader.chip.profile import Person
        from kiosk.state import Step

        robot, kiosk = self.robot, self.kiosk
        self.to_card()
        reader = self.machine.devices["card_reader"]
        home = f"{PLACE}, Võ Cường, Bắc Ninh"
        reader.insert(make_card(Person(NUMBER, NAME, residence=home, expiry_date=date(2040, 2, 14))))
        robot.wait(lambda s: bool(s.session and s.session.card.verified), "the chip")
        robot.settle()
        reader.remove()
        robot.wait(lambda s: not s.card_present, "the card in the citizen's hand")
        self.do(kiosk.card_done)
        robot.wait_step(Step.NOTICE)
        self.do(kiosk.accept_notice, ())
        while robot.state.step is Step.FORM:
            self.fill_section()
        for component in kiosk.papers_needed():
            self.do(kiosk.open_paper, component.id)
            self.do(kiosk.scan_page)
            robot.wait(lambda s: bool(s.session and s.session.papers and not s.session.scan), "the page")
            robot.settle()
            self.do(kiosk.next)
        self.do(kiosk.next)
        robot.wait_step(Step.REVIEW)
        self.do(self.window.screens["review"].reveal)

    def fill_section(self) -> None:
        """Answer what is asked; leave the keyboard open on a field."""
        from kiosk import forms

        answers = {"name": NAME, "text": PLACE, "phone": PHONE, "id_number": OTHER, "number": "2015"}
        answers |= {"date": "1990-02-14", "ethnic": "01", "commune": "09190", "address": f"{PLACE}, Võ Cường, Bắc Ninh"}
        section = self.robot.state.session.section  # type: ignore[union-attr]
        assert section is not None
        for _ in range(3):  # an answer may bring up another question
            session = self.robot.state.session
            assert session is not None
            case = session.case.id if session.case else ""
            for question in forms.visible_questions(section, case, session.answers):
                if not session.answers.get(question.id):
                    value = question.choices[0].value if question.choices else answers[question.type]
                    self.do(self.kiosk.answer, question.id, value)
        form = self.window.screens["form"]
        typed = [field for field in form.ids.fields.children if field.question.type in ("name", "phone", "id_number")]
        for field in typed:
            self.do(form.edit, field)
        self.do(self.kiosk.next)

    # -- what is left --------------------------------------------------------------------------------------------
    def texts(self) -> list[str]:
        """Every text of every widget that is alive, on the glass or not."""
        return self.robot.on_main(_texts)

    def known(self) -> list[str]:
        """What widgets know of the citizen."""
        return list(traces(self.texts()))

    def textures(self) -> int:
        """Pictures of papers and slips that screens hold."""
        screens = self.window.screens
        held = [screens[name].picture for name in ("ticket", "slip", "card")] + [screens["scan"].texture]
        held.append(screens["scan"].ids.sheet.texture)
        return len(screens["scan"]._textures) + sum(picture is not None for picture in held)


def _texts() -> list[str]:
    from kivy.properties import StringProperty
    from kivy.uix.widget import Widget

    gc.unfreeze()  # the window has taken its screens out of the collector's sight
    gc.collect()
    alive = [thing for thing in gc.get_objects() if isinstance(thing, Widget)]
    return [
        getattr(widget, name) or ""
        for widget in alive
        for name, kind in widget.properties().items()
        if isinstance(kind, StringProperty)
    ]


def main() -> None:
    """The last line of stdout is JSON."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    print(json.dumps(probe()))


if __name__ == "__main__":
    main()
