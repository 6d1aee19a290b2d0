"""The forms on the glass: addresses, tables of persons, what follows another answer, what is unusual, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from kiosk import forms
from kiosk.comfort import Comfort
from kiosk.forms import FOLLOWS
from kiosk.identity import Citizen, Method, Relative
from kiosk.state import CardReading, Job, Session, Step
from tests.screens.scene import ADDRESS, ID_NUMBER, NAME, PHONE, READY, Scene, Site

CITIZEN = Citizen(ID_NUMBER, NAME, date(1990, 2, 14), "female", ADDRESS, method=Method.QR)
RELATIVES = (
    Relative(Citizen("027088000003", "Trần Văn Mẫu", date(1988, 8, 20), "male"), "Chồng"),
    Relative(Citizen("", "Nguyễn Văn Ví Dụ", date(1962, 3, 3)), "Cha"),
    Relative(Citizen("027318000009", "Trần Nguyễn Đào Thử", date(2018, 5, 9), "female"), "Con"),
)
ANSWERS = {
    "requester.full_name": NAME,
    "requester.id_number": ID_NUMBER,
    "requester.date_of_birth": "1990-02-14",
    "requester.sex": "female",
    "requester.address": ADDRESS,
    "requester.phone": PHONE,
    "deceased.address": FOLLOWS,
    "relation.kind": "father",
    "mother.address": FOLLOWS,
    "death.date": "2026-09-01",
    "death.time": "0730",
    "death.place": "Bệnh viện Đa khoa tỉnh Bắc Ninh",
    "stay.address": "Tổ 3",
    "stay.since": "2026-12-01",
    "stay.until": "2029-12-01",
    "host.kind": "organisation",
    "host.name": "Công ty TNHH Một thành viên Nhà ở Công nhân Khu công nghiệp Quế Võ",
    "host.tax_code": "0100109107",
    "together.answer": "yes",
    "members.1.full_name": "Trần Văn Mẫu",
    "members.1.id_number": "027088000003",
    "members.1.date_of_birth": "1988-08-20",
    "members.1.sex": "male",
    "members.1.relation": "spouse",
    "members.2.full_name": "",
    "business.name": "Hộ kinh doanh Phở Lan",
    "business.capital": "150000000",
    "business.workers": "3",
    "guests.1.full_name": "Trần Văn Mẫu",
    "head.date_of_birth": "1988-12-20",
}
HUSBAND = replace(RELATIVES[0].person, address=ADDRESS, ethnic="01", method=Method.CHIP)
FATHER = ANSWERS | {
    "relation.kind": "mother",
    "father_known.answer": "yes",
    "father.full_name": HUSBAND.full_name,
    "father.id_number": HUSBAND.id_number,
    "father.date_of_birth": "1988-08-20",
    "father.ethnic": "01",
    "father.address": ADDRESS,
}
CHILD = {
    "subject.full_name": "Trần Nguyễn Đào Thử",
    "subject.id_number": "027318000009",
    "subject.date_of_birth": "2018-05-09",
}
PERSON_CARDS = {
    "laid": CardReading(),
    "first": CardReading(Job.FAILED, "", 0, "person_card_first", section="mother"),
    "reading": CardReading(Job.RUNNING, "card:1", 0.45, section="mother"),
    "unproven": CardReading(Job.CONFIRMED, "card:1", 1.0, section="mother"),
}


def form_scenes(site: Site, language: str) -> Iterator[Scene]:
    """Each kind of question and state once; the longer language sees the plain pages, the other one the tools."""
    yield from _pages(site)
    yield from _births(site)
    if language == "vi":
        yield from _tools(site)
    review = replace(site.session("1.004194", 0), answers=MappingProxyType(ANSWERS))
    yield Scene("review-table", replace(site.base, step=Step.REVIEW, session=review, devices=READY))


def _pages(site: Site) -> Iterator[Scene]:
    death, stay, marital = site.session("1.000656", 0), site.session("1.004194", 0), site.session("1.004873", 2)
    yield _scene(site, death, "relation")
    yield _scene(site, death, "deceased")
    yield _scene(site, death, "death", errors={"death.place": "text_invalid"})
    yield _scene(site, stay, "contact", errors={"requester.email": "email_invalid"})
    yield _scene(site, stay, "stay", errors={"stay.until": "stay_too_long", "stay.address": "address_commune_missing"})
    yield _scene(site, stay, "host", errors={"host.tax_code": "tax_code_check"})
    yield _scene(site, stay, "members.1")
    yield _scene(site, stay, "members.2", relatives=RELATIVES)
    yield _scene(site, stay, "members.2", name="members.2-twice", errors={"members.2.id_number": "person_twice"})
    yield _scene(site, site.session("1.001612", 0), "business")
    yield _scene(site, site.session("1.010041", 0), "request")
    yield _scene(site, marital, "subject", answers=MappingProxyType(CHILD))
    yield _scene(site, marital, "marital", answers=MappingProxyType({"marital.state": "married"}))


def _births(site: Site) -> Iterator[Scene]:
    birth = site.session("1.001193", 0)
    yield _scene(site, birth, "mother")
    for name, card in PERSON_CARDS.items():
        yield _scene(
            site, birth, "mother", name=f"mother-{name}", person_card=card, scanned_person="" if card.code else "mother"
        )
    known: dict[str, Any] = {"answers": MappingProxyType(FATHER), "proven_people": (HUSBAND,)}
    chip = _scene(site, birth, "father", name="father-chip", **known)
    yield chip
    yield replace(chip, name=f"{chip.name}-simple", state=replace(chip.state, comfort=Comfort(simple=True)))


def _tools(site: Site) -> Iterator[Scene]:
    death, stay = site.session("1.000656", 0), site.session("1.004194", 0)
    business, residence, origin = (site.session(code, 0) for code in ("1.001612", "1.010041", "1.004873"))
    yield _scene(site, origin, "origin", _editing(origin, "origin.commune", 0), "edit-origin.commune-0")
    for session, section, question, part in (
        (stay, "stay", "stay.address", 0),
        (stay, "stay", "stay.address", 1),
        (stay, "contact", "requester.email", 0),
        (death, "death", "death.time", 0),
        (business, "business", "business.capital", 0),
    ):
        yield _scene(site, session, section, _editing(session, question, part), f"edit-{question}-{part}")
    empty = MappingProxyType(ANSWERS | {"deceased.address": ""})
    address = _editing(death, "deceased.address", 0)
    yield _scene(site, death, "deceased", address, "edit-address", answers=empty)
    yield _scene(site, residence, "head", _editing(residence, "head.date_of_birth", 0), "edit-date-optional")
    yield _scene(site, residence, "head", _days(residence, "head.date_of_birth"), "edit-date-days")
    yield _scene(site, death, "deceased", _half(death, "deceased.date_of_birth"), "edit-date-half")


def _scene(
    site: Site,
    session: Session,
    section_id: str,
    act: Callable[[Any], None] = lambda _screen: None,
    name: str = "",
    **values: Any,
) -> Scene:
    assert session.form is not None
    assert session.procedure is not None
    values = {"answers": MappingProxyType(ANSWERS)} | values
    section = next(one for one in forms.all_sections(session.form, values["answers"]) if one.id == section_id)
    shown = replace(session, citizen=CITIZEN, section=section, **values)
    state = replace(site.base, step=Step.FORM, session=shown, devices=READY)
    return Scene(f"eform-{session.procedure.code}-{name or section_id}", state, act)


def _days(session: Session, question_id: str) -> Callable[[Any], None]:
    def act(screen: Any) -> None:
        _editing(session, question_id, 0)(screen)
        screen._dates.days(1988, 12)

    return act


def _half(session: Session, question_id: str) -> Callable[[Any], None]:
    def act(screen: Any) -> None:
        _editing(session, question_id, 0)(screen)
        for text in ("1940 – 1949", "1943"):
            _cell(screen, text).dispatch("on_release")
        screen.main()

    return act


def _cell(screen: Any, text: str) -> Any:
    return next(cell for cell in screen._dates.ids.grid.children if cell.text == text)


def _editing(session: Session, question_id: str, part: int) -> Callable[[Any], None]:
    form = session.form
    assert form is not None

    def act(screen: Any) -> None:
        screen.edit(screen._fields[form.id, question_id].editors()[part])

    return act
