"""Who stands there: the QR code or the number, then the chip of the card, then the notice on personal data."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.results import ChipData, Fields, Progress
from devices.errors import DeviceError
from devices.events import CardPresence, ChipRead, CodeScanned, JobFailed
from devices.interfaces import CardReader, Condition
from kiosk import identity
from kiosk.core import KioskCore
from kiosk.forms import Section
from kiosk.forms import filling as form_filling
from kiosk.identity import Citizen, IdentityError
from kiosk.state import CardReading, Job, Step

if TYPE_CHECKING:
    from devices.card_reader.emrtd.trust import TrustStore

CHIP_LEFT = "card_removed"
UNREADABLE = "scan_unreadable"
PROGRESS_SECONDS = 0.05  # a bar that moves more often than this is not seen to


class IdentifyVerbs(KioskCore):
    """Code, number, chip; and what they know goes into the form."""

    # -- code and number -----------------------------------------------------------------------------------------
    def type_id_number(self, number: str) -> None:
        """IDENTIFY → CARD or NOTICE with the number alone."""
        try:
            digits = identity.check_id_number(number)
        except IdentityError as error:
            self.change_session(errors={"id_number": error.code})
            return
        # the number tells the sex: what is known is not asked for
        self._identified(Citizen(digits, sex=identity.sex_of(digits)))

    def code_scanned(self, event: CodeScanned) -> None:
        """A code: the citizen's card, a family member's card on a form, or nothing that is expected now."""
        self.touched()
        if self.state.step is Step.VNEID:  # who shows a card has chosen the other way
            self.change_session(Step.IDENTIFY, phone=None)
        if self.state.step is Step.IDENTIFY:
            self._card_scanned(event.text)
        elif self.state.step is Step.FORM and self.session.section and self.session.section.person:
            self._person_scanned(event.text, self.session.section)
        else:
            self.tell("code_not_expected")

    def code_unreadable(self) -> None:
        """A code was held up that is no text: said where one is waited for."""
        step, section = self.state.step, self.state.session.section if self.state.session else None
        if step is Step.IDENTIFY or (step is Step.FORM and section and section.person):
            self.touched()
            self.change_session(errors={**self.session.errors, "scan": UNREADABLE})

    def _card_scanned(self, text: str) -> None:
        try:
            self._identified(identity.citizen_from_qr(text))
        except IdentityError as error:
            self.change_session(errors={"scan": error.code})

    def _person_scanned(self, text: str, section: Section) -> None:
        session = self.session
        try:
            person = identity.citizen_from_qr(text)
        except IdentityError as error:
            self.change_session(errors={**session.errors, "scan": error.code})
            return
        asked = {question.id for question in section.questions}
        told = {question.id for question in section.questions if question.fills}
        if told & self.locked() and not self.takes_another_card(section, person.id_number):
            return  # the chip has told more than the code could
        if code := self.misfit(section, person):
            self.change_session(errors={**session.errors, "scan": code})
            return
        answers = form_filling.prefill(section, person, session.answers)
        errors = {key: code for key, code in session.errors.items() if key not in asked | {"scan"}}
        self.change_session(answers=MappingProxyType(answers), errors=errors, scanned_person=section.id)

    def _identified(self, citizen: Citizen) -> None:
        known = self.session.card
        if known.citizen and known.citizen.id_number == citizen.id_number and known.job is Job.CONFIRMED:
            self.change_session(Step.NOTICE, errors={})  # the same person again: the chip has told more
            return
        if not self._reader_ready():
            self.change_session(Step.NOTICE, citizen=citizen, card=CardReading(), errors={})
            return
        self.change_session(Step.CARD, citizen=citizen, card=CardReading(), errors={})
        if self.state.card_present:
            self.read_card()

    # -- the chip ------------------------------------------------------------------------------------------------
    def card_presence(self, event: CardPresence) -> None:
        """A card was laid down, or taken: one that is waited for is read at once."""
        self.touched()
        left = self.state.card_left and event.present
        self.change(card_present=event.present, card_tried=False, card_left=left)
        if event.present and self.state.step is Step.CARD and self.session.card.job in (Job.NONE, Job.FAILED):
            self.read_card()

    def read_card(self, born: date | None = None, valid_until: date | None = None) -> None:
        """CARD: read the chip with the number, or with the dates too, which a card without PACE asks for.

        `valid_until` None beside `born`: a card without an end of validity.
        """
        session, worker = self.session, self.parts.workers.get("card_reader")
        if worker is None or session.citizen is None or session.card.job is Job.RUNNING:
            return
        number, trust = session.citizen.id_number, self.parts.trust
        mrz = identity.mrz_key(number, born, valid_until) if born else None
        job = f"card:{uuid.uuid4().hex[:8]}"
        self.change_session(card=CardReading(Job.RUNNING, job))
        self.change(card_tried=True)
        worker.submit(job, session.id, lambda reader: read_events(reader, job, session.id, (number, mrz), trust))

    def chip_read(self, event: ChipRead) -> None:
        """Progress, fields, portrait, and at last whether all of it is genuine."""
        reading = self.session.card if self.is_current(event.session_id) else None
        if reading is None or reading.id != event.job or reading.job is not Job.RUNNING:
            return
        match event.event:
            case Progress(done):
                self.change_session(card=replace(reading, done=done))
            case Fields():
                self._chip_fields(reading, event.event)
            case Portrait():
                self.change_session(card=replace(reading, portrait=event.event))
            case ChipData() as data:
                self._chip_done(finished(reading, data))

    def _chip_fields(self, reading: CardReading, fields: Fields) -> None:
        assert self.session.citizen is not None
        try:
            citizen = identity.citizen_from_chip(fields)
        except IdentityError:
            self._chip_stopped("chip_malformed")
            return
        if citizen.id_number != self.session.citizen.id_number:
            self._chip_stopped("card_number_mismatch")  # another card with the same last six digits
        elif identity.expired(fields, self.now().date()):
            self._chip_stopped("card_expired")
        else:
            self.change_session(
                citizen=identity.completed(citizen, self.session.citizen), card=replace(reading, citizen=citizen)
            )
            self.fill_again()

    def _chip_done(self, reading: CardReading) -> None:
        self.touched()  # the clock stood still while the chip was read
        self.change_session(card=reading)
        self.fill_again()
        self.audit("kiosk", "card_read", trust=reading.trust.value, clone_check=reading.clone_check.value)

    def _chip_stopped(self, code: str) -> None:
        """The reading is over without a result; QR code and typing stay possible."""
        self.touched()
        self.change_session(card=replace(self.session.card, job=Job.FAILED, code=code))

    def chip_failed(self, event: JobFailed) -> None:
        """The reading failed: say what to do. What was read before stays, unproven."""
        if self.is_current(event.session_id) and self.session.card.id == event.job:
            if self.session.card.job is Job.RUNNING:
                self._chip_stopped(event.code)
            if self.state.step is not Step.CARD and event.code == CHIP_LEFT:
                self.tell("card_removed_early")

    def card_done(self) -> None:
        """CARD → NOTICE, with the chip's data or without; a reading that still runs goes on."""
        card = self.session.card
        if card.job is Job.RUNNING and card.citizen is None:  # not waited for any more
            card = CardReading()
        self.change_session(Step.NOTICE, card=card, errors={})

    def _reader_ready(self) -> bool:
        status = self.state.devices.get("card_reader")
        return status is not None and status.condition is Condition.READY

    # -- what is known --------------------------------------------------------------------------------------------
    def fill_again(self) -> None:
        """The chip or the registers have told something while the form is already being filled in."""
        if self.session.citizen and self.session.filled_for == self.session.citizen.id_number:
            self.fill_own_blocks()

    def fill_own_blocks(self) -> None:
        """Put what is known of the citizen into the questions about them."""
        session = self.session
        assert session.form is not None
        assert session.citizen is not None
        answers = form_filling.fill_own_blocks(session.form, self.case_id(), session.citizen, session.answers)
        self.change_session(answers=MappingProxyType(answers), filled_for=session.citizen.id_number)

    def locked(self) -> frozenset[str]:
        """Questions that a genuine chip has answered: nobody types over them."""
        session = self.session
        if session.form is None or session.proven is None:
            return frozenset()
        return form_filling.told_by_card(
            session.form, self.case_id(), session.answers, session.proven, self.now().date()
        )

    def misfit(self, section: Section, person: Citizen) -> str:
        """Code of why this person does not belong into a section of the form, "" when they do."""
        session = self.session
        assert session.form is not None
        return form_filling.misfit(
            session.form, section, self.case_id(), person, session.citizen, session.answers, self.now().date()
        )

    def takes_another_card(self, _section: Section, _number: str) -> bool:
        """Whether the card of this number may take the place of one whose chip has answered the section."""
        return False

    def case_id(self) -> str:
        """The chosen case, "" for none."""
        return self.session.case.id if self.session.case else ""


def finished(reading: CardReading, data: ChipData) -> CardReading:
    """A whole reading, with what it has proven."""
    return replace(
        reading,
        job=Job.CONFIRMED,
        done=1.0,
        access=data.access,
        trust=data.verdict.trust,
        clone_check=data.clone_check,
        evidence=data.evidence,
    )


def read_events(
    reader: CardReader, job: str, session_id: str, known: tuple[str, MrzKey | None], trust: Callable[[], TrustStore]
) -> Iterator[object]:
    """What one reading brings, on the reader's thread; the chip's libraries are loaded there with the first card.

    `known`: the 12 digits, and the dates where the card needs them.
    """
    from devices.card_reader.emrtd.access import AccessKey
    from devices.card_reader.emrtd.reader import read_chip

    shown = 0.0
    try:
        with reader.connect() as connection:
            for event in read_chip(connection, AccessKey.from_id_number(*known), trust()):
                if isinstance(event, Progress):
                    if time.monotonic() - shown < PROGRESS_SECONDS:
                        continue
                    shown = time.monotonic()
                yield ChipRead("card_reader", job, session_id, event)
    except DeviceError as error:
        yield JobFailed("card_reader", job, session_id, error.code, error.detail)
