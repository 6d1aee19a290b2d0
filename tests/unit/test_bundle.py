"""The bundle for a USB stick: what was planted is not in it, what helps is; whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk.audit import AuditLog
from kiosk.config import Config, HallTable, Province, Site, Storage
from kiosk.diagnostics import bundle
from kiosk.diagnostics.errors import BundleFailed
from kiosk.diagnostics.records import TestRecord as Record
from kiosk.diagnostics.records import Verdict
from kiosk.diagnostics.redaction import Redactor
from kiosk.i18n import advice, error_text
from tests.queue.test_store_crash import ROOT, tiny_disk

NOW = datetime(2026, 11, 24, 14, 5, 9, tzinfo=UTC)
TOKEN, DATABASE_PASSWORD, CODE_PASSWORD = "kx-Qz81-proVince-44", "pa/ss@w:rd-9", "s3cr-3t"
PLANTED = {
    "id_12": "001203004567",
    "id_in_words": "so001203004568x",
    "id_spaced": "001 203 004 569",
    "id_dotted": "001.203.004.560",
    "id_9": "203004561",
    "id_9_spaced": "203 004 562",
    "phone": "0912345670",
    "phone_spaced": "0912 345 671",
    "phone_dotted": "091.234.5672",
    "phone_abroad": "+84 912 345 673",
    "phone_84": "84912345674",
    "wide_digits": "００１２０３００４５７１",
    "mail": "le.thi.no@example.vn",
    "mrz": "IDVNM2030045678001203004567<<8",
    "mrz_name": "NGUYEN<<VAN<NGHIA<<<<<<<",
    "bearer": "Authorization: Bearer abcDEF123456",
    "jwt": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.c2ln",
    "pin": "pin=8642",
    "key": "4f9a0c1e7b2d4f9a0c1e7b2d4f9a0c1e7b2d4f9a0c1e7b2d4f9a0c1e7b2d4f9a",
    "address": "https://clerk:hunter2@gateway.example/v1",
    "hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA",
}
NEEDLES = (
    *("203004", "203 004", "203.004", "12345", "2345 ", "345 67", "234.56", "345 673", "２０３"),
    *("le.thi.no", "NGUYEN", "NGHIA", "IDVNM", "abcDEF", "eyJ", "8642", "4f9a0c1e", "hunter2", "argon2id$"),
    *(TOKEN, DATABASE_PASSWORD, "pa/ss", "w:rd", CODE_PASSWORD, "Traceback", "Nguyễn Văn Nghĩa", "BEGIN"),
    *("Trần Thị Cán Bộ", "PAGE OF A CITIZEN", "ky-thuat-lan"),
)


def report() -> dict[str, Any]:
    device = {"configured": True, "driver": "escpos", "condition": "fault", "code": "printer_garbage", "ok": False}
    tests = [record().to_json()]
    host = {"ok": True, "free_disk_bytes": 987_654_321_098, "system": "Linux", "python": "3.11.2", "load": 0.3}
    province = {"ok": False, "code": "province_refused", "detail": f"401 for token={TOKEN}"}
    printer = {**device, "detail": "answered 0912345670", "tests": tests}
    return {"devices": {"printer": printer}, "province": province, "host": host}


def record(**figures: float | str) -> Record:
    return Record("printer_ticket", Verdict.PASS, NOW, 1.5, "printer", "", figures, "ky-thuat-lan")


def log_lines() -> Iterator[str]:
    for name, text in PLANTED.items():
        yield f"2026-11-24 14:00:00,123 WARNING kiosk.numbers {name}: {text}, end"
    yield f"2026-11-24 14:00:01,001 ERROR offline_queue.sender province refuses: {TOKEN}"
    yield "2026-11-24 14:00:01,002 WARNING urllib3.connectionpool GET /citizens/Nguyễn Văn Nghĩa"
    yield "2026-11-24 14:00:01,003 ERROR kiosk.core surprise: ValueError at app.py:12"
    yield "Traceback (most recent call last):"
    yield "ValueError: Nguyễn Văn Nghĩa is no date"
    yield "2026-11-24 14:00:02,000 INFO devices.worker printer: attention paper_out"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A kiosk whose every file holds something that must not leave the machine."""
    data = tmp_path / "data"
    for folder in ("logs", "diagnostics", "scans"):
        (data / folder).mkdir(parents=True)
    (data / "key").write_bytes(bytes(range(60, 92)))
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "desk.key").write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleS1saW5l\n-----END PRIVATE KEY-----\n")
    (data / "logs" / "kiosk.log").write_text("\n".join(log_lines()) + "\n")
    (data / "logs" / "kiosk.log.1").write_text("2026-11-23 08:00:00,000 INFO kiosk.core opened\n")
    (data / "logs" / "kiosk.log.bak").write_text("2026-11-23 08:00:00,000 INFO kiosk.core Trần Thị Cán Bộ\n")
    (data / "logs" / "kiosk.log.2").symlink_to(data / "logs" / "kiosk.log.bak")
    (data / "scans" / "page").write_text("PAGE OF A CITIZEN")
    change = {"at": NOW.isoformat(), "condition": "attention", "code": "paper_out", "detail": "Nguyễn Văn Nghĩa"}
    (data / "diagnostics" / "printer.jsonl").write_text(json.dumps(change) + "\nno json\n")
    (data / "diagnostics" / "counters.json").write_text('{"printer": {"jobs": 41}, "people": {"Nguyễn Văn Nghĩa": 1}}')
    (data / "diagnostics" / "tests.jsonl").write_text('{"confirmed_by": "ky-thuat-lan"}\n')
    who = {
        "since": NOW.isoformat(),
        "where": f"socket://x:{CODE_PASSWORD}@192.0.2.10:9100",
        "told": {"model": "VKP80III"},
    }
    (data / "diagnostics" / "identities.json").write_text(json.dumps({"printer": who, "people": who}))
    AuditLog(data / "audit.jsonl", data / "key.audit").write("Trần Thị Cán Bộ", "series_paused", letter="A")
    AuditLog(data / "audit.jsonl", data / "key.audit").write("kiosk", "started")
    return Config(
        site=Site(kiosk_id="k7", hotline="0912345670"),
        storage=Storage(data_dir=data),
        province=Province(url="https://gateway.example", token_file=tmp_path / "token"),
        hall=HallTable(
            database=f"postgresql+psycopg://kiosk:{DATABASE_PASSWORD}@db.example/hall",
            certificate=tmp_path / "desk.pem",
            certificate_key=tmp_path / "desk.key",
        ),
        devices={
            "printer": {"driver": "escpos", "url": f"socket://x:{CODE_PASSWORD}@192.0.2.10:9100"},
            "code_scanner": {"driver": "serial_line", "url": "serial:///dev/ttyACM0", "token": "any-Thing"},
        },
    )


def written(config: Config, folder: Path, **figures: float | str) -> Path:
    folder.mkdir(exist_ok=True)
    return bundle.write(folder, config, config.storage.data_dir, [record(**figures)], report(), NOW)


def contents(path: Path) -> Mapping[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


# -- what is not in it -------------------------------------------------------------------------------------------------
def test_nothing_that_was_planted_is_in_it(config: Config, tmp_path: Path) -> None:
    files = contents(written(config, tmp_path / "usb", places_mm=" ".join(PLANTED.values()), health=f"x{TOKEN}x"))
    found = [(name, needle) for name, text in files.items() for needle in NEEDLES if needle in text]
    assert found == []
    assert "any-Thing" not in files["configuration.json"]
    assert bytes(range(60, 92)).decode() not in "".join(files.values())


def test_every_planted_line_is_there_and_blanked(config: Config, tmp_path: Path) -> None:
    lines = contents(written(config, tmp_path / "usb"))["logs/kiosk.log"].splitlines()
    for name in PLANTED:
        line = next(line for line in lines if f" {name}: " in line)
        assert "‹" in line, name


def test_lines_of_others_and_exceptions_are_left_out(config: Config, tmp_path: Path) -> None:
    log = contents(written(config, tmp_path / "usb"))["logs/kiosk.log"]
    assert "urllib3.connectionpool (30 characters left out)" in log
    assert "(2 lines left out)" in log


@settings(deadline=None)
@given(
    st.from_regex(r"0[0-9]{2}[0-9]{9}|[0-9]{9}|0[35789][0-9]{8}", fullmatch=True),
    st.text(max_size=6),
    st.text(max_size=6),
)
@example("001203004567", "\u0661", "")
def test_no_number_of_a_person_survives_between_any_texts(number: str, before: str, after: str) -> None:
    told = Redactor().text(f"{before}{number}{after}")
    assert number not in told
    assert number[3:] not in told


@settings(deadline=None)
@given(
    st.recursive(
        st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_no_number_survives_at_any_depth(shape: Any) -> None:
    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {f"001203004567{key}": planted(one) for key, one in value.items()}
        return [planted(one) for one in value] if isinstance(value, list) else f"{value} 001203004567"

    assert "203004" not in json.dumps(Redactor().value([planted(shape), 1203004567, {"x": 203004561}]))


def test_what_helps_is_not_blanked() -> None:
    useful = (
        "2026-11-24 14:00:01,001 ERROR devices.worker printer: TimeoutError at /opt/k2/devices/printer/escpos.py:9",
        "socket://192.168.100.200:9100 serial:///dev/ttyACM0?baud=115200 127.0.0.1:8000",
        "entry 0198c6d2-3a4b-7c5d-8e9f-0a1b2c3d4e5f: a scan is damaged",
        "USB 0dd4:0205, 10 0f 04 00, 12.345.678 bytes",
        "Cannot find certificate; tokens: none",
    )
    redactor = Redactor()
    for line in useful:
        assert redactor.text(line) == line
    assert not redactor.counts


def test_blanks_are_not_blanked_again() -> None:
    redactor = Redactor([TOKEN])
    once = redactor.text(f"token={TOKEN} 0912345670 postgresql://a:b@c")
    assert once == "token=‹secret› ‹number› postgresql://‹password in an address›@c"
    assert redactor.counts == {"secret": 1, "number": 1, "password in an address": 1}
    assert redactor.text(once) == once


def test_a_private_key_goes_whole_also_when_its_end_is_missing() -> None:
    key = "-----BEGIN EC PRIVATE KEY-----\nshort\nlines\n"
    assert Redactor().text(f"a {key}-----END EC PRIVATE KEY----- b") == "a ‹private key› b"
    assert Redactor().text(f"a {key}") == "a ‹private key›"


def test_letters_of_any_width_name_a_secret() -> None:
    assert "x7" not in Redactor().text("\uff54oken\uff1dx7")


# -- what is in it -----------------------------------------------------------------------------------------------------
def test_what_a_supporter_needs_is_in_it(config: Config, tmp_path: Path) -> None:
    path = written(config, tmp_path / "usb", median_ms=12.4)
    assert path.name == "kiosk-k7-20261124-140509.zip"
    files = contents(path)
    assert "devices.worker printer: attention paper_out" in files["logs/kiosk.log"]
    assert "logs/kiosk.log.1" in files
    told = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    assert told["configuration.json"]["province"]["url"] == "https://gateway.example"
    assert (
        told["configuration.json"]["hall"]["database"]
        == "postgresql+psycopg://‹password in an address›@db.example/hall"
    )
    assert told["records.json"][0]["figures"] == {"median_ms": 12.4}
    assert told["records.json"][0]["confirmed_by"] is True
    assert told["history/printer.json"] == [{"at": NOW.isoformat(), "condition": "attention", "code": "paper_out"}]
    assert told["history/counters.json"] == {"printer": {"jobs": 41}}
    assert told["history/identities.json"] == {"printer": {"since": NOW.isoformat(), "model": "VKP80III"}}
    assert told["states.json"]["host"]["free_disk_mb"] == 987_654
    assert "free_disk_bytes" not in told["states.json"]["host"]
    assert told["versions.json"]["packages"]["pydantic"]
    assert set(told["manifest.json"]["files"]) == set(files) - {"manifest.json"}
    assert told["manifest.json"]["blanked"]["number"] >= 9


def test_it_tells_whether_the_audit_log_is_whole(config: Config, tmp_path: Path) -> None:
    whole = json.loads(contents(written(config, tmp_path / "usb"))["audit.json"])
    assert (whole["whole"], whole["lines"], len(whole["head"]), len(whole["tail"])) == (True, 2, 64, 64)
    path = config.storage.data_dir / "audit.jsonl"
    path.write_text(path.read_text().replace("series_paused", "series_opened"))
    assert json.loads(contents(written(config, tmp_path / "usb"))["audit.json"])["first_broken_line"] == 1


def test_a_new_machine_without_any_file_has_a_bundle_too(tmp_path: Path) -> None:
    config = Config(storage=Storage(data_dir=tmp_path / "none"))
    files = contents(written(config, tmp_path / "usb"))
    assert json.loads(files["audit.json"]) == {"exists": False}


def test_the_log_is_read_from_its_end_when_it_is_long(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "LOG_BYTES", 200)
    log = contents(written(config, tmp_path / "usb"))["logs/kiosk.log"]
    assert "paper_out" in log
    assert "id_12" not in log


# -- the stick ---------------------------------------------------------------------------------------------------------
def test_nothing_is_overwritten_and_no_part_is_left(config: Config, tmp_path: Path) -> None:
    names = {written(config, tmp_path / "usb").name for _ in range(3)}
    assert {path.name for path in (tmp_path / "usb").iterdir()} == names
    assert len(names) == 3


STICK = """
import errno, os, resource, sys, subprocess
from pathlib import Path
from datetime import UTC, datetime
from kiosk.config import Config, Storage
from kiosk.diagnostics import bundle
stick, act = Path(sys.argv[1]), sys.argv[2]
def write():
    report = {"devices": {}, "province": {}, "host": {}}
    return bundle.write(stick, Config(), Path("/nowhere"), [], report, datetime(2026, 11, 24, tzinfo=UTC))
if act == "full":
    (stick / "photos").write_bytes(bytes(2_060_000))
elif act == "full_late":
    bundle.SPARE_BYTES = -10_000_000
    (stick / "photos").write_bytes(bytes(os.statvfs(stick).f_bavail * os.statvfs(stick).f_bsize))
elif act == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
elif act == "read_only":
    subprocess.run(["mount", "-o", "remount,ro", str(stick)], check=True)
try:
    print(write().name)
except bundle.BundleFailed as failure:
    print(failure.code, sorted(path.name for path in stick.iterdir()))
"""


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        ("well", "kiosk-k1-20261124-000000.zip"),
        ("full", "usb_full ['photos']"),
        ("full_late", "usb_full ['photos']"),
        ("limit", "usb_full []"),
        ("read_only", "usb_read_only []"),
    ],
)
def test_what_a_stick_can_do(tmp_path: Path, act: str, answer: str) -> None:
    command = [*tiny_disk(tmp_path), sys.executable, "-c", STICK, str(tmp_path), act]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == (answer, 0), done.stderr
    assert list(tmp_path.iterdir()) == []  # it was the stick, not the disk of this machine


def test_only_folders_that_are_mounted_are_sticks(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda2 / ext4 rw 0 0\nproc /proc proc rw 0 0\n"
        "/dev/sdb1 /media/kiosk/KĐ\\040USB\\0401 vfat rw 0 0\n/dev/sdc1 /mnt/stick exfat rw 0 0\n"
    )
    assert bundle.sticks(mounts) == (Path("/media/kiosk/KĐ USB 1"), Path("/mnt/stick"))
    assert all(path.is_mount() for path in bundle.sticks())


def test_a_stick_that_was_pulled_out(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(BundleFailed) as failure:
            bundle.write(folder, config, config.storage.data_dir, [], report(), NOW)
        assert failure.value.code == "usb_gone"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_failure_has_its_words(language: str) -> None:
    for code in {*bundle.CODES.values(), "usb_gone"}:
        assert error_text(code, language) != code
        assert advice(code, language)
        assert unicodedata.is_normalized("NFC", error_text(code, language))
