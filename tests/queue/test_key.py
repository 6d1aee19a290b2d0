"""The key file: made once, never replaced, never shared."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from offline_queue.errors import KeyRefused
from offline_queue.key import derive, load_or_create_key


def test_first_start_makes_a_key_for_the_owner_only_and_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "key"
    key = load_or_create_key(file, store_exists=False)
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_or_create_key(file, store_exists=True) == key
    assert [path.name for path in file.parent.iterdir()] == ["key"]


def test_no_new_key_beside_a_store(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused) as refusal:
        load_or_create_key(tmp_path / "key", store_exists=True)
    assert refusal.value.code == "key_missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_create_key(tmp_path / "key", store_exists=False)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(KeyRefused) as refusal:
        load_or_create_key(tmp_path / "key", store_exists=True)
    assert refusal.value.code == "key_readable_by_others"


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"no key at all", b"\xff" * 32])
def test_a_malformed_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(KeyRefused) as refusal:
        load_or_create_key(tmp_path / "key", store_exists=True)
    assert refusal.value.code == "key_malformed"


def test_a_key_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    (tmp_path / "key").chmod(0o700)
    with pytest.raises(KeyRefused) as refusal:
        load_or_create_key(tmp_path / "key", store_exists=True)
    assert refusal.value.code == "key_inaccessible"


def test_each_purpose_has_its_own_subkey() -> None:
    key = bytes(32)
    subkeys = {derive(key, purpose) for purpose in ("outbox", "scans", "province")}
    assert len(subkeys) == 3
    assert key not in subkeys
    assert derive(key, "outbox") == derive(key, "outbox")
