"""The search: what was typed, the keyboard, and the results on every keystroke."""

from __future__ import annotations

from functools import partial

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.search import Hit, why_text
from kiosk.state import AppState
from screens import theme
from screens.keyboard import SIDE_WIDTH, keyboard, lay_keyboard, letters_layout
from screens.tr import tr
from screens.widgets import KioskScreen, Press, RowTile, show_list

AT_ONCE = 4  # results that are seen without scrolling; the others follow with the next frame
MOST = 12  # who has not found it among these types another word
LONGEST_NAME = 84  # letters; its own screen shows it whole
LONGEST_QUERY = 80


class QueryBox(Press):
    """What is being looked for; a touch brings the keyboard back."""

    text = StringProperty("")
    editing = BooleanProperty(False)
    caret = NumericProperty(0)  # before which letter the next one comes


class ProceduresScreen(KioskScreen):
    """The field, the results, and the keyboard below or beside them."""

    query = StringProperty("")
    heading = StringProperty("")
    typing = BooleanProperty(False)
    caret = NumericProperty(0)
    beside = NumericProperty(0)  # width of the keyboard where it lies beside the results
    nothing = BooleanProperty(False)

    def __init__(self, **values: object) -> None:
        self._spare = [RowTile(size_hint_y=None) for _ in range(MOST)]  # built while nobody waits
        self._later: tuple[Hit, ...] = ()
        self._show_later = Clock.create_trigger(lambda _dt: self._rows(self._later))
        super().__init__(**values)
        for row in self._spare:
            row.bind(on_release=lambda r: self.kiosk.choose_procedure(r.key))

    def shown(self, state: AppState) -> None:
        """Who has not looked for anything yet wants to type."""
        if state.query:
            self.stop_typing()
        else:
            self.type()

    def render(self, state: AppState) -> None:
        """The query, and the first results at once."""
        self.folded = self.typing and theme.T.REACH and not self.wide
        self.query = state.query
        self.nothing = not state.results and not self.folded
        self.heading = tr._("Làm được tại máy này") if not state.query else ""
        self._later = state.results[:MOST]
        if self.folded:  # there is no room but for how many there are
            self._later = ()
            found = tr._("{n} thủ tục. Chạm «Xong» để xem.").format(n=min(MOST, len(state.results)))
            self.heading = found if state.results else tr._("Không tìm thấy thủ tục nào.")
        self._rows(self._later[:AT_ONCE])
        if len(self._later) > AT_ONCE:
            self._show_later()
        self.ids.scroll.scroll_y = 1

    def _rows(self, hits: tuple[Hit, ...]) -> None:
        box = self.ids.results
        gone = box.children[: max(0, len(box.children) - len(hits))]
        show_list(box, self._spare.pop, [_row(hit) for hit in hits])
        self._spare += [row for row in gone if row.parent is None]

    # -- typing --------------------------------------------------------------------------------------------------
    def type(self) -> None:
        """Bring the keyboard up."""
        self.typing = True
        self.beside = SIDE_WIDTH if letters_layout() == "side" else 0
        keys = lay_keyboard(self.ids.tools, "letters")
        keys.begin(
            self.kiosk.state.query,
            self.kiosk.search,
            self.stop_typing,
            max_length=LONGEST_QUERY,
            on_cursor=partial(setattr, self, "caret"),
        )
        self.render(self.kiosk.state)

    def stop_typing(self) -> None:
        """Put the keyboard away: there is room for the results."""
        keyboard("letters").forget()
        self.ids.tools.clear_widgets()
        self.typing, self.beside = False, 0
        self.render(self.kiosk.state)

    def on_leave(self, *_: object) -> None:
        """The keyboard goes to whoever needs it next."""
        self.stop_typing()

    def forget(self) -> None:
        """Nothing typed stays here."""
        self.query = ""
        self._later = ()
        self._rows(())


def _row(hit: Hit) -> dict[str, object]:
    return {
        "key": hit.code,
        "title": shortened(tr._(hit.name)),
        "detail": f"{_place(hit)} · {why_text(hit, tr._)}",
        "icon": hit.icon,
        "icon_color": theme.GREEN if hit.online or hit.prepare else theme.BLUE if hit.described else theme.MUTED,
    }


def _place(hit: Hit) -> str:
    """What can be done with it here."""
    if hit.online:
        return tr._("Nộp tại máy này")
    if hit.prepare:
        return tr._("Chuẩn bị tại đây, nộp ở quầy")
    return tr._("Xem giấy tờ, lấy số") if hit.described else tr._("Hỏi ở quầy")


def shortened(name: str) -> str:
    """A long legal name, cut after a word."""
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME].rpartition(" ")[0].rstrip(" ,;–-") + "…"


SCREEN = ProceduresScreen
