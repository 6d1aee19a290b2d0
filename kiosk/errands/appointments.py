"""Coming at an appointed time: the code gives the appointment, and its place in the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kiosk.errands import Asked, Coming
from kiosk.errands.asking import AskingVerbs
from kiosk.errands.inquiries import Answered
from kiosk.hall.tickets import HallError, Ticket
from kiosk.numbers import NumberVerbs
from kiosk.state import Step
from offline_queue.gateway import Appointment

EARLY, LATE = timedelta(minutes=30), timedelta(minutes=30)  # around the time, in which its place is kept
APPOINTMENT = "appointment"


def in_time(appointment: Appointment, now: datetime) -> bool:
    """Whether its place in the queue is kept now."""
    return appointment.start - EARLY <= now <= appointment.end + LATE


class AppointmentVerbs(AskingVerbs, NumberVerbs):
    """The step of an appointment."""

    def open_appointment(self, code: str) -> None:
        """→ APPOINTMENT: ask the province for it; → TICKET where it has got its number already."""
        if self._has_number(code):
            return
        self.change_session(Step.APPOINTMENT, coming=Coming(code, Asked.WAITING), errors={})
        self.ask(APPOINTMENT, lambda province: province.appointment(code), self._appointment_told)

    def ask_appointment_again(self) -> None:
        """APPOINTMENT: ask the province once more."""
        coming = self.session.coming
        if self.state.step is Step.APPOINTMENT and coming and coming.asked is Asked.FAILED:
            self.open_appointment(coming.code)

    def _appointment_told(self, event: Answered) -> None:
        coming = self.session.coming
        if coming is None:
            return
        if isinstance(event.answer, Appointment):
            coming = replace(coming, asked=Asked.ANSWERED, appointment=event.answer)
        else:
            coming = replace(coming, asked=Asked.FAILED if event.code else Asked.UNKNOWN, why=event.code)
        self.change_session(coming=coming)

    def take_appointed_number(self) -> None:
        """APPOINTMENT → TICKET; before or after the time it is a number as any other."""
        coming = self.session.coming
        if self.state.step is not Step.APPOINTMENT or coming is None or coming.appointment is None:
            return
        if self._has_number(coming.code):  # from another kiosk of the hall, meanwhile
            return
        appointment, hall = coming.appointment, self.parts.hall
        procedure = self.parts.catalogue.procedures.get(appointment.procedure_code)
        letter = appointment.series
        if letter not in hall.series:
            letter = hall.letter_for(procedure.field if procedure else "", procedure.series if procedure else letter)
        self.take_number(letter)

    def _has_number(self, code: str) -> bool:
        """→ TICKET with the number that an appointment has got, anywhere in the hall; False where it has none."""
        try:
            ticket = self.parts.hall.of_appointment(code, self.now())
        except HallError:  # nobody knows, and no number is given either
            return False
        if ticket is not None:
            self.show_number(ticket)
        return ticket is not None

    def issue(self, letter: str, entry: str = "") -> Ticket | None:
        """APPOINTMENT: its code goes with the number, so that it gets no second one."""
        coming = self.session.coming if self.state.step is Step.APPOINTMENT else None
        return super().issue(letter, coming.code if coming and coming.appointment else entry)

    def take_ordinary_number(self) -> None:
        """APPOINTMENT → HOME or TICKET: none is known by this code."""
        coming = self.session.coming
        if self.state.step is not Step.APPOINTMENT or coming is None or coming.appointment is not None:
            return
        self.take_any_number()

    def appointed_for(self) -> datetime | None:
        """APPOINTMENT: the time, when the citizen comes about it."""
        coming = self.session.coming
        appointment = coming.appointment if coming and self.state.step is Step.APPOINTMENT else None
        return appointment.start if appointment and in_time(appointment, self.now()) else None
