"""Addresses of uploads in the store."""

from __future__ import annotations

from pathlib import Path

from offline_queue.store import Outbox
from tests.queue.people import KEY

ITEM = ("entry", "0" * 64)


def test_two_senders_keep_the_same_address(tmp_path: Path) -> None:
    one, other = Outbox(tmp_path / "outbox.db", KEY), Outbox(tmp_path / "outbox.db", KEY)
    try:
        assert one.uploads.setdefault(ITEM, "first") == "first"
        assert other.uploads.setdefault(ITEM, "second") == "first"
        assert dict(one.uploads) == {ITEM: "first"}
    finally:
        one.close()
        other.close()
