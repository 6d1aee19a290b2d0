"""Addresses of uploads in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path

from offline_queue.entry import Attachment
from offline_queue.http_gateway import HttpGateway
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry
from tests.queue.province import TOKEN, Upload, running

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


def test_an_upload_of_another_length_is_not_ours() -> None:
    data = b"a page of some length"
    sha256 = hashlib.sha256(data).hexdigest()
    one = entry(Attachment("birth", "Giấy khai sinh", sha256, len(data)))
    with running() as province:
        province.uploads["another"] = Upload(5, "")
        kept = {(one.id, sha256): f"{province.url}/v1/files/another"}
        gateway = HttpGateway(province.url, TOKEN, timeout=(1, 1), uploads=kept)
        gateway.submit(one, lambda _: data)
        gateway.close()
        assert bytes(province.uploads["another"].data) == b""
        assert kept[one.id, sha256].rsplit("/", 1)[1] in province.uploads
