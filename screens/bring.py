"""A procedure in plain words: what to bring per case, how long, how much, where; the list to take home, the number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty

from kiosk.catalogue import Case, Component, Procedure
from kiosk.state import AppState, Job, Session
from screens import guide_words as words
from screens.qr import qr_picture
from screens.tr import tr
from screens.widgets import Fact, KioskScreen, Option, Press, show_list
from screens.wording import not_printed

MOST_PAPERS = 24  # on the glass; the printed list has them all


class Fold(Press):
    """A heading that opens and closes what stands below it."""

    title = StringProperty("")
    lines = ListProperty()
    open = BooleanProperty(False)


class BringScreen(KioskScreen):
    """Cases and papers at one side, money, time and place at the other; the law folded away."""

    title = StringProperty("")
    small_title = BooleanProperty(False)
    law_only = BooleanProperty(False)  # the text of the law, which is in Vietnamese alone
    unknown = StringProperty("")  # where to ask when only the name is known
    field = StringProperty("")
    authority = StringProperty("")
    duration = StringProperty("")
    ways = StringProperty("")
    level = StringProperty("")
    result = StringProperty("")
    several = BooleanProperty(False)
    chosen = BooleanProperty(False)
    more_papers = StringProperty("")
    page = StringProperty("")
    page_picture = ObjectProperty(None, allownone=True)
    can_start = BooleanProperty(False)
    can_prepare = BooleanProperty(False)
    printing = BooleanProperty(False)
    pointing = BooleanProperty(False)
    asking = BooleanProperty(False)
    printed = BooleanProperty(False)
    print_problem = StringProperty("")
    print_detail = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show procedure, cases, papers."""
        session = state.session
        if session is None or session.procedure is None or state.now is None:
            return
        procedure, case = session.procedure, session.case
        self.title = words.name(procedure)
        self.small_title = len(self.title) > words.LONG_NAME
        self.unknown = "" if procedure.described else words.where_to_ask(procedure)
        self.field = tr._(procedure.field)
        self.authority = words.authorities(procedure)
        self.law_only = state.language != "vi" and not procedure.online and procedure.described
        self.can_start = procedure.online
        self.several = len(procedure.cases) > 1
        self.chosen = case is not None or not procedure.cases
        self.can_prepare = procedure.prepare
        by_itself = tr._("Bắt đầu") if procedure.online else tr._("Chuẩn bị, rồi lấy số")
        here = procedure.online or procedure.prepare
        self.main_text = by_itself if here else tr._("Lấy số cho việc này")
        self.main_icon = "arrow-right" if here else "ticket-confirmation-outline"
        self.main_disabled = procedure.online and case is None
        self._show_cases(procedure, case)
        self._show_facts(procedure, state.now.date())
        self._show_print(session)

    def _show_cases(self, procedure: Procedure, case: Case | None) -> None:
        cases = procedure.cases if self.several else ()
        show_list(
            self.ids.cases,
            self._option,
            [{"key": c.id, "text": tr._(c.title), "selected": case is not None and c.id == case.id} for c in cases],
        )
        papers = list(_papers(procedure, case)) if self.chosen or procedure.papers else []
        left = len(papers) - MOST_PAPERS
        self.more_papers = tr._("Còn {n} giấy tờ nữa: hãy in danh sách.").format(n=left) if left > 0 else ""
        show_list(self.ids.papers, Fact, papers[:MOST_PAPERS])

    def _show_facts(self, procedure: Procedure, today: date) -> None:
        rows = [
            {"icon": "cash-multiple", "label": label or tr._("Lệ phí"), "value": amount, "detail": note}
            for label, amount, note in words.fees(procedure, today)
        ]
        show_list(self.ids.fees, Fact, rows)
        self.duration = words.durations(procedure) or tr._("Do tỉnh quy định")
        self.ways = words.ways(procedure)
        self.level = words.level(procedure)
        self.result = tr._(procedure.result)
        self.ids.notes.lines = words.notes(procedure)
        self.ids.law.lines = list(words.small_print(procedure))
        self.page = procedure.page
        self.page_picture = qr_picture(procedure.page)

    def _show_print(self, session: Session) -> None:
        self.printing = session.slip_print is Job.RUNNING
        self.asking = session.slip_print is Job.UNCONFIRMED
        self.printed = session.slip_print is Job.CONFIRMED
        self.pointing = session.slip_print in (Job.CONFIRMED, Job.UNCONFIRMED)
        failed = session.slip_print is Job.FAILED
        self.print_problem = tr._("Chưa in được danh sách.") if failed else ""
        self.print_detail = not_printed(session.slip_code, tr._("Bạn có thể chụp ảnh màn hình này.")) if failed else ""

    def main(self) -> None:
        """Begin, or the number of the counter that handles it."""
        if self.can_start:
            self.kiosk.start_dossier()
        elif self.can_prepare:
            self.kiosk.start_preparing()
        else:
            self.kiosk.take_number_for_this()

    def shown(self, state: AppState) -> None:
        """The law is folded away for each procedure anew."""
        for fold in (self.ids.notes, self.ids.law):
            fold.open = False

    def _option(self) -> Option:
        option = Option()
        option.bind(on_release=lambda o: self.kiosk.choose_case(o.key))
        return option


def _papers(procedure: Procedure, case: Case | None) -> Iterable[Mapping[str, object]]:
    for text in procedure.bring:
        yield {"icon": _bring_icon(text), "label": "", "value": tr._(text), "detail": ""}
    part = ""
    for component in (*procedure.papers, *(case.components if case else ())):
        if component.part not in ("", part):
            part = component.part
            yield {"icon": "", "label": part, "value": "", "detail": ""}
        yield _paper(component, procedure.online)


def _paper(component: Component, online: bool) -> Mapping[str, object]:
    """A paper, what happens to it here, and how it must lie."""
    how = tr._("Quét tại máy này.") if component.scan else tr._("Đưa cho cán bộ ở quầy.") if online else ""
    needed = "" if component.required else tr._("Nếu có.")
    return {
        "icon": "scanner" if component.scan else "file-document-outline",
        "label": "",
        "value": tr._(component.short),
        "detail": " ".join(filter(None, (needed, words.counted(component), how, tr._(component.hint)))),
    }


def _bring_icon(text: str) -> str:
    lower = text.casefold()
    return (
        "card-account-details-outline"
        if "thẻ căn cước" in lower or "giấy tờ tùy thân" in lower
        else "file-document-outline"
    )


SCREEN = BringScreen
