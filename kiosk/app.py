"""`Kiosk`: verbs in, events in, state out.

The verbs live where their matter is: `numbers.py` (tickets), `printing.py`, `paper.py`, `identifying.py` (code, number,
chip), `scanning.py` (pages), `browsing.py` (looking up), `journey.py` (a dossier, step by step), `forms/verbs.py`,
`submission.py` (declaration to rating), `errands/` (who comes back), `desk.py` and `calling_desk.py` (staff),
`technician.py` (self-tests), `reports.py` (readiness), `device_memory.py` (history and counters), `comfort/` (text size
and the like), `figures/measuring.py` (visits and ratings). Each derives from those that it stands on, and from
`core.py`; what several have a part in (`wipe`, `finish_session`, `refresh_desk`, `printed`, `previous_step`) each
extends with `super()`.
Here: which screen leads back where, the idle clock, and events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from devices.events import (
    CameraSeen,
    CardPresence,
    ChipRead,
    CodeScanned,
    DeviceChanged,
    DeviceNamed,
    JobFailed,
    PageScanned,
    PaperLeft,
    ScanFinished,
    TicketPrinted,
)
from devices.interfaces import PrintOutcome, PrintResult
from devices.worker import HANGS
from kiosk import letters
from kiosk.calling_desk import CallingVerbs, CounterActed
from kiosk.catalogue.update import CatalogueChanged
from kiosk.clerk_events import DossierFailed, DossierStored, PageFailed, PageStored, PinChecked
from kiosk.comfort import Comfort, Sheet
from kiosk.comfort.assisting import AssistVerbs
from kiosk.comfort.one_question import OneQuestionVerbs
from kiosk.core import Parts
from kiosk.desk_events import DeskAsked
from kiosk.device_memory import MemoryRead
from kiosk.errands.inquiries import Answered
from kiosk.errands.paying import RefundsRead
from kiosk.errands.petition import PetitionStored, PetitionVerbs
from kiosk.errands.supplementing import SupplementVerbs
from kiosk.errands.vneid import PhoneVerbs
from kiosk.figures.measuring import MeasuringVerbs
from kiosk.forms.verbs import FormVerbs
from kiosk.hall.news import HallChanged
from kiosk.identifying import UNREADABLE
from kiosk.paper import PaperVerbs
from kiosk.printing import SlipDrawn, SlipSettled
from kiosk.reports import ReportVerbs, ReportWritten
from kiosk.state import DESK_STEPS, AppState, DeviceLogLine, Job, Step
from kiosk.technician import SelfTestEnded, SelfTestPrinted
from offline_queue.entry import OutboxChanged

WARNING_SECONDS = 20  # WCAG 2.2.1: at least 20 s to ask for more time
DESK_SECONDS = 300  # an unattended desk locks itself
TICKET_SECONDS = 15  # a confirmed ticket leaves the glass by itself
PHONE_SECONDS = 180  # finding the bank's app, its password, its second password
PHONE_STEPS = (Step.PAY, Step.VNEID)
HELP_SECONDS = 300  # who rang is told to wait where they stand
HALL_SECONDS = 5  # other kiosks and `main.py ticket` take numbers too
DEVICE_LOG_LINES = 200


class Kiosk(
    MeasuringVerbs,
    OneQuestionVerbs,
    AssistVerbs,
    ReportVerbs,
    CallingVerbs,
    PetitionVerbs,
    SupplementVerbs,
    PhoneVerbs,
    FormVerbs,
    PaperVerbs,
):
    """The machine as the glass sees it. Every verb ends with a new `state`; none waits for a device or the network."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._hall_read_at = 0.0
        self._handlers: Mapping[type, Callable[[Any], None]] = {
            DeviceChanged: self._device_changed,
            DeviceNamed: self.device_named,
            CodeScanned: self.code_scanned,
            CardPresence: self.card_presence,
            ChipRead: self.chip_read,
            CameraSeen: self.camera_seen,
            PageScanned: self.page_scanned,
            PageStored: self.page_stored,
            PaperLeft: self.paper_left,
            ScanFinished: self.scan_finished,
            PageFailed: self.scan_failed,
            SlipDrawn: self.slip_drawn,
            SlipSettled: self.slip_settled,
            TicketPrinted: self.printed,
            JobFailed: self._job_failed,
            DossierStored: self.dossier_stored,
            DossierFailed: self.dossier_failed,
            OutboxChanged: self.outbox_changed,
            CatalogueChanged: self.catalogue_changed,
            HallChanged: self._hall_changed,
            PinChecked: self.pin_checked,
            CounterActed: self.counter_acted,
            DeskAsked: self.desk_asked,
            Answered: self.answered,
            RefundsRead: self.refunds_read,
            PetitionStored: self.petition_stored,
            MemoryRead: self.memory_read,
            SelfTestEnded: self.self_test_ended,
            ReportWritten: self.report_written,
            SelfTestPrinted: self.self_test_printed,
        }
        self.parts.hall.store.reconcile(self.now())
        self.refresh_hall()

    def ready(self) -> None:
        """All screens stand: heavy libraries are loaded before the first citizen needs them."""
        self.warm_up_scanner()
        self.parts.clerk.do(self.parts.lookup.search.ready, failed=None)
        self.parts.clerk.do(letters.ready, failed=None)

    # -- every screen --------------------------------------------------------------------------------------------
    def more_time(self) -> None:
        """«Tôi cần thêm thời gian»."""
        self.touched()
        self.change(idle_seconds_left=None)

    def finish(self) -> None:
        """«Kết thúc»: wipe at once, home, back to Vietnamese."""
        if self.state.step in DESK_STEPS:
            self.log_out()
        else:
            self.finish_session()

    def ask_to_finish(self) -> None:
        """«Kết thúc»: at once, or asked first where something would be lost by it."""
        if self._would_lose():
            self.open_sheet(Sheet.LEAVE)
        else:
            self.finish()

    def leave_slip(self) -> None:
        """SLIP → RATING; asked first where the code is on no paper."""
        if self.session.slip_print is Job.FAILED:
            self.open_sheet(Sheet.LEAVE)
        else:
            self.done_with_slip()

    def leave(self) -> None:
        """Whoever was asked ends all the same."""
        self.close_sheet()
        if self.state.step is Step.SLIP:
            self.done_with_slip()
        else:
            self.finish()

    def _would_lose(self) -> bool:
        """Whether answers, pages or words were given that nobody has yet, or a code that is on no paper."""
        session, step = self.state.session, self.state.step
        if session is None:
            return False
        if step is Step.PETITION:
            return bool(session.petition and session.petition.text.strip()) and session.submit is not Job.CONFIRMED
        unsent = session.notice_accepted_at is not None and session.submit is not Job.CONFIRMED
        return unsent if step is not Step.SLIP else session.slip_print is Job.FAILED

    def back(self) -> None:
        """One step back; nothing typed is lost."""
        match self.state.step:
            case Step.PRIORITY | Step.PROCEDURES | Step.TICKET | Step.FOLLOW | Step.PETITION:
                self.finish_session()
            case Step.LOOKUP | Step.APPOINTMENT:
                self.back_to_code()
            case Step.PAY:
                if self.session.paying and not self.session.paying.leads_on:
                    self.payment_done()
            case Step.VNEID:
                self.leave_phone()
            case Step.PAPER:
                self.paper_back()
            case step if step in DESK_STEPS:
                self.log_out()
            case Step.HOME | Step.COLLECT | Step.SLIP | Step.RATING:
                return  # what is submitted is submitted
            case _:
                self.previous_step()

    def switch_language(self, language: str) -> None:
        """Everything on the glass and the slips, at once; the next person starts in the first language again."""
        if language in self.parts.config.site.languages:
            self.change(language=language)

    # -- from machines -------------------------------------------------------------------------------------------
    def handle(self, event: object) -> None:
        """One event of the inbox; what belongs to an ended session is dropped by its handler."""
        self.remember(event)
        if handler := self._handlers.get(type(event)):
            handler(event)

    def _device_changed(self, event: DeviceChanged) -> None:
        line = DeviceLogLine(self.now(), event.device, event.status)
        self.change(
            devices={**self.state.devices, event.device: event.status},
            device_log=(line, *self.state.device_log)[:DEVICE_LOG_LINES],
        )
        self.paper_watched(event)
        if event.status.code == UNREADABLE:
            self.code_unreadable()

    def _job_failed(self, event: JobFailed) -> None:
        if self.self_test_failed(event):
            return
        if event.device == "document_scanner":
            self.scan_failed(event)
        elif event.device == "card_reader":
            self.chip_failed(event)
        elif event.device == "printer":
            # a driver that hung may have sent all of it: printing it again by itself could make two
            result = PrintResult.UNCONFIRMED if event.code == HANGS else PrintResult.FAILED
            outcome = PrintOutcome(result, event.code)
            self.printed(TicketPrinted(event.device, event.job, event.session_id, outcome))

    def _hall_changed(self, event: HallChanged) -> None:
        event.news.read()
        self.refresh_hall()
        self.refresh_desk()

    # -- time ----------------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """About once a second: idle time, opening hours, day change."""
        monotonic = time.monotonic()
        if monotonic - self._hall_read_at >= HALL_SECONDS:
            self._hall_read_at = monotonic
            self.refresh_hall()
        self._watch_idle(monotonic - self.last_touch)
        self.watch_printer()
        self.watch_papers()
        self.watch_camera()
        self.watch_payment()
        self.watch_phone()
        self.refresh_traffic()
        self.watch_self_test()
        self.save_counters()
        self.watch_line_to_province()
        for worker in self.parts.workers.values():
            worker.watch()

    def _as_nobody_left_it(self, state: AppState) -> bool:
        """Home as the next person must find it: there is nothing to forget."""
        at_home = state.step is Step.HOME and state.session is None and state.sheet is Sheet.NONE
        return at_home and state.language == self.parts.config.site.languages[0] and state.comfort == Comfort()

    def _watch_idle(self, idle: float) -> None:
        state = self.state
        if state.step in DESK_STEPS:
            if idle >= DESK_SECONDS:
                self.log_out()
            return
        if self._as_nobody_left_it(state):
            return
        session = state.session
        if session and Job.RUNNING in (session.scan, session.submit, session.card.job):
            self.touched()  # the clock stands still while the machine works
            return
        if state.step is Step.TICKET and session and session.ticket and session.ticket.print is Job.CONFIRMED:
            if idle >= TICKET_SECONDS * state.comfort.patience:
                self.finish_session()
            return
        limit = self.parts.config.site.idle_seconds * state.comfort.patience
        if state.step in PHONE_STEPS:
            limit = max(limit, PHONE_SECONDS)  # whoever looks at their own phone does not touch the glass
        if session and session.id == self.rang_for:
            limit = max(limit, HELP_SECONDS)
        end = limit + WARNING_SECONDS * state.comfort.patience
        if idle >= end:
            self._unattended()
        elif idle >= limit:
            self.change(idle_seconds_left=max(1, round(end - idle)))
        elif state.idle_seconds_left is not None:
            self.change(idle_seconds_left=None)

    def _unattended(self) -> None:
        """Who has left after handing a dossier in still gets its slip; all else is over."""
        state = self.state
        paying = state.session.paying if state.session else None
        handed_in = state.step is Step.PAY and paying is not None and paying.leads_on
        if state.step is not Step.COLLECT and not handed_in:
            self.finish_session()
            return
        self.touched()
        self.change(idle_seconds_left=None)
        if handed_in:
            self.payment_done()
        else:
            self.collected()
