"""The sheets over a screen, the keyboard of each method, and a person who sits low."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kiosk.comfort import Comfort, Sheet
from kiosk.state import Job, Session, Step
from tests.screens.scene import CODE, NOW, Scene, Site


def sheets(site: Site, _language: str) -> Iterator[Scene]:
    """Display, help, privacy, and whether to end."""
    base = site.base
    for sheet in (Sheet.DISPLAY, Sheet.HELP, Sheet.PRIVACY):
        yield Scene(f"sheet-{sheet}", replace(base, sheet=sheet))
    session = site.session("1.001193")
    yield Scene("sheet-leave", replace(base, step=Step.REVIEW, session=session, sheet=Sheet.LEAVE))
    failed = replace(session, provisional_code=CODE, slip_print=Job.FAILED, slip_code="paper_out")
    yield Scene("sheet-leave-slip", replace(base, step=Step.SLIP, session=failed, sheet=Sheet.LEAVE))
    spoken = Comfort(spoken=True, slow=True)
    yield Scene("sheet-display-spoken", replace(base, sheet=Sheet.DISPLAY, comfort=spoken))


def rating(site: Site, _language: str) -> Iterator[Scene]:
    """The faces, one of them chosen, and words being written."""
    state = replace(site.base, step=Step.RATING, session=Session(id="scene", started_at=NOW))
    yield Scene("rating", state)
    yield Scene("rating-pleased", state, lambda screen: screen._choose(4))
    yield Scene("rating-displeased", state, lambda screen: screen._choose(1))
    yield Scene("rating-words", state, _write)


def _write(screen: Any) -> None:
    screen._choose(2)
    screen.write()


def low(site: Site, _language: str) -> Iterator[Scene]:
    """Every control within reach of a wheelchair (upright glass only; a wide one is low anyway)."""
    base = replace(site.base, comfort=Comfort(reach=True))
    yield Scene("low-home", base)
    yield Scene("low-sheet", replace(base, sheet=Sheet.DISPLAY))
    session = site.session("1.001193")
    assert session.form is not None
    shown = replace(session, section=session.form.sections[0])
    form_id, (question, _number, born, *_) = session.form.id, [one.id for one in session.form.sections[0].questions]
    state = replace(base, step=Step.FORM, session=shown)
    yield Scene("low-form", state)
    yield Scene("low-form-typing", state, lambda screen: screen.edit(screen._fields[form_id, question]))
    yield Scene("low-form-date", state, lambda screen: screen.edit(screen._fields[form_id, born]))
    yield Scene("low-identify-typed", replace(base, step=Step.IDENTIFY, session=session), lambda s: s.type_number())
    yield Scene("low-idle", replace(state, idle_seconds_left=17))


def simple(site: Site, _language: str) -> Iterator[Scene]:
    """One question at a time."""
    session = site.session("1.001193")
    assert session.form is not None
    shown = replace(session, section=session.form.sections[0], asked=1)
    base = replace(site.base, comfort=Comfort(simple=True))
    yield Scene("simple-form", replace(base, step=Step.FORM, session=shown))
