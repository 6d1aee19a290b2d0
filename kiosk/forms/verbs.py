"""While a form is filled in: rows of tables, people whom the registers know, and what is wrong told early."""

from __future__ import annotations

import uuid
from dataclasses import replace
from types import MappingProxyType

from devices.card_reader.emrtd.results import ChipData, Fields, Progress
from devices.events import CardPresence, ChipRead, CodeScanned, JobFailed
from kiosk import forms, identity, telephone
from kiosk.errands.asking import AskingVerbs
from kiosk.errands.inquiries import Answered
from kiosk.forms import REQUESTER, QuestionType, Section
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.identifying import CHIP_LEFT, finished, read_events
from kiosk.identity import Citizen, IdentityError, Method, Relative, sex_of
from kiosk.journey import JourneyVerbs
from kiosk.state import CardReading, Job, Session, Step
from offline_queue.gateway import Registered

FAMILY = "family"  # the purpose of the question
CARD_NEEDS_NUMBER = "person_card_first"
# of a chip that is read on a form; where the citizen's own words would mislead
OF_OTHERS = {"card_expired": "person_card_expired", "card_needs_mrz": "person_card_needs_mrz"}


class FormVerbs(AskingVerbs, JourneyVerbs):
    """What a form needs beyond its answers."""

    # -- what is asked ---------------------------------------------------------------------------------------------
    def answer(self, question_id: str, value: str) -> None:
        """A choice is left as soon as it is made: what is wrong with it is told at once."""
        super().answer(question_id, value)
        session, section = self.session, self.session.section
        if session.form and any(one.related_by == question_id for one in session.form.sections):
            proven = {person.id_number for person in session.proven_people}  # told, as whatever their chips say
            picked = [one for one in session.relatives if one.person.id_number not in proven]
            answers = form_filling.without_others(session.form, question_id, picked, session.answers)
            self.change_session(answers=MappingProxyType(answers))
        if section and any(one.id == question_id and one.choices for one in section.questions):
            self.settle(question_id)

    def edit(self, section_id: str) -> None:
        """REVIEW → FORM; what follows from who stands there is changed where they have told that."""
        form, known = self.session.form, self._implied()
        section = next((one for one in form.sections if one.id == section_id), None) if form else None
        if form and section and section not in self._sections() and set(_ids(section)) <= known.keys():
            deciding = {s.requester_when.question for s in form.sections if s.requester_when and s.when}
            section_id = next(one.id for one in form.sections if deciding & set(_ids(one)))
        super().edit(section_id)

    def _sections(self) -> tuple[Section, ...]:
        """Without those that only ask what follows from who stands there: no father is asked whether there is one."""
        known, said = self._implied(), self.session.answers
        follows = {question for question, value in known.items() if said.get(question) == value}
        return tuple(one for one in super()._sections() if not set(_ids(one)) <= follows)

    def _implied(self) -> dict[str, str]:
        session = self.session
        return form_filling.implied(session.form, self.case_id(), session.answers) if session.form else {}

    # -- early words ---------------------------------------------------------------------------------------------
    def settle(self, question_id: str) -> None:
        """The person has left a question: what is wrong with its answer stands beside it before they go on."""
        session = self.state.session
        if session is None or session.section is None or not session.answers.get(question_id):
            return
        found, here = self._section_errors(session.section), _ids(session.section)
        told = {*session.errors, question_id}  # what another answer has put right goes as well
        errors = {key: found.get(key, "") if key in here else session.errors.get(key, "") for key in told}
        errors = {key: code for key, code in errors.items() if code}
        self.change_session(errors=errors, answers=self._as_kept(session.section, question_id))
        self._open_waiting_card()

    def _as_kept(self, section: Section, question_id: str) -> MappingProxyType[str, str]:
        """A telephone number is shown as it is sent; all else as it was typed."""
        answers = self.session.answers
        question = next((one for one in section.questions if one.id == question_id), None)
        if question is None or question.type is not QuestionType.PHONE:
            return MappingProxyType(dict(answers))
        return MappingProxyType({**answers, question_id: forms.clean(question, answers[question_id])})

    def warnings(self) -> dict[str, str]:
        """Codes by question id of what is unusual in the section on the glass, but may be so."""
        session = self.session
        if session.form is None or session.section is None:
            return {}
        form, section, answers = session.form, session.section, session.answers
        family = form_filling.called_otherwise(form, section, session.relatives, answers)
        return family | form_checks.warnings_of(form, section, self.case_id(), answers, self.now().date())

    # -- tables --------------------------------------------------------------------------------------------------
    def add_row(self) -> None:
        """One more person of the table on the glass, once this one is complete."""
        session = self.session
        if session.form is None or session.section is None or not session.section.row:
            return
        if errors := self._section_errors(session.section):
            self.change_session(errors=errors)
            return
        before = {section.id for section in self._sections()}
        answers = forms.with_row(session.form, session.section, session.answers)
        self.change_session(answers=MappingProxyType(answers))
        for section in self._sections():
            if section.id not in before:
                self._open_section(section, editing=session.editing)

    def remove_row(self) -> None:
        """Not this person: the row goes, and the one in its place (or above it) is shown."""
        session = self.session
        if session.form is None or session.section is None or not self.can_remove_row():
            return
        table, number = forms.table_of(session.form, session.section), session.section.row
        answers = forms.without_row(session.form, session.section, session.answers)
        self.change_session(answers=MappingProxyType(answers))
        number = min(number, forms.row_count(table, answers))
        shown = next(section for section in self._sections() if section.id == f"{table.id}.{number}")
        self._open_section(shown, editing=session.editing)

    def can_add_row(self) -> bool:
        """Whether the table on the glass has room."""
        table, count = self._table()
        return table is not None and table.rows is not None and count < table.rows.maximum

    def can_remove_row(self) -> bool:
        """Whether the table on the glass has more rows than it must have."""
        table, count = self._table()
        return table is not None and table.rows is not None and count > table.rows.minimum

    def _table(self) -> tuple[Section | None, int]:
        session = self.session
        if session.form is None or session.section is None or not session.section.row:
            return None, 0
        table = forms.table_of(session.form, session.section)
        return table, forms.row_count(table, session.answers)

    # -- family --------------------------------------------------------------------------------------------------
    def accept_notice(self, consents: tuple[str, ...]) -> None:
        """NOTICE → FORM; meanwhile the national databases are asked for the family of who is proven to stand there."""
        super().accept_notice(consents)
        self._look_up_family()

    def _chip_done(self, reading: CardReading) -> None:
        super()._chip_done(reading)
        if self.state.step is Step.FORM:  # the notice was accepted while the chip was still read
            self._look_up_family()

    def _look_up_family(self) -> None:
        session = self.session
        proven, proof = session.proven, session.evidence
        if proven is None or not proof or session.looked_up_for == proven.id_number:
            return
        number = proven.id_number
        self.change_session(looked_up_for=number, relatives=())
        self.ask(FAMILY, lambda province: province.registered(number, proof), self._registers_told)

    def _registers_told(self, event: Answered) -> None:
        """Without an answer people type, as they do without a proof: nothing is said about it."""
        known, citizen = event.answer, self.session.citizen
        if event.code or not isinstance(known, Registered) or citizen is None:
            return
        relatives = tuple(
            Relative(
                Citizen(
                    member.id_number,
                    member.full_name,
                    member.date_of_birth,
                    member.sex
                    or (sex_of(member.id_number) if member.id_number else form_filling.sex_called(member.relation)),
                    member.address,
                    method=Method.TYPED,
                ),
                member.relation,
            )
            for member in known.family
        )
        phone = citizen.phone or telephone.good(known.phone)
        self.change_session(relatives=relatives, citizen=replace(citizen, phone=phone))
        self.fill_again()

    def offered(self) -> tuple[Relative, ...]:
        """Relatives who can fill the section on the glass: it asks for a person, and they are not in the form yet."""
        session = self.session
        section = session.section
        if session.form is None or section is None or section.person in ("", REQUESTER):
            return ()
        if set(_ids(section)) & self.locked():
            return ()
        return tuple(
            one
            for one in session.relatives
            if form_filling.can_mean(session.form, section, one, session.answers) and not _named(one, section, session)
        )

    def choose_relative(self, relative: Relative) -> None:
        """Fill the section on the glass with what is known of this person."""
        session = self.session
        if session.section is None or relative not in self.offered():
            return
        answers = form_filling.prefill_relative(session.section, relative, session.answers)
        errors = {key: code for key, code in session.errors.items() if key not in (*_ids(session.section), "scan")}
        self.change_session(answers=MappingProxyType(answers), errors=errors)
        self._open_waiting_card()

    # -- the chip of somebody else's card ------------------------------------------------------------------------
    def code_scanned(self, event: CodeScanned) -> None:
        """The printed code of a card tells its number, which opens the chip of the card that lies there."""
        super().code_scanned(event)
        section = self._of_another() if self.state.session else None
        came = section and section.id == self.session.scanned_person
        if section and self.session.person_card.code and (came or "scan" in self.session.errors):
            self.change_session(person_card=CardReading())  # what was asked for has come, or the code is the news
        self._open_waiting_card()

    def card_presence(self, event: CardPresence) -> None:
        """A card laid down while a form asks about its holder is read, or it is said at once what is missing."""
        super().card_presence(event)
        if not event.present or self.state.step is not Step.FORM or self._reading_person():
            return
        section = self._of_another()
        if section is None:
            self._own_card_laid()
        elif self._number_of(section) and not self._proven_in(section):
            self._read_person_card(section)
        else:
            self._person_card_stopped(CARD_NEEDS_NUMBER, section)

    def locked(self) -> frozenset[str]:
        """What genuine chips have answered, the citizen's own and those of others on the form."""
        session = self.session
        if session.form is None or not session.proven_people:
            return super().locked()
        return super().locked() | form_filling.told_of_others(
            session.form, self.case_id(), session.answers, session.proven_people, self._today()
        )

    def takes_another_card(self, section: Section, number: str) -> bool:
        """The wrong card was laid down for somebody else: the next one takes its place."""
        return self._of_another() is section and number != self._number_of(section)

    def can_forget_person(self) -> bool:
        """Whether a chip has answered the section on the glass about somebody else."""
        section = self._of_another()
        return section is not None and self._proven_in(section)

    def forget_person(self) -> None:
        """Not this person: what their card has told goes, and anybody can be typed."""
        section, session = self._of_another(), self.session
        if section is None or not self.can_forget_person():
            return
        answers = form_filling.without_person(section, session.answers)
        errors = {key: code for key, code in session.errors.items() if key not in (*_ids(section), "scan")}
        self.change_session(
            answers=MappingProxyType(answers), errors=errors, person_card=CardReading(), scanned_person=""
        )

    def chip_read(self, event: ChipRead) -> None:
        """What the chip of somebody else tells goes into their section, that of the citizen where it belongs."""
        reading = self._reading_person() if self.is_current(event.session_id) else None
        if reading is None or reading.id != event.job:
            super().chip_read(event)
            return
        self.touched()  # nobody touches the glass while the machine works
        match event.event:
            case Progress(done):
                self.change_session(person_card=replace(reading, done=done))
            case Fields():
                self._person_told(reading, event.event)
            case ChipData() as data:
                self._person_card_done(finished(reading, data))

    def chip_failed(self, event: JobFailed) -> None:
        """The reading of somebody else's card failed: what to do stands on their section."""
        reading = self._reading_person() if self.is_current(event.session_id) else None
        if reading is None or reading.id != event.job:
            super().chip_failed(event)
        else:
            self._person_card_stopped(event.code)

    def _chip_stopped(self, code: str) -> None:
        """Their own card, laid down where the form asks about them: told there."""
        super()._chip_stopped(code)
        if self.state.step is Step.FORM and self._about_citizen() and code != CHIP_LEFT:
            self.change_session(errors={**self.session.errors, "scan": OF_OTHERS.get(code, code)})

    def _of_another(self) -> Section | None:
        """The section on the glass where it asks about somebody else, whose number would open their card."""
        session = self.session
        section = session.section if self.state.step is Step.FORM else None
        if section is None or section.person in ("", REQUESTER):
            return None
        if self._about_citizen():
            return None
        return section if any(question.fills == "id_number" for question in section.questions) else None

    def _number_of(self, section: Section) -> str:
        try:
            return identity.check_id_number(form_filling.number_in(section, self.session.answers))
        except IdentityError:
            return ""

    def _proven_in(self, section: Section) -> bool:
        return bool(set(_ids(section)) & self.locked())

    def _reading_person(self) -> CardReading | None:
        reading = self.state.session.person_card if self.state.session else None
        return reading if reading and reading.job is Job.RUNNING else None

    def _own_card_laid(self) -> None:
        """Who has gone on without the chip may still lay their own card down where they are asked about."""
        if self._about_citizen() and self.session.proven is None:
            self.read_card()

    def _about_citizen(self) -> bool:
        session = self.session
        section = session.section if session.section and session.section.person else None
        return section is not None and form_filling.about_requester(section, self.case_id(), session.answers)

    def _open_waiting_card(self) -> None:
        """The number has come: a card that lies there unread is opened with it."""
        section = self._of_another() if self.state.session else None
        if section is None or not self.state.card_present or self.state.card_tried or self._reading_person():
            return
        if self._number_of(section) and not self._proven_in(section):
            self._read_person_card(section)

    def _read_person_card(self, section: Section) -> None:
        session, worker = self.session, self.parts.workers.get("card_reader")
        if worker is None:
            return
        number, trust = self._number_of(section), self.parts.trust
        job = f"card:{uuid.uuid4().hex[:8]}"
        errors = {key: code for key, code in session.errors.items() if key != "scan"}
        self.change_session(person_card=CardReading(Job.RUNNING, job, section=section.id), errors=errors)
        self.change(card_tried=True)
        worker.submit(job, session.id, lambda reader: read_events(reader, job, session.id, (number, None), trust))

    def _person_told(self, reading: CardReading, fields: Fields) -> None:
        section = next((one for one in self._sections() if one.id == reading.section), None)
        try:
            person = identity.citizen_from_chip(fields)
        except IdentityError:
            self._person_card_stopped("chip_malformed")
            return
        if section is None or person.id_number != self._number_of(section):
            self._person_card_stopped("card_number_mismatch")
        elif identity.expired(fields, self._today()):
            self._person_card_stopped("card_expired")
        elif code := self.misfit(section, person):
            self._person_card_stopped(code)
        else:
            answers = form_filling.prefill(section, person, self.session.answers)
            errors = {key: code for key, code in self.session.errors.items() if key not in _ids(section)}
            self.change_session(
                answers=MappingProxyType(answers), errors=errors, person_card=replace(reading, citizen=person)
            )

    def _person_card_done(self, reading: CardReading) -> None:
        session = self.session
        proven = (reading.citizen,) if reading.verified and reading.citizen else ()
        self.change_session(person_card=reading, proven_people=(*session.proven_people, *proven))
        self.audit("kiosk", "card_read", trust=reading.trust.value, clone_check=reading.clone_check.value)

    def _person_card_stopped(self, code: str, section: Section | None = None) -> None:
        """Over without a result; the printed code and typing stay possible."""
        session = self.session
        code, of = OF_OTHERS.get(code, code), section.id if section else session.person_card.section
        errors = {key: told for key, told in session.errors.items() if key != "scan"}  # the card is the news
        self.change_session(
            person_card=replace(session.person_card, job=Job.FAILED, section=of, code=code), errors=errors
        )


def _ids(section: Section) -> tuple[str, ...]:
    return tuple(question.id for question in section.questions)


def _named(relative: Relative, section: Section, session: Session) -> bool:
    """Whether the form names this person in another part already."""
    here = set(_ids(section))
    born = relative.person.date_of_birth.isoformat() if relative.person.date_of_birth else ""
    for key, value in session.answers.items():
        part, _, name = key.rpartition(".")
        if name == "full_name" and key not in here and value == relative.person.full_name:
            return not born or session.answers.get(f"{part}.date_of_birth") in ("", born)
    return False
