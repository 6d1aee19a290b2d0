"""Following a dossier: scan the slip or type the code, see where it stands and what must be done now."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from devices.events import CodeScanned
from kiosk.catalogue import Procedure
from kiosk.errands import Asked, Following
from kiosk.errands.appointments import AppointmentVerbs
from kiosk.errands.codes import SLIP, Code, CodeError, CodeKind, parse_code
from kiosk.errands.inquiries import Answered
from kiosk.errands.ledger import Seen
from kiosk.hall.hall import QR_PREFIX, RETURNING
from kiosk.hall.tickets import HallError
from kiosk.identifying import IdentifyVerbs
from kiosk.state import Step
from offline_queue.entry import EntryState
from offline_queue.errors import OutboxError
from offline_queue.gateway import Desk, Progress, SubmitError

log = logging.getLogger(__name__)

PAPERS_WANTED, PAYMENT_DUE, DONE = 5, 6, 9  # statuses that a citizen can do something about here
FOR_THE_COUNTER = (3, PAPERS_WANTED, PAYMENT_DUE, 8)  # in which an officer helps; 3 not accepted, 8 stopped
PROGRESS = "progress"


@dataclass(frozen=True)
class _Missed:
    """The province did not answer; what was last known."""

    why: str
    seen: Seen | None


def for_the_counter(following: Following) -> bool:
    """Whether only an officer can help; also where nothing is known of the dossier."""
    if following.progress is not None:
        return following.status in FOR_THE_COUNTER
    if following.entry is not None:
        return following.entry.state is EntryState.REJECTED
    return following.asked in (Asked.UNKNOWN, Asked.FAILED)


class FollowVerbs(AppointmentVerbs, IdentifyVerbs):
    """The step of codes, and the dossier that a code leads to."""

    def follow(self) -> None:
        """HOME → FOLLOW: show a code to the scanner, or type it."""
        self.change_session(Step.FOLLOW, errors={}, priority="")

    def come_with_code(self) -> None:
        """HOME → FOLLOW: with an appointment, or for a result; the same step reads any code."""
        self.follow()

    def code_scanned(self, event: CodeScanned) -> None:
        """Where no card is expected, the code of a slip, an appointment or a ticket."""
        if self.state.step in (Step.HOME, Step.FOLLOW, Step.LOOKUP, Step.APPOINTMENT):
            self.touched()
            if event.text.strip().startswith(f"{QR_PREFIX}|"):
                self._ticket_given(event.text)
            else:
                self._code_given(event.text, typed=False)
        else:
            super().code_scanned(event)

    def type_code(self, text: str) -> None:
        """FOLLOW → LOOKUP or APPOINTMENT with what was typed."""
        if self.state.step is Step.FOLLOW:
            self._code_given(text, typed=True)

    def _ticket_given(self, qr: str) -> None:
        try:
            self.show_ticket(qr)
        except HallError as error:
            self._sorry(error.code)

    def _code_given(self, text: str, typed: bool) -> None:
        try:
            code = parse_code(text, self.parts.config.site.agency_code, self.now().date())
        except CodeError as error:
            foreign = "dossier_not_here" if text.startswith(SLIP) else "code_not_expected"
            asked_for = self.state.step is Step.FOLLOW and not text.startswith(SLIP)
            self._sorry(error.code if typed or asked_for else foreign)
            return
        self.change_session(typed_code=self.state.step is Step.FOLLOW)
        if code.kind is CodeKind.APPOINTMENT:
            self.open_appointment(code.text)
        else:
            self._open_dossier(code)

    def _sorry(self, code: str) -> None:
        """Next to the field where there is one, else over the screen."""
        if self.state.step is Step.FOLLOW:
            self.change_session(errors={"code": code})
        else:
            self.tell(code)

    def back_to_code(self) -> None:
        """LOOKUP, APPOINTMENT → FOLLOW with what was typed, or HOME where the code was scanned there."""
        if self.session.typed_code:
            self.follow()
        else:
            self.finish_session()

    def _open_dossier(self, code: Code) -> None:
        """→ LOOKUP: what this kiosk knows at once, then what the province says."""
        try:
            entry = self.parts.outbox.find_by_code(code.text)
        except OutboxError as error:
            log.error("following: %s", error)
            self.parts.sender.wake()  # it tries the store, and tells staff what ails it
            self._sorry(error.code)
            return
        if entry is None and code.kind is CodeKind.PROVISIONAL:
            self._sorry("dossier_not_here")
            return
        stub = replace(entry, payload={}, attachments=()) if entry else None
        official = entry.receipt.code if entry and entry.receipt else code.text
        asked = Asked.NO if entry and not entry.receipt else Asked.WAITING  # what waits here the province cannot know
        self.change_session(Step.LOOKUP, following=Following(official, stub, asked), errors={})
        if asked is Asked.WAITING:
            self._ask_progress()

    def look_again(self) -> None:
        """LOOKUP: ask the province once more."""
        following = self.session.following
        if self.state.step is Step.LOOKUP and following and following.asked is not Asked.WAITING:
            self.change_session(following=replace(following, asked=Asked.WAITING, why=""))
            self._ask_progress()

    def _ask_progress(self) -> None:
        following = self.session.following
        assert following is not None
        code, ledger, now = following.code, self.parts.ledger, self.now
        ref = following.entry.id if following.entry else ""

        def question(province: Desk) -> Progress | _Missed | None:
            try:
                progress = province.progress(code)
            except SubmitError as error:
                return _Missed(error.code, ledger.last_seen(code))
            if progress is not None:
                ledger.saw(progress, now(), ref)
            return progress

        self.ask(PROGRESS, question, self._progress_told)

    def _progress_told(self, event: Answered) -> None:
        following = self.session.following
        if following is None:
            return
        match event.answer:
            case Progress() as progress:
                following = replace(following, asked=Asked.ANSWERED, progress=progress, seen_at=None)
            case _Missed(why, seen):
                following = replace(following, asked=Asked.FAILED, why=why)
                if following.progress is None and seen is not None:
                    following = replace(following, progress=seen.progress, seen_at=seen.at)
            case _ if event.code:
                following = replace(following, asked=Asked.FAILED, why=event.code)
            case _:
                following = replace(following, asked=Asked.UNKNOWN, progress=None)
        self.change_session(following=following)

    def take_result_number(self) -> None:
        """LOOKUP → TICKET: the result is ready; a number of the series that hands results over."""
        following = self.session.following
        if self.state.step is not Step.LOOKUP or following is None or following.status != DONE:
            return
        letter = self.parts.config.follow.result_series
        self.take_number(letter if letter in self.parts.hall.series else self.counter_of(following))

    def take_counter_number(self) -> None:
        """LOOKUP → TICKET: an officer must help; who comes back with missing papers has priority.

        → HOME to choose the series, where nobody knows what the dossier is about.
        """
        following = self.session.following
        if self.state.step is not Step.LOOKUP or following is None or not for_the_counter(following):
            return
        if following.status == PAPERS_WANTED:
            self.change_session(priority=RETURNING)
        if self.procedure_of(following):
            self.take_number(self.counter_of(following))
        else:
            self.take_any_number()

    def counter_of(self, following: Following) -> str:
        """Letter of the series that handles what the dossier is about."""
        procedure = self.procedure_of(following)
        return self.parts.hall.letter_for(procedure.field if procedure else "", procedure.series if procedure else "")

    def procedure_of(self, following: Following) -> Procedure | None:
        """What the dossier is about, as far as this site offers it."""
        told = following.progress.procedure_code if following.progress else ""
        code = told or (following.entry.procedure_code if following.entry else "")
        return self.parts.catalogue.procedures.get(code)
