"""The declaration of a dossier that is corrected tells the corrected answers."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from kiosk import correction
from kiosk.dossier import payload
from kiosk.forms import declaration
from offline_queue.blobs import BlobStore
from offline_queue.entry import DECLARATION, Attachment, OutboxEntry
from tests.unit.test_dossier import FORMS, NOW, OFFERED, session_of
from tests.unit.test_form_pdf import text_of

CENTRE = "Trung tâm Phục vụ hành chính công phường Võ Cường"


def test_a_corrected_dossier_has_its_declaration_drawn_anew(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, os.urandom(32))
    session = session_of("1.000656", "notice")
    scan = Attachment("death_notice", "Giấy báo tử", "0" * 64, 1, "application/pdf")
    first = declaration.attach(blobs, declaration.of_session(session, CENTRE, NOW))
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
    renewed = declaration.renewed(blobs, anew, known, CENTRE, NOW)
    assert [paper.component for paper in renewed.attachments] == ["death_notice", DECLARATION]
    assert renewed.attachments[0] == scan
    before, after = (text_of(blobs.get(one.sha256, one.size)) for one in (first, renewed.attachments[1]))
    assert "Tuổi già sức yếu" not in before
    assert "Tuổi già sức yếu" in after
    assert "Nguyễn Thị Đào" in after
    bare = OutboxEntry(id="1", procedure_code="1.000656", created_at=NOW, attachments=(scan,), payload=entry.payload)
    assert declaration.renewed(blobs, bare, known, CENTRE, NOW) is bare
