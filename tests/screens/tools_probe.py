"""Keyboards, lists and dates while the look changes, and how each is left again; answers in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from kiosk.comfort import Comfort
from tests.screens.family_probe import SIZE, to_father
from tests.screens.stage import window_on

EXTRACT, CONFIRMATION, DEATH = "2.000635", "1.010041", "1.000656"


class Probe:
    """One window, one thread."""

    def __init__(self, window: Any) -> None:
        from kiosk.state import Step
        from screens.robot import Robot

        self.robot, self.window, self.kiosk = Robot(window), window, window.kiosk
        self.robot.wait(lambda s: len(window.screens) == len(Step) and len(s.devices) > 3, "all screens and devices")
        self.form = window.screens["form"]

    def do(self, act: Callable[[], object]) -> None:
        """On the main thread, and drawn."""
        self.robot.on_main(lambda: (act(), True))
        self.robot.settle()

    def reach(self, low: bool) -> None:
        """Controls low, or as usual."""
        self.do(lambda: self.kiosk.adjust(reach=low))

    def key(self, name: str) -> None:
        """A touch on a key that is on the glass."""
        self.robot.tap(lambda w: type(w).__name__ == "Key" and name in (w.name, w.text.lower()), name)

    def open(self, question: str) -> Any:
        """Touch a field's box from the list of fields."""
        field = next(one for one in self.form.ids.fields.children if one.question.id == question)
        self.do(partial(self.form.edit, field.editors()[0]))
        return field

    def to(self, procedure: str, case: str, section: str) -> None:
        """Up to a section of a form, by the verbs of the screens before it."""
        kiosk = self.kiosk

        def go() -> None:
            kiosk.browse()
            kiosk.choose_procedure(procedure)
            kiosk.choose_case(case)
            kiosk.start_dossier()
            kiosk.type_id_number("027190012345")
            kiosk.card_done()
            kiosk.accept_notice(())
            kiosk.answer("head_known.answer", "no")
            kiosk.edit(section)

        self.do(go)

    def wrong(self) -> list[str]:
        """What is wrong on the glass now."""
        from tests.screens.glass import look

        picture = self.robot.grab()
        return [found.rule for found in self.robot.on_main(partial(look, self.window.root, picture))]

    def names(self) -> int:
        """How many names of the list can be read."""
        from kivy.metrics import dp

        from tests.screens.glass import seen

        rows = [one for one in seen(self.window.root) if type(one.widget).__name__ == "PickRow"]
        return sum(one.part.top - one.part.bottom > dp(60) for one in rows)

    def lists(self) -> list[list[object]]:
        """The list of communes, as its reader changes: names in sight, keyboards, what is wrong; the answer."""
        seen: list[list[object]] = []
        for low in (False, True, False):
            self.reach(low)
            self.do(lambda: (to_father(self.kiosk), self.kiosk.edit("birth")))
            field = self.open("birth.commune")
            names = self.robot.on_main(self.names)
            if low:
                self.robot.tap(lambda w: getattr(w, "key", "") == "query", "the box of the search")
            keys = [keys.layout for keys in self.form._list.ids.keyboard.children]
            for letter in ("v", "o", "space", "c", "u", "o", "n"):
                self.key(letter)
            wrong = self.wrong()
            self.key("done")
            seen.append([names >= 3, keys, wrong, field.value])
            self.do(self.kiosk.finish)
        return seen

    def looks(self) -> dict[str, list[object]]:
        """By screen: what is typed before and after the look changes, the keys then, and what is wrong on the glass."""
        from screens.keyboard import keyboard

        seen: dict[str, list[object]] = {}
        places: list[tuple[str, Callable[[], object], Callable[[], str]]] = [
            ("search", self.kiosk.browse, lambda: self.window.screens["procedures"].query),
            ("petition", self.kiosk.give_feedback, lambda: self.window.screens["petition"].text),
            ("form", self._type_name, lambda: self.kiosk.session.answers["father.full_name"].lower()),
            ("list", self._open_list, lambda: self.form._list.query),
        ]
        for name, begin, typed in places:
            self.do(partial(begin))
            self.key("k")
            self.reach(True)
            self.key("ê")
            layouts = {type(w).__name__ == "Keyboard" and w.layout for w in self.window.root.walk()} - {False}
            seen[name] = [typed(), sorted(layouts), self.wrong()]
            self.do(self.kiosk.finish)
            seen[name].append(self.robot.on_main(lambda: [keyboard(kind).text for kind in ("letters", "reach")]))
        return seen

    def _type_name(self) -> None:
        to_father(self.kiosk)
        field = next(one for one in self.form.ids.fields.children if one.question.id == "father.full_name")
        self.form.edit(field)

    def _open_list(self) -> None:
        to_father(self.kiosk)
        self.kiosk.edit("birth")
        field = next(one for one in self.form.ids.fields.children if one.question.id == "birth.commune")
        self.form.edit(field)

    def dates(self) -> dict[str, object]:
        """Out of a date while the controls are low; an optional one emptied again; what opens by itself."""
        seen: dict[str, object] = {}
        self.reach(True)
        self.to(EXTRACT, "deceased", "subject")
        self.open("subject.full_name")
        self.key("k")
        self.key("done")
        seen["opened"] = self.form.editing  # what comes next may be left empty
        self.open("subject.date_of_birth")
        seen["without footer"] = self.form.folded
        seen["first"] = self.form._dates._choices[0].text
        self.robot.tap("Đóng")
        seen["closed"] = [self.form.editing, self.form.folded]
        self.do(self.kiosk.finish)
        self.to(CONFIRMATION, self._first_case(CONFIRMATION), "head")
        born = self.open("head.date_of_birth")
        before = self.form._dates.can_clear
        self.do(lambda: (self.form.stop_editing(), self.kiosk.answer("head.date_of_birth", "1960-05-04")))
        self.open("head.date_of_birth")
        seen["clearable"] = [before, self.form._dates.can_clear]
        self.robot.tap("Bỏ trống")
        seen["cleared"] = [born.value, self.form.editing]
        self.do(self.kiosk.finish)
        return seen

    def address(self) -> list[object]:
        """After the ethnic group: whether a list opens over the offer to take another address; its title."""
        self.to(DEATH, self._first_case(DEATH), "deceased")
        self.open("deceased.ethnic")
        self.robot.tap(lambda w: type(w).__name__ == "PickRow" and w.title == "Kinh", "the first group")
        opened = self.form.picking
        self.open("deceased.address")
        title = self.form._list.title
        self.do(self.kiosk.finish)
        return [opened, title]

    def _first_case(self, procedure: str) -> str:
        found = self.kiosk.parts.lookup.catalogue.find(procedure)
        return str(found.cases[0].id) if found.cases else ""

    def relative(self) -> list[object]:
        """Touching a name: what is said, that it is in sight, and after the name was typed over."""
        from tests.screens.form_scenes import RELATIVES

        self.do(lambda: self.kiosk.adjust(simple=True))
        self.do(partial(to_father, self.kiosk))
        self.do(lambda: self.kiosk.change_session(relatives=RELATIVES))
        self.do(lambda: self.kiosk.answer("father.full_name", "Ai Đó"))
        self.robot.tap(lambda w: type(w).__name__ == "Known", "the first name")
        banner, scroll = self.form.ids.filled, self.form.ids.scroll
        top, floor = banner.to_window(0, banner.top)[1], scroll.to_window(0, scroll.y)[1]
        seen = [banner.text, banner.detail, floor < top <= floor + scroll.height]
        self.do(lambda: self.kiosk.answer("father.full_name", "Người Khác"))
        seen.append(banner.text)
        self.do(self.kiosk.finish)
        return seen

    def options(self) -> list[float]:
        """The heights of two options side by side, one of which has a longer text."""
        from kiosk.forms import Choice, Question, QuestionType
        from screens.fields import Showing, field_for

        long = "Một câu trả lời dài hơn nhiều, đến nỗi phải xuống dòng"
        question = Question(
            id="a",
            type=QuestionType.CHOICE,
            label="A",
            choices=(Choice(value="1", label="Nam"), Choice(value="2", label=long)),
        )
        field = self.robot.on_main(lambda: field_for(question, lambda _id, _value: None, lambda _field: None))

        self.do(partial(to_father, self.kiosk))
        self.do(lambda: self.form.ids.fields.add_widget(field))
        self.do(lambda: field.show(Showing()))
        heights = [round(one.height) for one in field.ids.body.children]
        self.do(self.kiosk.finish)
        return heights

    def groups(self) -> list[object]:
        """Saying that one pays less: the touched button and the first group in sight; what is said of the dossier."""
        from kivy.metrics import dp

        from tests.screens.errand_scenes import errands
        from tests.screens.glass import seen as on_glass
        from tests.screens.scenes import site_of

        screen = self.window.screens["pay"]
        scenes = errands(self.robot.on_main(lambda: site_of(self.kiosk)), "vi")
        paying = next(one for one in scenes if one.name == "pay-submission").state
        self.do(lambda: self.kiosk.change(session=paying.session, step=paying.step, comfort=Comfort(text_size=3)))
        self.do(screen.choose_group)
        self.robot.settle()
        boxes = {one.widget: one for one in self.robot.on_main(lambda: on_glass(self.window.root))}
        first = boxes[screen.ids.groups.children[-1]]
        wanted = [boxes[screen.ids.claim], first]
        seen = [one.part.top - one.part.bottom > dp(96) for one in wanted]
        said = screen.saved
        chosen = screen.ids.groups.children[-1].key
        self.do(lambda: screen.claim(chosen))
        self.robot.settle()
        at_top = screen.ids.scroll.scroll_y == 1
        self.do(self.kiosk.finish)
        return [*seen, said, at_top]

    def low_words(self) -> list[bool]:
        """Whether the line that is typed stands whole above the arrow where the controls are low: one line, many, and
        none yet, with the largest letters and what is wrong below it."""
        from kivy.metrics import dp

        from screens.widgets import ARROW_STRIP

        self.reach(True)
        self.do(self.kiosk.give_feedback)
        screen, seen = self.window.screens["petition"], []
        words, scroll = screen.ids.text.ids.words, screen.ids.scroll
        for text, size in (("Thêm ghế", 0), ("Thêm ghế và quạt cho người già. " * 8, 0), ("", 3)):
            self.do(partial(self.kiosk.adjust, text_size=size))
            self.do(partial(self.kiosk.tell_petition, text=text))
            self.do(partial(self.kiosk.change_session, errors={} if text else {"text": "petition_empty"}))
            self.robot.settle()
            end = self.robot.on_main(partial(words.to_window, words.x, words.y))[1]
            low = self.robot.on_main(partial(scroll.to_window, scroll.x, scroll.y))[1]
            seen.append(low + dp(ARROW_STRIP) <= end <= low + scroll.height - words.font_size)
        self.do(self.kiosk.finish)
        return seen

    def low_slip(self) -> bool:
        """Whether what comes next stands whole above the arrow where the controls are low."""
        from kivy.metrics import dp

        from screens.widgets import ARROW_STRIP
        from tests.screens.scenes import scenes, site_of

        site = self.robot.on_main(lambda: site_of(self.kiosk))
        shown = next(one for one in scenes(site, "vi") if one.name == "slip").state
        self.do(lambda: self.kiosk.change(session=shown.session, step=shown.step, comfort=Comfort(reach=True)))
        screen = self.window.screens["slip"]
        words = next(one for one in screen.walk() if getattr(one, "text", "") == screen.next_text)
        scroll = screen.children[0]
        end = self.robot.on_main(lambda: words.to_window(0, words.y)[1] - scroll.to_window(0, scroll.y)[1])
        self.do(self.kiosk.finish)
        return bool(end >= dp(ARROW_STRIP))

    def wrong_phone(self) -> list[object]:
        """A number with a digit too few and all keys put away: what is open after «Gửi góp ý», and the end of its
        field, where the mistake is told, above the arrow."""
        from kivy.metrics import dp

        from screens.widgets import ARROW_STRIP

        self.do(self.kiosk.give_feedback)
        screen = self.window.screens["petition"]
        self.do(partial(self.kiosk.tell_petition, text="Thêm ghế", named=True, name="Tô Thị Út", phone="091234567"))
        self.do(partial(self.kiosk.adjust, text_size=3))
        self.do(screen.put_away)
        self.do(screen.main)
        self.robot.settle()
        scroll, box = screen.ids.scroll, screen.ids.phone
        end = self.robot.on_main(lambda: box.to_window(0, box.y)[1] - scroll.to_window(0, scroll.y)[1])
        seen = [screen.field, screen.phone_error != "", (dp(ARROW_STRIP) if scroll.below else 0) <= end < scroll.height]
        self.do(self.kiosk.finish)
        return seen


def probe() -> dict[str, Any]:
    """What was seen."""
    answer: dict[str, Any] = {}

    def work(window: Any, _machine: Any) -> None:
        one = Probe(window)
        for part in (
            one.lists,
            one.looks,
            one.dates,
            one.address,
            one.relative,
            one.options,
            one.groups,
            one.low_words,
            one.low_slip,
            one.wrong_phone,
        ):
            answer[part.__name__] = part()
        one.robot.close()

    window_on(SIZE, work)
    return answer


if __name__ == "__main__":
    print(json.dumps(probe(), ensure_ascii=False))
