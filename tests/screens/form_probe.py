"""Filling a form in the real window: what is wrong is in sight, lists, one question at a time; answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.screens.family_probe import SIZE, to_father
from tests.screens.stage import window_on

FATHER = {
    "father.full_name": "Trần Văn Mẫu",
    "father.id_number": "027088000003",
    "father.date_of_birth": "1988-08-20",
    "father.ethnic": "01",
}
TYPED = ("zzz", "vo", "phuong vo cuong")  # found nowhere, in many names, in one


class Probe:
    """One window, one thread."""

    def __init__(self, window: Any) -> None:
        from kiosk.state import Step
        from screens.robot import Robot

        self.robot, self.window, self.kiosk = Robot(window), window, window.kiosk
        self.robot.wait(lambda s: len(window.screens) == len(Step) and len(s.devices) > 3, "all screens and devices")
        self.screen = window.screens["form"]
        self.do(lambda: to_father(self.kiosk))

    def do(self, act: Callable[[], object]) -> None:
        """On the main thread, and drawn."""
        self.robot.on_main(lambda: (act(), True))
        self.robot.settle()

    def field(self, question: str) -> Any:
        """The field of a question on the glass."""
        return next(one for one in self.screen.ids.fields.children if one.question.id == question)

    def in_sight(self, question: str) -> bool:
        """Whether the end of a field is seen, above the strip of the arrow."""
        from kivy.metrics import dp

        from screens.widgets import ARROW_STRIP

        scroll, field = self.screen.ids.scroll, self.field(question)
        low = field.to_window(0, field.y)[1] - scroll.to_window(0, scroll.y)[1]
        return bool((dp(ARROW_STRIP) if scroll.below else 0) <= low <= scroll.height)

    def wrong(self) -> dict[str, bool]:
        """By question left out: whether it and its sentence are in sight once «Tiếp tục» was touched."""
        from kiosk.comfort import Comfort

        self.do(lambda: self.kiosk.change(comfort=Comfort(text_size=2)))  # so that not all fits
        seen = {}
        for left_out in FATHER:
            for question, value in FATHER.items():
                self.do(partial(self.kiosk.answer, question, "" if question == left_out else value))
            self.do(lambda: setattr(self.screen.ids.scroll, "scroll_y", 1))
            self.do(self.screen.main)
            told = bool(self.field(left_out).error)
            seen[left_out] = told and self.robot.on_main(partial(self.in_sight, left_out))
        return seen

    def choice(self) -> list[bool]:
        """The red edges of a choice that was not made, then of one that was."""
        self.do(lambda: (self.kiosk.edit("relation"), self.kiosk.answer("relation.kind", "")))
        self.do(self.screen.main)
        options = self.field("relation.kind").ids.body.children
        edges = [all(one.wrong for one in options)]
        self.do(lambda: self.kiosk.answer("relation.kind", "mother"))
        return [*edges, any(one.wrong for one in options)]

    def lists(self) -> list[list[object]]:
        """A commune looked for: whether the list is open, says what, and holds the cursor where it is; the answer."""
        from screens.keyboard import keyboard

        self.do(lambda: self.kiosk.edit("birth"))
        seen, picker = [], self.screen._list
        for typed in TYPED:
            field = self.field("birth.commune")
            self.do(partial(self.screen.edit, field))
            keys = self.robot.on_main(lambda: keyboard("letters"))
            self.do(partial(keys.put, typed))
            left = next(key for row in keys.children for key in row.children if key.name == "left")
            self.do(partial(left.dispatch, "on_press"))
            before = picker.caret == len(typed) - 1
            self.do(self.screen.main if len(picker.rows) == 1 else picker.enter)
            seen.append([before, self.screen.picking, picker.nothing, picker.asking, field.value])
            self.do(self.screen.stop_editing)
        return seen

    def death(self) -> dict[str, object]:
        """Of a death long ago: the relations in sight, a date half chosen when somebody goes on, and its year alone."""
        self.do(self.kiosk.finish)
        self.do(lambda: to_relation(self.kiosk))
        seen: dict[str, object] = {"relations": len(self.field("relation.kind").ids.body.children)}
        self.do(lambda: self.kiosk.edit("deceased"))
        self.do(lambda: self.screen.edit(self.field("deceased.date_of_birth")))
        dates = self.screen._dates
        for text in ("1940 – 1949", "1943"):
            self.robot.tap(text)
            self.robot.settle()
        self.do(self.screen.main)
        seen["half"] = [self.screen.editing, dates.unfinished]
        self.robot.tap("Tháng 2")
        self.robot.settle()
        seen["goes_on"] = [dates.unfinished, dates.half_chosen()]
        self.do(dates.up)
        self.robot.tap("Chỉ biết năm")
        self.robot.settle()
        year = self.field("deceased.birth_year")
        seen["year"] = [self.screen.editing, year.value, self.in_sight("deceased.birth_year")]
        self.do(lambda: self.screen.edit(self.field("deceased.date_of_birth")))
        self.robot.tap("1940 – 1949")
        self.do(dates.up)
        seen["given_up"] = dates.half_chosen()
        return seen

    def search(self) -> list[object]:
        """Where the cursor of the search is after one step to the left, and what is shown with it."""
        from screens.keyboard import keyboard

        self.do(self.kiosk.finish)
        self.do(self.kiosk.browse)
        keys, screen = self.robot.on_main(lambda: keyboard("letters")), self.window.screens["procedures"]
        self.do(partial(keys.put, "ket hon"))
        left = next(key for row in keys.children for key in row.children if key.name == "left")
        self.do(partial(left.dispatch, "on_press"))
        box = next(one for one in screen.walk() if type(one).__name__ == "QueryBox")
        return [screen.caret, box.ids.words.text.startswith("ket ho[color")]

    def one_question(self) -> dict[str, list[bool]]:
        """By question, alone in the largest letters, low: in sight; filled from the card; in sight after typing."""
        from kiosk.comfort import Comfort

        self.do(lambda: self.kiosk.change(comfort=Comfort(text_size=3, reach=True, simple=True)))
        self.do(lambda: (self.kiosk.edit("requester"), self.kiosk.change_session(scanned_person="requester")))
        seen = {}
        for number in range(4):
            self.do(partial(self.kiosk.change_session, asked=number))
            (field,) = self.screen.ids.fields.children
            question = field.question.id
            seen[question] = [self.robot.on_main(partial(self.in_sight, question)), bool(self.screen.filled)]
            self.do(partial(self.screen.edit, field))
            self.do(self.screen._next_field)
            seen[question].append(self.robot.on_main(partial(self.in_sight, question)))
        return seen

    def corrected(self) -> list[str]:
        """From the review, one question at a time: the main action at each of the section's questions."""
        said = []
        for number in range(self.robot.on_main(self.kiosk.question_number)[1]):
            self.do(partial(self.kiosk.change_session, asked=number))
            said.append(self.screen.main_text)
        return said

    def told_phone(self) -> list[str]:
        """What is said above a number that the registers have told, and above another one."""
        citizen = replace(self.kiosk.session.citizen, phone="0912345678")
        said = []
        for phone in (citizen.phone, "0987654321"):
            self.do(partial(self.kiosk.change_session, citizen=citizen, answers={"requester.phone": phone}))
            said.append(self.screen.filled)
        return said

    def all_known(self) -> list[object]:
        """One question at a time, a section that is all known: how many are shown, and whether from the top."""
        from tests.screens.form_scenes import form_scenes
        from tests.screens.scenes import site_of

        scenes = form_scenes(self.robot.on_main(lambda: site_of(self.kiosk)), "vi")
        state = next(one for one in scenes if one.name == "eform-1.001193-father-chip-simple").state
        self.do(lambda: self.kiosk.change(session=state.session, step=state.step))
        return [len(self.screen.ids.fields.children), self.screen.ids.scroll.scroll_y]


def to_relation(kiosk: Any) -> None:
    """Up to who somebody is to a person who died long ago."""
    kiosk.browse()
    kiosk.choose_procedure("1.000656")
    kiosk.choose_case("long_ago")
    kiosk.start_dossier()
    kiosk.type_id_number("027190012345")
    kiosk.card_done()
    kiosk.accept_notice(())
    kiosk.edit("relation")


def probe() -> dict[str, Any]:
    """What was seen."""
    answer: dict[str, Any] = {}

    def work(window: Any, _machine: Any) -> None:
        one = Probe(window)
        answer["wrong"] = one.wrong()
        answer["choice"] = one.choice()
        answer["lists"] = one.lists()
        answer["death"] = one.death()
        answer["one_question"] = one.one_question()
        answer["corrected"] = one.corrected()
        answer["told_phone"] = one.told_phone()
        answer["all_known"] = one.all_known()
        answer["search"] = one.search()
        one.robot.close()

    window_on(SIZE, work)
    return answer


if __name__ == "__main__":
    print(json.dumps(probe(), ensure_ascii=False))
