"""The declaration of a dossier that is corrected tells the corrected answers."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import correction
from kiosk.dossier import payload
from kiosk.forms import Form, Question, QuestionType, Rows, Section, declaration
from offline_queue.blobs import BlobStore
from offline_queue.entry import DECLARATION, Attachment, OutboxEntry
from tests.unit.test_dossier import FORMS, NOW, OFFERED, session_of
from tests.unit.test_form_pdf import text_of

CENTRE = "Trung tâm Phục vụ hành chính công phường Võ Cường"


def test_a_corrected_dossier_has_its_declaration_drawn_anew(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, os.urandom(32))
    session = session_of("1.000656", "notice")
    scan = Attachment("death_notice", "Giấy báo tử", "0" * 64, 1, "application/pdf")
    notices: dict[str, str] = {}
    (first,) = declaration.attach(blobs, declaration.of_session(session, CENTRE, NOW), notices.__setitem__)
    entry = OutboxEntry(
        id=session.client_ref,
        procedure_code="1.000656",
        created_at=NOW,
        provisional_code="KM-TEST",
        attachments=(scan, first),
        payload=payload(session, "k1", "H05.114", NOW),
    )
    known = correction.declared(entry, OFFERED, FORMS)
    assert known
    answers = correction.merged(known, known.answers, {"death.cause": "Tuổi già sức yếu"})
    anew = correction.corrected(known, entry, answers, str(uuid.uuid4()), NOW)
    renewed = declaration.renewed(blobs, anew, known, CENTRE, NOW, notices.__setitem__)
    assert [paper.component for paper in renewed.attachments] == ["death_notice", DECLARATION]
    assert renewed.attachments[0] == scan
    before, after = (text_of(blobs.get(one.sha256, one.size)) for one in (first, renewed.attachments[1]))
    assert "Tuổi già sức yếu" not in before
    assert "Tuổi già sức yếu" in after
    assert "Nguyễn Thị Đào" in after
    bare = OutboxEntry(id="1", procedure_code="1.000656", created_at=NOW, attachments=(scan,), payload=entry.payload)
    assert declaration.renewed(blobs, bare, known, CENTRE, NOW, notices.__setitem__) is bare


def test_what_cannot_be_drawn_costs_no_dossier(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A table with more questions than a page is wide: the dossier goes without its declaration, and staff are told."""
    blobs, notices = BlobStore(tmp_path, os.urandom(32)), dict[str, str]()
    session = session_of("1.000656", "notice")
    assert session.form
    wide = tuple(Question(id=f"t.q{n}", type=QuestionType.TEXT, label="Câu hỏi") for n in range(40))
    table = Section(id="t", title="Bảng", rows=Rows(label="Thêm"), questions=wide)
    form: Form = session.form.model_copy(update={"sections": (*session.form.sections, table)})
    answers = {**session.answers, **{f"t.1.q{n}": "Nguyễn Văn Kín" for n in range(40)}}
    filled = declaration.of_session(replace(session, form=form, answers=answers), CENTRE, NOW)
    assert declaration.attach(blobs, filled, notices.__setitem__) == ()
    assert notices == {declaration.NOT_DRAWN: f"death-registration {form.version}"}
    assert "Kín" not in caplog.text


@pytest.mark.parametrize("to", ["Công an {comune}", "Công an {commune", "Công an {0.x}", "Công an {commune!z}"])
def test_any_addressee_can_be_printed(tmp_path: Path, to: str) -> None:
    blobs, notices = BlobStore(tmp_path, os.urandom(32)), dict[str, str]()
    session = session_of("1.000656", "notice")
    assert session.form
    paper = session.form.paper.model_copy(update={"to": to})
    filled = declaration.of_session(
        replace(session, form=session.form.model_copy(update={"paper": paper})), CENTRE, NOW
    )
    (drawn,) = declaration.attach(blobs, filled, notices.__setitem__)
    assert f"Kính gửi: {to}" in text_of(blobs.get(drawn.sha256, drawn.size))
    assert notices == {}
