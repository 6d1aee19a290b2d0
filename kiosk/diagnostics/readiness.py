"""The readiness report: what a technician has found on one kiosk, to be signed; as PDF and as a slip.

Who reads it decides whether citizens may use the machine. So it never says "ready" of what was not tried: a test counts
for a day, and neither simulated devices nor the embedded province serve anybody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from devices.interfaces import DEVICE_KINDS, Condition
from kiosk import __version__, slips
from kiosk.config import Site
from kiosk.diagnostics import words
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.i18n import SOURCE_LANGUAGE, error_text, staff_advice, technician_line
from kiosk.text import nfc

READY, NOT_READY = "SẴN SÀNG PHỤC VỤ", "CHƯA SẴN SÀNG"
FRESH = timedelta(hours=24)
SAYS_NOTHING = {"no_sensor", "kiosk_running"}  # not done for a good reason: the state is told elsewhere, or by nobody
OLD = "test_old"
QR_MARK = "BC1"
SIMULATED = "simulated"
GB = 1e9


class Level(StrEnum):
    """What a line of the report means for the decision."""

    GOOD = "good"
    NOTICE = "notice"  # works, and should be looked at
    BAD = "bad"
    OPEN = "open"  # not there, or not tried


@dataclass(frozen=True)
class DeviceLine:
    """One device; `todo` is what to do about its state, `hint` where a technician looks."""

    name: str
    driver: str
    connection: str
    state: str
    todo: str
    hint: str
    level: Level


@dataclass(frozen=True)
class TestLine:
    """One self-test; `told` is the verdict in words, `figures` what was measured with units, `why` its code's."""

    __test__ = False  # pytest: its name does not make it a test case

    title: str
    told: str
    figures: str
    why: str
    when: str
    confirmed_by: str
    level: Level


@dataclass(frozen=True)
class Readiness:
    """Everything that the report says, in the words in which it says it; ready when there is no reason against it."""

    centre: str
    agency: str
    kiosk: str
    version: str
    technician: str
    at: datetime
    devices: tuple[DeviceLine, ...]
    tests: tuple[TestLine, ...]
    machine: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether citizens may use the machine."""
        return not self.reasons

    @property
    def verdict(self) -> str:
        """In two words."""
        return READY if self.ready else NOT_READY

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, hexadecimal: paper, slip and file with the same one are the same report."""
        content = json.dumps(asdict(self), default=str, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def count(self, level: Level) -> int:
        """How many tests ended so; a test with a notice has been passed."""
        return sum(line.level is level for line in self.tests)


def assess(
    report: Mapping[str, Any], records: Sequence[TestRecord], site: Site, technician: str, now: datetime
) -> Readiness:
    """Weigh a report of `states.report` and the records of self-tests; `now` in the site's time zone."""
    there = [kind for kind in DEVICE_KINDS if report["devices"].get(kind, {}).get("configured")]
    latest = _latest(records, now)
    lines = [(key, _test(latest.get(key), now)) for key in _wanted(there, latest)]
    devices = tuple(_device(kind, report["devices"].get(kind, {})) for kind in DEVICE_KINDS)
    return Readiness(
        nfc(site.name),
        site.agency_code,
        site.kiosk_id,
        __version__,
        nfc(technician),
        now,
        devices,
        tuple(_named(key, line) for key, line in lines),
        tuple(_machine(report, latest)),
        tuple(_reasons(report, there, latest, now)),
        tuple(_notes(report, there, latest, now)),
    )


def pdf(report: Mapping[str, Any], records: Sequence[TestRecord], site: Site, technician: str, now: datetime) -> bytes:
    """The report on A4; the same bytes for the same input. `now` in the site's time zone."""
    from kiosk.diagnostics.readiness_pdf import render  # brings fonts and their tools: needed once a month

    return render(assess(report, records, site, technician, now))


def slip(
    report: Mapping[str, Any], records: Sequence[TestRecord], site: Site, technician: str, now: datetime
) -> slips.Slip:
    """The same in short for the ticket printer; its QR code names the report (`BC1|kiosk|SHA-256`)."""
    found = assess(report, records, site, technician, now)
    blocks: list[slips.Block] = [
        slips.Text(found.centre, slips.Style.CENTRE),
        slips.Rule(),
        slips.Text(f"BÁO CÁO {slips.unbroken('SẴN SÀNG')} {slips.unbroken('PHỤC VỤ')}", slips.Style.TITLE),
        slips.Banner(found.verdict),
        slips.Pair("Máy", found.kiosk),
        slips.Pair("Phiên bản", found.version),
        slips.Pair("Lúc", found.at.strftime(slips.TIME_FORMAT)),
        slips.Pair("Người kiểm tra", found.technician),
        slips.Rule(),
        *(slips.Pair(line.name, line.state) for line in found.devices),
        slips.Rule(),
        slips.Pair("Mục kiểm tra đạt", str(found.count(Level.GOOD) + found.count(Level.NOTICE))),
        slips.Pair("Không đạt", str(found.count(Level.BAD))),
        slips.Pair("Chưa kiểm tra", str(found.count(Level.OPEN))),
    ]
    if found.reasons:
        blocks += [slips.Rule(), slips.Text("Lý do chưa sẵn sàng", slips.Style.HEADING, centred=False)]
        blocks += [slips.Text(f"• {reason}", centred=False) for reason in found.reasons]
    blocks += [slips.Rule(), slips.Qr(f"{QR_MARK}|{found.kiosk}|{found.digest}"), slips.Code(short(found.digest))]
    return slips.Slip((*blocks, slips.Text("Mã của bản báo cáo đầy đủ", slips.Style.NOTE)))


def short(digest: str) -> str:
    """The first digits of a digest, to be compared by eye: «3F2A 91C0»."""
    return f"{digest[:4]} {digest[4:8]}".upper()


# -- what counts -------------------------------------------------------------------------------------------------------
Key = tuple[str, str]


def _latest(records: Sequence[TestRecord], now: datetime) -> dict[Key, TestRecord]:
    """The newest record of each test; what a clock that was wrong has dated into the future is not the newest."""
    latest: dict[Key, TestRecord] = {}
    for record in sorted(records, key=lambda record: (record.at <= now + FRESH, record.at)):
        latest[record.device, record.test] = record
    return latest


def _wanted(there: Sequence[str], latest: Mapping[Key, TestRecord]) -> Iterator[Key]:
    yield from (key for key in words.EXPECTED if key[0] in ("", *there))
    yield from (key for key in latest if key not in words.EXPECTED and key[0] in ("", *there))


def _fresh(record: TestRecord, now: datetime) -> bool:
    return abs(now - record.at) <= FRESH


def _level(record: TestRecord | None, now: datetime) -> Level:
    if record is None or not _fresh(record, now) or record.verdict is Verdict.NOT_DONE:
        return Level.OPEN
    if record.verdict is Verdict.FAIL:
        return Level.BAD
    return Level.NOTICE if record.code else Level.GOOD


def _blocks(record: TestRecord | None, now: datetime) -> bool:
    """Whether a test that is open leaves something unknown."""
    return _level(record, now) is Level.OPEN and (record is None or record.code not in SAYS_NOTHING)


# -- lines -------------------------------------------------------------------------------------------------------------
def _said(code: str | None) -> str:
    return error_text(code or "", SOURCE_LANGUAGE)


def _todo(code: str) -> str:
    return staff_advice(code, SOURCE_LANGUAGE) if code else ""


def _device(kind: str, told: Mapping[str, Any]) -> DeviceLine:
    name, driver = words.DEVICES[kind], str(told.get("driver") or "")
    if not told.get("configured"):
        return DeviceLine(name, "", "", "Không lắp", "", "", Level.OPEN)
    code = str(told.get("code") or "")
    ready = told.get("condition") == Condition.READY
    if ready and driver == SIMULATED:
        return DeviceLine(name, driver, "", "Mô phỏng", "Khai báo thiết bị thật trong tệp cấu hình.", "", Level.BAD)
    state = _said(code) or ("Sẵn sàng" if ready else "Không hoạt động")
    level = (Level.NOTICE if code else Level.GOOD) if ready else Level.BAD
    hint = technician_line(code, SOURCE_LANGUAGE) if code else ""
    return DeviceLine(name, driver, _connection(told.get("connection") or {}), state, _todo(code), hint, level)


def _connection(told: Mapping[str, str]) -> str:
    firmware = f"phiên bản {told['firmware']}" if told.get("firmware") else ""
    where = told.get("where", "")
    place, _, baud = where.partition("?baud=")
    parts = (told.get("model"), firmware, place, f"{baud} baud" if baud else "")
    return " · ".join(part for part in parts if part)


TOLD = {Level.GOOD: "Đạt", Level.NOTICE: "Đạt", Level.BAD: "Không đạt", Level.OPEN: "Chưa kiểm tra"}


def _test(record: TestRecord | None, now: datetime) -> TestLine:
    level = _level(record, now)
    if record is None:
        return TestLine("", TOLD[level], "", "", "", "", level)
    at = record.at.astimezone(now.tzinfo)
    when = at.strftime("%H:%M" if at.date() == now.date() else "%H:%M %d/%m" if at.year == now.year else "%d/%m/%Y")
    why = _said(record.code if _fresh(record, now) else OLD)
    return TestLine("", TOLD[level], words.measured(record.figures), why, when, nfc(record.confirmed_by), level)


def _named(key: Key, line: TestLine) -> TestLine:
    return TestLine(**{**asdict(line), "title": words.title_of(*key)})


def _machine(report: Mapping[str, Any], latest: Mapping[Key, TestRecord]) -> Iterator[tuple[str, str]]:
    """Labels and values with units; what nobody has measured says so."""
    host, province = report["host"], report["province"]
    unknown = "chưa đo"

    def figure(test: str, name: str) -> float | None:
        record = latest.get(("", test))
        value = record.figures.get(name) if record else None
        return value if isinstance(value, float | int) else None

    total, available, celsius = figure("disk_free", "total_mb"), figure("memory", "available_mb"), None
    free = host.get("free_disk_bytes")
    room = f" trên {words.number(total * 2**20 / GB, 1)} GB" if total else ""
    yield "Ổ đĩa còn trống", f"{words.number(free / GB, 1)} GB{room}" if free is not None else unknown
    total = figure("memory", "total_mb")
    room = f" trên {words.number(total)} MB" if total else ""
    yield "Bộ nhớ còn trống", f"{words.number(available)} MB{room}" if available is not None else unknown
    celsius = figure("temperature", "celsius")
    yield "Nhiệt độ", f"{words.number(celsius)} °C" if celsius is not None else unknown
    skew = province.get("clock_difference_seconds", figure("clock", "difference_s"))
    yield "Giờ lệch so với tỉnh", f"{words.number(skew)} giây" if skew is not None else unknown
    yield "Hệ thống của tỉnh", _province(province)
    yield "Tải của máy", words.number(host["load"], 2) if host.get("load") is not None else unknown
    yield "Hệ điều hành", str(host.get("system", unknown)).partition("-with-")[0]
    yield "Python", str(host.get("python", unknown))


def _province(province: Mapping[str, Any]) -> str:
    if not province.get("ok"):
        return _said(province.get("code"))
    if province.get("sandbox"):
        return "bản dùng thử trong máy"
    seconds = province.get("seconds")
    return f"trả lời sau {words.number(seconds * 1000, 0)} ms" if seconds is not None else "trả lời"


# -- the decision ------------------------------------------------------------------------------------------------------
def _reasons(
    report: Mapping[str, Any], there: Sequence[str], latest: Mapping[Key, TestRecord], now: datetime
) -> Iterator[str]:
    """Why citizens may not use the machine, gravest first; each thing once, also when a test has found it too."""
    told: set[tuple[str, str]] = set()
    for kind in there:
        device = report["devices"][kind]
        if device.get("condition") != Condition.READY:
            told |= {(kind, device.get("code") or ""), (kind, "")}
            yield f"{words.DEVICES[kind]}: {_lower(_device(kind, device).state)}"
    for part, name in (("province", "Hệ thống của tỉnh"), ("host", "Máy")):
        if not report[part].get("ok"):
            told.add(("", report[part].get("code") or ""))
            yield f"{name}: {_lower(_said(report[part].get('code')))}".rstrip(": ")
    wanted = list(_wanted(there, latest))
    for key in wanted:
        record = latest.get(key)
        if record and _level(record, now) is Level.BAD and (key[0], record.code) not in told:
            told.add((key[0], record.code))
            yield f"{words.title_of(*key)}: {_lower(_said(record.code)) or 'không đạt'}"
    if missing := [words.title_of(*key) for key in wanted if _blocks(latest.get(key), now)]:
        yield f"Còn {len(missing)} mục chưa kiểm tra: {'; '.join(missing)}."
    if pretended := [words.DEVICES[kind] for kind in there if report["devices"][kind].get("driver") == SIMULATED]:
        yield f"Thiết bị mô phỏng, không phục vụ được người dân: {', '.join(map(_lower, pretended))}."
    if report["province"].get("sandbox"):
        yield "Hệ thống của tỉnh là bản dùng thử trong máy: hồ sơ không đến cơ quan nào."


def _notes(
    report: Mapping[str, Any], there: Sequence[str], latest: Mapping[Key, TestRecord], now: datetime
) -> Iterator[str]:
    """What works and should be looked at."""
    for kind in there:
        line = _device(kind, report["devices"][kind])
        if line.level is Level.NOTICE:
            yield f"{line.name}: {_lower(line.state)}"
    for key in _wanted(there, latest):
        record = latest.get(key)
        if record and _level(record, now) is Level.NOTICE and key[1] != "device_state":
            yield f"{words.title_of(*key)}: {_lower(_said(record.code))}"


def _lower(sentence: str) -> str:
    """As it goes on behind a colon; an abbreviation keeps its capitals."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
