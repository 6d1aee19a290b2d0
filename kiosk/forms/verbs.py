"""While a form is filled in: rows of tables, people whom the registers know, and what is wrong told early."""

from __future__ import annotations

from types import MappingProxyType

from kiosk import forms
from kiosk.errands.asking import AskingVerbs
from kiosk.errands.inquiries import Answered
from kiosk.forms import REQUESTER, Section
from kiosk.forms import checks as form_checks
from kiosk.forms import filling as form_filling
from kiosk.identity import Citizen, Method, Relative, sex_of
from kiosk.journey import JourneyVerbs
from kiosk.state import CardReading, Session, Step

FAMILY = "family"  # the purpose of the question


class FormVerbs(AskingVerbs, JourneyVerbs):
    """What a form needs beyond its answers."""

    # -- early words ---------------------------------------------------------------------------------------------
    def settle(self, question_id: str) -> None:
        """The person has left a question: what is wrong with its answer stands beside it before they go on."""
        session = self.session
        if session.section is None or not session.answers.get(question_id):
            return
        errors = dict(session.errors)
        errors.pop(question_id, None)
        if code := self._section_errors(session.section).get(question_id):
            errors[question_id] = code
        self.change_session(errors=errors)

    def warnings(self) -> dict[str, str]:
        """Codes by question id of what is unusual in the section on the glass, but may be so."""
        session = self.session
        if session.form is None or session.section is None:
            return {}
        return form_checks.warnings_of(
            session.form, session.section, self.case_id(), session.answers, self.now().date()
        )

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
        self.ask(FAMILY, lambda province: province.family(number, proof), self._family_told)

    def _family_told(self, event: Answered) -> None:
        """Without an answer people type, as they do without a proof: nothing is said about it."""
        if not event.code and isinstance(event.answer, tuple):
            known = tuple(
                Relative(
                    Citizen(
                        member.id_number,
                        member.full_name,
                        member.date_of_birth,
                        member.sex or (sex_of(member.id_number) if member.id_number else ""),
                        member.address,
                        method=Method.TYPED,
                    ),
                    member.relation,
                )
                for member in event.answer
            )
            self.change_session(relatives=known)

    def offered(self) -> tuple[Relative, ...]:
        """Relatives who can fill the section on the glass: it asks for a person, and they are not in the form yet."""
        session = self.session
        section = session.section
        if section is None or section.person in ("", REQUESTER) or set(_ids(section)) & self.locked():
            return ()
        return tuple(one for one in session.relatives if not _named(one, section, session))

    def choose_relative(self, relative: Relative) -> None:
        """Fill the section on the glass with what is known of this person."""
        session = self.session
        if session.section is None or relative not in self.offered():
            return
        answers = form_filling.prefill(session.section, relative.person, session.answers)
        errors = {key: code for key, code in session.errors.items() if key not in _ids(session.section)}
        self.change_session(answers=MappingProxyType(answers), errors=errors)


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
