"""Rows of the store and what they mean: the only place that knows the columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from offline_queue.entry import LOST, PAPERS_LOST, Attachment, EntryState, OutboxEntry, Problem, Receipt
from offline_queue.errors import OutboxConflict

COLUMNS = (
    "seq, id, procedure_code, created_at, state, attempts, not_taken, changed_at, due, replaces, provisional_code,"
    " receipt, problems, last_error, digest"
)
ATTACHMENT_COLUMNS = "component, title, sha256, size, media_type, pages, copy_type"


def entry_of(row: Sequence[Any], papers: Sequence[Sequence[Any]]) -> OutboxEntry:
    """An entry from its `COLUMNS` and payload, and its papers in order; `LOST` when it is not what was committed."""
    (
        _, entry_id, procedure, created, state, attempts, not_taken, changed, due, replaced, provisional,
        receipt, problems, error, digest, payload,
    ) = row  # fmt: skip
    attachments = tuple(Attachment(*paper) for paper in papers)
    if payload and error != PAPERS_LOST and digest != content_digest(procedure, payload, attachments):
        payload, error = None, LOST  # SQLCipher gives a damaged last overflow page out as zeros, without an error
    return OutboxEntry(
        id=entry_id,
        procedure_code=procedure,
        created_at=datetime.fromisoformat(created),
        state=EntryState(state),
        attempts=attempts,
        next_attempt_at=_moment(due) if due and state == EntryState.PENDING else None,
        receipt=Receipt(*json.loads(receipt)) if receipt else None,
        last_error=error,
        problems=tuple(Problem(*problem) for problem in json.loads(problems)),
        attachments=attachments,
        payload=json.loads(payload) if payload else {},
        provisional_code=provisional,
        replaces=replaced,
        changed_at=_moment(changed) if changed else None,
        unsure=attempts - (state == EntryState.SENDING) > not_taken,  # the attempt under way does not count
    )


def insert_entry(connection: Any, entry: OutboxEntry, due: int = 0) -> None:
    """Add an entry with its papers. The same again is a no-op; other content under its id: `OutboxConflict`."""
    payload = json.dumps(entry.payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=dict)
    digest = content_digest(entry.procedure_code, payload, entry.attachments)
    added = connection.execute(
        "INSERT INTO entries"
        " (id, procedure_code, created_at, provisional_code, replaces, attempts, due, digest, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING seq",
        (
            entry.id,
            entry.procedure_code,
            entry.created_at.isoformat(),
            entry.provisional_code,
            entry.replaces,
            entry.attempts,
            due,
            digest,
            payload,
        ),
    ).fetchall()
    if not added:
        (known,) = connection.execute("SELECT digest FROM entries WHERE id = ?", (entry.id,)).fetchone()
        if known != digest:
            raise OutboxConflict(entry.id)
        return
    for number, paper in enumerate(entry.attachments):
        insert_paper(connection, added[0][0], number, paper)


def insert_paper(connection: Any, seq: int, number: int, paper: Attachment) -> None:
    """Add one line to the list of an entry's papers."""
    columns = f"entry, number, {ATTACHMENT_COLUMNS}"
    connection.execute(
        f"INSERT INTO attachments ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (seq, number, *_attachment_row(paper)),
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def ms(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def _attachment_row(paper: Attachment) -> tuple[object, ...]:
    return paper.component, paper.title, paper.sha256, paper.size, paper.media_type, paper.pages, paper.copy_type


def content_digest(procedure_code: str, payload: str, attachments: Sequence[Attachment]) -> bytes:
    """SHA-256 of all that a citizen handed in; `payload` as JSON in the store's own writing."""
    content = json.dumps(
        [procedure_code, payload, [_attachment_row(paper) for paper in attachments]], ensure_ascii=False
    )
    return hashlib.sha256(content.encode()).digest()
