"""Identification by phone: VNeID through the province, which alone can check what the phone says (DOMAIN 6)."""

from __future__ import annotations

import time
from dataclasses import replace

from kiosk import telephone
from kiosk.core import Parts
from kiosk.errands import Phone, PhoneStage
from kiosk.errands.asking import AskingVerbs
from kiosk.errands.inquiries import Answered
from kiosk.identity import Citizen, IdentityError, Method, check_id_number
from kiosk.numbers import NumberVerbs
from kiosk.state import CardReading, Step
from kiosk.text import nfc
from offline_queue.gateway import PhoneAnswer, PhoneSession, PhoneState

PHONE = "phone"
ASK_SECONDS = 2.0
LEVEL = 2  # of the account, below which nobody is proven
LEVEL_2_PROCEDURE = "3.000228"  # at the commune's police: an account of level 2
LEVEL_2_FIELD = "Định danh và xác thực điện tử"


class PhoneVerbs(AskingVerbs, NumberVerbs):
    """The step of the phone."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._phone_asked_at = 0.0

    def identify_by_phone(self) -> None:
        """IDENTIFY → VNEID, where the site has an agreement; also another try."""
        if self.state.step not in (Step.IDENTIFY, Step.VNEID) or self.parts.config.vneid is None:
            return
        self.change_session(Step.VNEID, phone=Phone(), errors={})
        self.ask(PHONE, lambda province: province.start_phone(), self._phone_started)

    def _phone_started(self, event: Answered) -> None:
        if self.state.step is not Step.VNEID:
            return  # their card was quicker
        if isinstance(event.answer, PhoneSession):
            self._phone_asked_at = time.monotonic()
            self._phone(Phone(PhoneStage.WAITING, event.answer))
        else:
            self._phone(Phone(PhoneStage.FAILED, why=event.code))

    def watch_phone(self) -> None:
        """VNEID, once a second: has the citizen agreed on the phone?"""
        phone = self.state.session.phone if self.state.session else None
        if self.state.step is not Step.VNEID or phone is None or phone.session is None or self.asking(PHONE):
            return
        if phone.stage is not PhoneStage.WAITING or time.monotonic() - self._phone_asked_at < ASK_SECONDS:
            return
        session = phone.session.session
        self.ask(PHONE, lambda province: province.phone(session), self._phone_told)

    def _phone_told(self, event: Answered) -> None:
        self._phone_asked_at = time.monotonic()
        phone = self.session.phone
        if phone is None or self.state.step is not Step.VNEID:
            return
        match event.answer:
            case PhoneAnswer(PhoneState.CONFIRMED, level) as answer if level >= LEVEL:
                self._proven_by_phone(answer)
            case PhoneAnswer(PhoneState.CONFIRMED):
                self.audit("kiosk", "phone_low_level")
                self._phone(Phone(PhoneStage.LOW_LEVEL))
            case PhoneAnswer(PhoneState.REFUSED):
                self._phone(Phone(PhoneStage.REFUSED))
            case PhoneAnswer(PhoneState.EXPIRED):
                self._phone(Phone(PhoneStage.EXPIRED))
            case PhoneAnswer():
                self._phone(replace(phone, why=""))
            case _:
                self._phone(replace(phone, why=event.code))  # the code stays: the line may come back in time

    def _proven_by_phone(self, answer: PhoneAnswer) -> None:
        person = answer.person
        try:
            citizen = Citizen(
                id_number=check_id_number(str(person["id_number"])),
                full_name=nfc(str(person["full_name"])),
                date_of_birth=person["date_of_birth"],
                sex=person["sex"] or "",
                address=nfc(person["address"] or ""),
                phone=telephone.good(person["phone"]),
                method=Method.VNEID,
            )
        except IdentityError as error:
            self._phone(Phone(PhoneStage.FAILED, why=error.code))
            return
        self.touched()
        self.audit("kiosk", "phone_identified", level=answer.level)
        self.change_session(Step.NOTICE, citizen=citizen, card=CardReading(), phone=None, proof=answer.proof, errors={})

    def _phone(self, phone: Phone) -> None:
        self.change_session(phone=phone)

    def leave_phone(self) -> None:
        """VNEID → IDENTIFY: another way."""
        self.drop_question(PHONE)
        self.change_session(Step.IDENTIFY, phone=None)

    def take_level_2_number(self) -> None:
        """VNEID → TICKET: the number for the police, who give an account of level 2."""
        phone, table = self.session.phone, self.parts.config.vneid
        if phone is None or phone.stage is not PhoneStage.LOW_LEVEL or table is None:
            return
        procedure = self.parts.catalogue.procedures.get(LEVEL_2_PROCEDURE)
        series = table.level_2_series or (procedure.series if procedure else "")
        self.take_number(self.parts.hall.letter_for(LEVEL_2_FIELD, series))
