"""The window: drains the inbox, shows each new state on its screen, draws header, footer and overlays."""

from __future__ import annotations

import gc
import importlib
import logging
import queue
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import NoTransition, ScreenManager
from kivy.uix.widget import Widget

from kiosk import left_behind
from kiosk.app import Kiosk
from kiosk.comfort import Comfort
from kiosk.needs import HELP_CALLED
from kiosk.state import DESK_STEPS, AppState, Step, screen_for
from screens import keyboard, sound, theme
from screens.double_touch import DoubleTouch
from screens.memory import give_back
from screens.sheets import SheetLayer
from screens.speech import Speaker
from screens.tr import tr
from screens.widgets import KioskScreen, Press, Root

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
DRAIN_SECONDS = 1 / 30
LAYOUT_ROUNDS = 60  # before a frame; Kivy's 20 are too few where texts, tiles, grids and halves follow each other
REMIND_SECONDS, REMIND_TIMES = 4.0, 8  # half a minute
BELL_SECONDS, BELL_TIMES = 20.0, 9  # until somebody has come to the desk: three minutes, then it is only shown


class HeaderButton(Press):
    """A small button with an icon and a word; hidden while not `shown`."""

    icon = StringProperty("")
    words = StringProperty("")
    text = StringProperty("")
    shown = BooleanProperty(True)


class Header(BoxLayout):
    """Centre, clock, link to the province, easier reading, help, language, and the door for staff."""

    kiosk: Kiosk = ObjectProperty()
    centre = StringProperty("")
    clock = StringProperty("")
    link_icon = StringProperty("cloud-question-outline")
    link_text = StringProperty("")
    link_ok = BooleanProperty(True)
    paper_low = BooleanProperty(False)
    language = StringProperty("vi")
    at_home = BooleanProperty(True)
    at_desk = BooleanProperty(False)
    upright = BooleanProperty(True)

    def render(self, state: AppState) -> None:
        """Show the parts of the state that every screen has in common."""
        self.centre = state.centre
        self.upright = bool(Window.height > Window.width)
        waiting = state.outbox.pending
        narrow = waiting or (self.upright and state.step is Step.HOME)
        form = "%H:%M" if narrow else "%H:%M · %d/%m"  # there is no room for the date beside what waits, or the door
        self.clock = state.now.strftime(form) if state.now else ""
        self.language = state.language
        self.at_home = state.step is Step.HOME
        self.at_desk = state.step in DESK_STEPS
        self.link_ok = state.online is not False and not state.outbox.alarm
        self.link_icon = "cloud-check-outline" if self.link_ok else "cloud-off-outline"
        self.paper_low = state.paper_alert == "paper_low"
        if waiting:  # the icon and its colour say whether the line is there
            self.link_text = tr._("{n} chờ gửi").format(n=waiting)
        else:
            self.link_text = tr._("Trực tuyến") if self.link_ok else tr._("Ngoại tuyến")


class Calm(BoxLayout):
    """The glass above the controls when they are kept low; nothing to touch."""

    centre = StringProperty("")


class Footer(BoxLayout):
    """Back, finish and the main action: the same place on every screen."""

    screen: KioskScreen = ObjectProperty(None, allownone=True, rebind=True)
    kiosk: Kiosk = ObjectProperty()
    gap = NumericProperty(0)

    def on_touch_down(self, touch: Any) -> bool:
        """A folded footer takes no touch: its hidden buttons lie over the screen."""
        return bool(self.collide_point(*touch.pos) and super().on_touch_down(touch))


class IdleWarning(BoxLayout):
    """«Bạn còn ở đó không?» with the seconds left."""

    kiosk: Kiosk = ObjectProperty()
    seconds = StringProperty("")


class Shell(BoxLayout):
    """Header, steps, the screen, footer."""

    kiosk: Kiosk = ObjectProperty()
    screen: KioskScreen = ObjectProperty(None, allownone=True, rebind=True)
    wide = BooleanProperty(False)  # landscape glass: less around the screen
    glass = NumericProperty(1920)  # height of the window in pixels


class _Surprise(ExceptionHandler):
    """A surprise on the main thread ends the session (privacy) instead of the program."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk

    def handle_exception(self, exception: BaseException) -> int:
        """Log where it happened without its text, which could hold personal data."""
        trace = exception.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("surprise on the main thread: %s at %s", type(exception).__name__, where)
        self.kiosk.finish()
        return int(ExceptionManager.PASS)

    def guard(self, call: Callable[[], object]) -> None:
        """Do what comes again and again: the clock never again calls what has once raised there."""
        try:
            call()
        except Exception as error:  # noqa: BLE001  whatever it is, the next event and the next second come
            self.handle_exception(error)


class KioskWindow(App):
    """Verbs in, state out: the only place where a state becomes pixels."""

    def __init__(
        self,
        kiosk: Kiosk,
        inbox: queue.SimpleQueue[object],
        dock: Callable[[], Widget] | None = None,
        on_first_frame: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self.kiosk = kiosk
        self.inbox = inbox
        self._surprise = _Surprise(kiosk)
        self.make_dock = dock
        self.on_first_frame = on_first_frame
        self.screens: dict[str, KioskScreen] = {}
        self.session_id = ""
        self.bell = sound.Ringing(sound.BELL, BELL_SECONDS, BELL_TIMES)
        self.reminder = sound.Ringing(sound.REMINDER, REMIND_SECONDS, REMIND_TIMES)

    def build(self) -> Root:
        """Build header, footer and the first screen; the other screens follow between frames."""
        theme.register_fonts()
        Clock.max_iteration = LAYOUT_ROUNDS
        Window.clearcolor = theme.PAPER
        Builder.load_file(str(HERE / "widgets.kv"))
        for name in ("window", "sheets", "keyboard", "dates", "pickers", "fields", "dev_dock"):
            Builder.load_file(str(HERE / f"{name}.kv"))
        self.root_widget = Root()
        self.shell = Shell(kiosk=self.kiosk)
        self.root_widget.bind(height=self.shell.setter("glass"))
        self.calm = Calm(pos_hint={"top": 1})
        self.shell.bind(height=self._lay_calm)
        self.manager = ScreenManager(transition=NoTransition())
        self.shell.ids.stage.add_widget(self.manager)
        self.root_widget.add_widget(self.calm)
        self.root_widget.add_widget(self.shell)
        self.warning = IdleWarning(kiosk=self.kiosk)
        self.speaker = Speaker(lambda call: Clock.schedule_once(lambda _dt: call(), 0))
        self.sheets = SheetLayer(self.root_widget, self.kiosk)
        keyboard.typing.choose = lambda method: self.kiosk.adjust(typing=method)
        if self.make_dock:
            self.root_widget.add_widget(self.make_dock())
        ExceptionManager.add_handler(self._surprise)
        self.kiosk.on_state = self.show
        self.show(self.kiosk.state)
        self.double_touch = DoubleTouch(lambda: (*_page(self.kiosk.state), self.shell.screen.main_text))
        Window.bind(on_touch_down=self._touched)
        Clock.schedule_interval(lambda _dt: self.drain(), DRAIN_SECONDS)
        Clock.schedule_interval(lambda _dt: self._surprise.guard(self.kiosk.tick), 1)
        Clock.schedule_once(self._first_frame, 0)
        return self.root_widget

    def _first_frame(self, _dt: float) -> None:
        if self.on_first_frame:
            self.on_first_frame()
        names = [step.value for step in Step if step.value not in self.screens]

        def build_next(_dt: float) -> None:
            if names:
                self.screen(names.pop(0))
                Clock.schedule_once(build_next, 0.05)
            else:
                self.kiosk.ready()
                gc.collect()
                gc.freeze()  # the screens stay for ever: no collection needs to walk through them in mid-touch

        Clock.schedule_once(build_next, 0.2)

    def _touched(self, _window: object, touch: Any) -> bool:
        self.kiosk.touched()
        return self.double_touch.swallows(*touch.pos)

    def screen(self, name: str) -> KioskScreen:
        """The screen of that name, built when first asked for and kept (rebuilding leaks)."""
        if name not in self.screens:
            Builder.load_file(str(HERE / f"{name}.kv"))
            module = importlib.import_module(f"screens.{name}")
            kind: type[KioskScreen] = module.SCREEN
            self.screens[name] = kind(name=name, kiosk=self.kiosk)
        return self.screens[name]

    def drain(self) -> None:
        """Hand every waiting event to the kiosk."""
        while True:
            try:
                event = self.inbox.get_nowait()
            except queue.Empty:
                return
            self._surprise.guard(partial(self.kiosk.handle, event))

    def show(self, state: AppState) -> None:
        """Put `state` on the glass."""
        tr.switch(state.language)
        if theme.T.wear(Comfort() if state.step in DESK_STEPS else state.comfort):
            Window.clearcolor = theme.PAPER
            keyboard.lay_anew()
        keyboard.typing.method = state.comfort.typing
        name = str(screen_for(state))
        session_id = state.session.id if state.session else ""
        if session_id != self.session_id:
            self.session_id = session_id
            for built in self.screens.values():
                built.forget()
            theme.T.forget()
            Clock.schedule_once(give_back, 1)
        screen = self.screen(name)
        self.shell.ids.header.render(state)
        if self.manager.current != name or self.shell.screen is not screen:
            if not self.manager.has_screen(name):
                self.manager.add_widget(screen)
            screen.shown(state)
            self.shell.screen = screen
            screen.render(state)
            self._overlays(state)
            # the stage gets its height for this screen's footer first: else the screen is laid out twice
            for box in (self.shell, self.shell.ids.body, self.shell.ids.stage):
                box.do_layout()
            self.manager.current = name
            return
        screen.render(state)
        self._overlays(state)

    def _lay_calm(self, _shell: object, height: float) -> None:
        self.calm.height = max(0, self.root_widget.height - height)

    def _overlays(self, state: AppState) -> None:
        self.bell.ring(HELP_CALLED in state.outbox.notices and state.step not in DESK_STEPS)
        self.reminder.ring(left_behind.reminds(state))
        toast, code = self.shell.ids.toast, state.toast or left_behind.told(state)
        toast.text, toast.detail = tr.error(code), tr.advice(code)
        self.calm.centre = state.centre
        self.sheets.show(state)
        self.speaker.show(state)
        wanted = state.idle_seconds_left is not None
        if wanted:
            self.warning.seconds = str(state.idle_seconds_left)
        if wanted and not self.warning.parent:
            self.root_widget.add_widget(self.warning)
        elif not wanted and self.warning.parent:
            self.root_widget.remove_widget(self.warning)


def _page(state: AppState) -> tuple[object, ...]:
    """What a person reads before they touch again: another step, group of questions, question or sheet."""
    session = state.session
    section = session.section.id if session and session.section else ""
    return state.step, section, session.asked if session else 0, state.sheet, state.idle_seconds_left is None
