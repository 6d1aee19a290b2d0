"""Synthetic dossiers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from offline_queue.entry import Attachment, OutboxEntry

KEY = bytes(range(32))
NAME = "Nguyễn Thị Đào"
ID_NUMBER = "027190012345"


def payload(entry_id: str, note: str = "") -> Mapping[str, Any]:
    """A dossier of a synthetic citizen, without attachments."""
    return {
        "client_ref": entry_id,
        "kiosk": {"id": "k1", "agency_code": "H05.114"},
        "procedure_code": "2.000635",
        "form": {"id": "extract", "version": "2026-07-01", "answers": {"note": note}},
        "submitter": {"id_number": ID_NUMBER, "full_name": NAME},
        "created_at": "2026-11-23T08:00:00+07:00",
    }


def entry(*attachments: Attachment, entry_id: str = "", note: str = "", provisional_code: str = "") -> OutboxEntry:
    """A dossier that waits."""
    entry_id = entry_id or str(uuid.uuid4())
    return OutboxEntry(
        id=entry_id,
        procedure_code="2.000635",
        created_at=datetime(2026, 11, 23, 1, tzinfo=UTC),
        attachments=attachments,
        payload=payload(entry_id, note),
        provisional_code=provisional_code,
    )


def paper(sha256: str, size: int) -> Attachment:
    """A scanned paper."""
    return Attachment("birth", "Giấy khai sinh", sha256, size)
