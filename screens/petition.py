"""A suggestion, a complaint or praise: a kind, a text, and a name only for whoever wants an answer."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import AliasProperty, BooleanProperty, NumericProperty, StringProperty

from kiosk.errands.petition import LONGEST, LONGEST_NAME, LONGEST_PHONE
from kiosk.state import AppState, Job
from screens import theme
from screens.form import PAD_WIDTH
from screens.keyboard import SIDE_WIDTH, keyboard, lay_keyboard, letters_layout
from screens.tr import tr
from screens.widgets import ARROW_STRIP, KioskScreen, Press

SIGNED = ("name", "phone")
LIMITS = {"text": LONGEST, "name": LONGEST_NAME, "phone": LONGEST_PHONE}


class TextBox(Press):
    """What is typed into one field, with its cursor while it is edited."""

    label = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    editing = BooleanProperty(False)
    caret = NumericProperty(0)  # before which letter the next one comes
    error = StringProperty("")
    shown = BooleanProperty(True)
    least = NumericProperty(0)  # dp of its height


class PetitionScreen(KioskScreen):
    """Writing, then the thanks with the code."""

    kind = StringProperty("suggestion")
    text = StringProperty("")
    name_typed = StringProperty("")
    phone = StringProperty("")
    named = BooleanProperty(False)
    field = StringProperty("text")  # which one the keyboard types into
    writing = AliasProperty(  # a name is typed with all else out of the way
        lambda self: not self.stored and self.field not in SIGNED, bind=("stored", "field")
    )
    caret = NumericProperty(0)
    beside = NumericProperty(0)  # dp of the keyboard beside the fields; 0: below them
    text_error = StringProperty("")
    name_error = StringProperty("")
    phone_error = StringProperty("")
    trouble = StringProperty("")
    trouble_detail = StringProperty("")
    stored = BooleanProperty(False)
    code = StringProperty("")

    def on_kv_post(self, _base: object) -> None:
        """A long text grows: its end stays above the keys."""
        follow = Clock.create_trigger(self._follow)
        self.ids.scroll.bind(height=follow, viewport_size=follow)
        for field in LIMITS:
            self.ids[field].bind(pos=follow, size=follow)

    def _follow(self, _dt: float) -> None:
        scroll = self.ids.scroll
        hidden = scroll.viewport_size[1] - scroll.height
        if self.field and hidden > 0:
            box = self.ids[self.field]
            # between low keys and the top there is room for a line or two
            end = box.ids.words if self.folded and self.field == "text" else box
            below = end.y - scroll.children[0].y - dp(ARROW_STRIP + 8)
            scroll.scroll_y = min(1, max(0, below / hidden))
            scroll.effect_y.value = -hidden * scroll.scroll_y  # else Kivy scrolls back to where it was
        else:
            scroll.scroll_y = 1

    def shown(self, _state: AppState) -> None:
        """The text first."""
        self.field = ""
        self.edit("text")

    def render(self, state: AppState) -> None:
        """What was written so far, or the thanks."""
        session = state.session
        petition = session.petition if session else None
        if session is None or petition is None:
            return
        self.kind, self.text, self.named = petition.kind, petition.text, petition.named
        self.name_typed, self.phone = petition.name, petition.phone
        self.text_error = tr.error(session.errors.get("text", ""))
        self.name_error = tr.error(session.errors.get("name", ""))
        self.phone_error = tr.error(session.errors.get("phone", ""))
        self.trouble, self.trouble_detail = tr.error(session.submit_code), tr.advice(session.submit_code)
        self.stored = session.submit is Job.CONFIRMED
        self.code = session.provisional_code if self.stored else ""
        if self.stored and self.field:
            self.put_away()
        self.on_wide()
        self.main_text = tr._("Xong") if self.stored else tr._("Gửi góp ý")
        self.main_icon = "check" if self.stored else "send"
        self.main_disabled = session.submit is Job.RUNNING
        self.can_back = self.can_finish = not self.stored

    def edit(self, field: str) -> None:
        """Let the keyboard type into a field."""
        if field == self.field:
            return
        self.field = field
        self.on_wide()
        keys = lay_keyboard(self.ids.pad, "digits" if field == "phone" else "letters")
        petition = self.kiosk.session.petition
        value = str(getattr(petition, field)) if petition else ""
        keys.begin(
            value,
            self._typed,
            self.next_field,
            names=field == "name",
            max_length=LIMITS[field],
            on_cursor=self._moved,
        )

    def on_wide(self, *_: object) -> None:
        """The keyboard beside the fields where there is room; without the footer where the controls are kept low."""
        letters = SIDE_WIDTH if letters_layout() == "side" else 0
        self.beside = (PAD_WIDTH if self.field == "phone" else letters) if self.wide and self.field else 0
        self.folded = bool(self.field) and theme.T.REACH and not self.wide

    def _typed(self, text: str) -> None:
        values: dict[str, Any] = {self.field: text}
        self.kiosk.tell_petition(**values)

    def _moved(self, caret: int) -> None:
        self.caret = caret

    def next_field(self) -> None:
        """After the name its number; then all that was written is seen."""
        if self.field == "name":
            self.edit("phone")
        else:
            self.put_away()

    def put_away(self) -> None:
        """No keyboard: all of the screen can be seen."""
        self.field, self.beside, self.folded = "", 0, False
        self.ids.pad.clear_widgets()

    def choose(self, kind: str) -> None:
        """What kind it is."""
        self.kiosk.tell_petition(kind=kind)

    def sign(self) -> None:
        """With a name, or without."""
        self.kiosk.tell_petition(named=not self.named)
        self.edit("name" if self.named else "text")

    def main(self) -> None:
        """Send it, or home; the first field with a mistake opens."""
        if self.stored:
            self.kiosk.finish()
            return
        self.kiosk.send_petition()
        wrong = [field for field in LIMITS if field in self.kiosk.session.errors]
        if wrong and self.kiosk.session.submit is not Job.RUNNING:
            self.edit(wrong[0])

    def forget(self) -> None:
        """Nothing written stays on this screen."""
        self.text = self.name_typed = self.phone = self.code = ""
        for kind in ("letters", "digits"):
            keyboard(kind).forget()
        self.put_away()


SCREEN = PetitionScreen
