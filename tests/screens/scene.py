"""What scenes are made of: the site, a citizen, the answers of a whole form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from devices.interfaces import Condition, DeviceStatus
from kiosk.catalogue import Procedure
from kiosk.catalogue.update import Lookup
from kiosk.forms import Form
from kiosk.identity import Citizen, Method
from kiosk.provisional import provisional_code
from kiosk.state import (
    AppState,
    Session,
    Step,
)

NOW = datetime.fromisoformat("2026-11-23T09:41:00+07:00")
NAME = "Nguyễn Thị Hoàng Phương Khánh Linh"
ADDRESS = "Số 128, ngách 45/12, đường Nguyễn Văn Cừ, Tổ dân phố Khả Lễ 2, phường Võ Cường, tỉnh Bắc Ninh"
ID_NUMBER, PHONE = "027190012345", "0912345678"
CODE = provisional_code("scene-34483")  # as wide as one can be: TAM-WMWW-QSQ9
DOTS = 576

PORTRAIT = Path(__file__).parents[2] / "assets/samples/portraits/portrait.jpg"


@dataclass(frozen=True)
class Scene:
    """One state; `act` does what only a touch can bring up, on the screen that shows it."""

    name: str
    state: AppState
    act: Callable[[Any], None] = lambda _screen: None

    @property
    def step(self) -> Step:
        """The step that it belongs to."""
        return self.state.step


@dataclass(frozen=True)
class Site:
    """What scenes are made of: the state of the embedded default and its catalogue."""

    base: AppState
    lookup: Lookup
    forms: dict[str, Form]

    @property
    def procedures(self) -> dict[str, Procedure]:
        """What is offered here."""
        return dict(self.lookup.catalogue.procedures)

    def session(self, code: str, case: int = -1, **values: Any) -> Session:
        """A citizen in the middle of a procedure."""
        procedure = self.lookup.catalogue.find(code)
        assert procedure is not None
        cases = procedure.cases
        full: dict[str, Any] = {
            "procedure": procedure,
            "case": cases[case] if cases else None,
            "form": self.forms.get(procedure.form_id),
            "citizen": Citizen(ID_NUMBER, NAME, date(1990, 2, 14), "female", ADDRESS, method=Method.QR),
            "answers": ANSWERS,
            "step_number": 3,
            "step_count": 11,
        }
        return Session(id="scene", started_at=NOW, **{**full, **values})


ANSWERS = {
    "requester.full_name": NAME,
    "requester.id_number": ID_NUMBER,
    "requester.date_of_birth": "1990-02-14",
    "requester.phone": PHONE,
    "requester.address": ADDRESS,
    "relation.kind": "relative",
    "child.full_name": "Trần Nguyễn Hoàng Minh Đức Anh",
    "child.sex": "male",
    "child.date_of_birth": "2026-11-01",
    "birth.place": "Bệnh viện Sản Nhi tỉnh Bắc Ninh, phường Võ Cường, tỉnh Bắc Ninh",
    "birth.ethnic": "01",
    "birth.commune": "09190",
    "birth.hometown": "09190",
    "mother.full_name": NAME,
    "mother.id_number": ID_NUMBER,
    "mother.date_of_birth": "1990-02-14",
    "mother.address": ADDRESS,
    "father_known.answer": "yes",
    "father.full_name": "Trần Văn Bình",
    "father.id_number": "027088004321",
    "father.date_of_birth": "1988-09-05",
    "father.address": ADDRESS,
    "copies": "2",
    "subject.full_name": NAME,
    "subject.id_number": ID_NUMBER,
    "subject.date_of_birth": "1990-02-14",
    "origin.ethnic": "01",
    "origin.commune": "09190",
    "registered.commune": "09190",
    "registered.year": "2015",
    "marital.spouse": NAME,
    "purpose.text": "Đăng ký kết hôn với người nước ngoài tại cơ quan có thẩm quyền của nước ngoài",
}


READY = {kind: DeviceStatus(Condition.READY) for kind in ("printer", "code_scanner", "document_scanner", "card_reader")}
TROUBLE = {
    "printer": DeviceStatus(Condition.ATTENTION, "paper_out"),
    "code_scanner": DeviceStatus(Condition.OFFLINE, "device_unplugged"),
    "document_scanner": DeviceStatus(Condition.FAULT, "scanner_io"),
    "card_reader": DeviceStatus(Condition.READY),
}
ERRORS = {
    "name": "name_invalid",
    "date": "child_older_than_parent",
    "id_number": "id_number_birth_year",
    "phone": "phone_prefix",
    "text": "too_long",
    "commune": "commune_unknown",
}
