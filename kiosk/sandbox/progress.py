"""Where the embedded province's dossiers stand: by the clock, as an officer has decided, and a few known ones.

Known dossiers, one for each status that a citizen can do something about: `{agency}-261102-9005` waits for a paper,
`-9006` for its fee, `-9009` is done, `-9003` was not accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.sandbox.due import ZONE
from kiosk.sandbox.store import Accepted, Act, Store
from offline_queue.answers import mask_name

BY_THE_CLOCK = ((1, "Mới đăng ký"), (2, "Được tiếp nhận"), (4, "Đang xử lý"), (9, "Đã xử lý xong"))
_RECEIVED = datetime(2026, 11, 2, 9, 15, tzinfo=ZONE)
_DUE = datetime(2026, 12, 1, 17, 0, tzinfo=ZONE)
_PAPERS, _FEE = 5, 6
# status → procedure, what the citizen must do
_KNOWN: Mapping[int, tuple[str, str | None]] = {
    3: ("2.000635", None),
    5: ("1.001193", "Bổ sung bản chụp Giấy chứng sinh: bản đã nộp bị mờ, không đọc được tên bệnh viện."),
    6: ("2.000635", "Nộp lệ phí 16.000 đồng cho 2 bản sao trích lục hộ tịch."),
    9: ("1.004873", None),
}
_NOTES = {
    3: "Nơi đã đăng ký không thuộc phường này",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu nộp lệ phí",
    9: "Đã xử lý xong",
}


@dataclass(frozen=True)
class _Row:
    at: datetime
    status: int
    note: str
    ask: str | None = None


def progress(store: Store, code: str, agency: str, now: datetime, step_seconds: float) -> dict[str, Any] | None:
    """The `Progress` of a dossier by official code or client_ref; None when unknown."""
    accepted = store.by_code(code) or store.by_client_ref(code.lower())
    if accepted is not None:
        return _of_accepted(store, accepted, now, step_seconds)
    return _of_known(store, code, agency)


def _of_accepted(store: Store, accepted: Accepted, now: datetime, step_seconds: float) -> dict[str, Any]:
    received_at = datetime.fromisoformat(accepted.receipt["received_at"])
    acts = store.acts(accepted.code)
    if acts:
        rows = [_Row(received_at, *BY_THE_CLOCK[0]), *_decided(acts)]
    else:
        reached = int((now - received_at) / timedelta(seconds=step_seconds)) if step_seconds > 0 else len(BY_THE_CLOCK)
        rows = [
            _Row(received_at + index * timedelta(seconds=step_seconds), status, note)
            for index, (status, note) in enumerate(BY_THE_CLOCK)
            if index <= max(reached, 0)
        ]
    owner = accepted.payload.get("owner") or accepted.payload["submitter"]
    names = (accepted.code, str(accepted.payload["client_ref"]))
    return _told(
        accepted.code,
        accepted.payload["procedure_code"],
        owner.get("full_name") or owner.get("name", ""),
        (received_at, accepted.receipt["due_at"]),
        _moved_on(store, rows, names),
    )


def _of_known(store: Store, code: str, agency: str) -> dict[str, Any] | None:
    status = next((status for status in _KNOWN if code == known_code(agency, status)), None)
    if status is None:
        return None
    procedure_code, ask = _KNOWN[status]
    first = [_Row(_RECEIVED, 1, "Mới đăng ký"), _Row(_RECEIVED + timedelta(hours=1), 2, "Được tiếp nhận")]
    rows = [*first, _Row(_RECEIVED + timedelta(days=1), status, _NOTES[status], ask), *_decided(store.acts(code))]
    due = None if status in (3, 9) else _DUE.isoformat()
    return _told(code, procedure_code, "Nguyễn Thị Đào", (_RECEIVED, due), _moved_on(store, rows, (code, code)))


def known_code(agency: str, status: int) -> str:
    """The code of the dossier that the embedded province has always had in this status."""
    return f"{agency}-261102-9{status:03d}"


def _decided(acts: list[Act]) -> list[_Row]:
    return [_Row(act.at, act.status, act.note, act.ask or None) for act in acts]


def _moved_on(store: Store, rows: list[_Row], names: tuple[str, str]) -> list[_Row]:
    """What the citizen has done since: the fee is paid, the paper has come."""
    last = rows[-1]
    if last.status == _FEE and (paid := store.paid_at(*names)):
        return [*rows, _Row(max(paid, last.at), 4, "Đã nộp lệ phí")]
    if last.status == _PAPERS and (came := store.supplemented_at(*names)) and came >= last.at:
        return [*rows, _Row(came, 4, "Đã bổ sung giấy tờ")]
    return rows


def _told(
    code: str, procedure_code: str, name: str, times: tuple[datetime, str | None], rows: list[_Row]
) -> dict[str, Any]:
    return {
        "code": code,
        "procedure_code": procedure_code,
        "status": rows[-1].status,
        "owner_masked": mask_name(name),
        "received_at": times[0].isoformat(),
        "due_at": times[1],
        "ask": rows[-1].ask,
        "timeline": [{"at": row.at.isoformat(), "status": row.status, "note": row.note} for row in rows],
    }
