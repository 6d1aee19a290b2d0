"""Errors of the outbox's own store; those of the way to the province are in `gateway.py`.

    OutboxError(code, detail)
    ├── KeyRefused        the key file is missing, open to others, malformed, or not this store's
    ├── OutboxFull        no room on the disk: nothing was kept, nothing half there
    ├── OutboxConflict    this id is taken by a dossier with other content
    ├── StoreFailed       the store cannot be read or written
    ├── BlobDamaged       a scan is missing, was changed, or was sealed with another key
    └── ArchiveRefused    a file of another kind, for another key, or damaged

`code` is a stable translation key; `detail` is for the log and never holds personal data.
"""

from __future__ import annotations

from pathlib import Path


class OutboxError(Exception):
    """Root of the store's errors."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class KeyRefused(OutboxError):
    """`key_missing`, `key_readable_by_others`, `key_malformed`, `key_wrong`, `key_inaccessible`: never a new store."""


class OutboxFull(OutboxError):
    """`disk_full`."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("disk_full", detail)


class OutboxConflict(OutboxError):
    """`dossier_conflict`."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("dossier_conflict", detail)


class StoreFailed(OutboxError):
    """`store_failed`, `store_damaged` (the next start brings over what can be read), `store_too_new`."""


class BlobDamaged(OutboxError):
    """`scan_damaged`."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("scan_damaged", detail)


class ArchiveRefused(OutboxError):
    """`archive_foreign`, `archive_other_key`, `archive_damaged`, `archive_key_invalid`: nothing was taken from it."""


def surprise(error: BaseException) -> str:
    """What a log may say of a surprise: its kind and its place, as the text could hold personal data."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = Path(trace.tb_frame.f_code.co_filename).name if trace else "?"
    return f"{type(error).__name__} at {where}:{trace.tb_lineno if trace else 0}"
