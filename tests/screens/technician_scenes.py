"""Scenes of the technician: devices in trouble, results of self-tests, each step that needs a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from devices.interfaces import Condition
from devices.traffic import Direction
from kiosk.diagnostics.history import Change
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.traffic import TrafficLine
from kiosk.state import DeviceMemory, DiagnosticsView, StaffView, Stage, Step
from tests.screens.scene import ID_NUMBER, NOW, READY, TROUBLE, Scene, Site

STAGES = {
    Stage.WORKING: "storage_write",
    Stage.SHOW_TICKET: "printer/printer_ticket",
    Stage.LOOK_AT_TICKET: "printer/printer_ticket",
    Stage.PLACE_SHEET: "document_scanner/scan_blank",
    Stage.SHOW_CARD: "card_reader/card_chip",
    Stage.LAY_CARD: "card_reader/card_chip",
    Stage.TOUCH: "touch_grid",
    Stage.LISTEN: "sound",
}


def technician_scenes(site: Site) -> Iterator[Scene]:
    """The three lists, and a person at each step."""
    staff = StaffView(role="technician", name="Kỹ thuật")
    base = replace(site.base, step=Step.DIAGNOSTICS, staff=staff, devices=READY)
    view = DiagnosticsView(records=_records(), memory=_memory())
    trouble = replace(base, devices=TROUBLE, diagnostics=view)
    yield Scene("diagnostics", trouble)
    yield Scene("diagnostics-ready", base)
    yield Scene("diagnostics-tests", trouble, lambda screen: screen.open_tab("tests"))
    yield Scene("diagnostics-history", trouble, lambda screen: screen.open_tab("history"))
    file = "/var/lib/kiosk/diagnostics/readiness-k1-20261124-070512.pdf"
    written = replace(trouble, diagnostics=replace(view, code="report_written", file=file))
    yield Scene("diagnostics-reports", written, lambda screen: screen.open_tab("reports"))
    seen = (("10 04 01", "hỏi trạng thái 1", Direction.SENT), ("12", "mọi thứ tốt", Direction.RECEIVED))
    lines = tuple(TrafficLine(n, NOW, way, shown, words) for n, (shown, words, way) in enumerate(seen * 4))
    watched = replace(trouble, diagnostics=replace(view, watched="printer", traffic=lines))
    yield Scene("diagnostics-lines", watched, lambda screen: screen.open_tab("lines"))
    for stage, key in STAGES.items():
        code = "other_code" if stage is Stage.SHOW_TICKET else ""
        yield Scene(
            f"diagnostics-{stage}",
            replace(base, diagnostics=replace(view, running=key, stage=stage, code=code, left=3)),
        )
    asked = replace(view, running="card_reader/card_chip", stage=Stage.TYPE_NUMBER, code="card_number_length", left=3)
    typing = replace(base, diagnostics=asked)
    yield Scene("diagnostics-type_number", typing, lambda screen: screen._typed(ID_NUMBER))
    grid = replace(base, diagnostics=replace(view, running="touch_grid", stage=Stage.TOUCH))
    yield Scene("diagnostics-grid", grid, lambda screen: screen.open_grid())
    yield Scene("diagnostics-after", base)


def _records() -> tuple[TestRecord, ...]:
    def record(test: str, verdict: Verdict, device: str = "", code: str = "", **figures: float | str) -> TestRecord:
        return TestRecord(test, verdict, NOW - timedelta(minutes=len(figures)), 0.2, device, code, figures)

    places = "x 34 y 120 (0.8×1.2); x 101.5 y 12 (0.5×0.5)"
    return (
        record("storage_write", Verdict.PASS, median_ms=4.2, longest_ms=11.8),
        record("printer_ticket", Verdict.PASS, "printer", print="confirmed", read_back="yes"),
        record(
            "scan_blank", Verdict.FAIL, "document_scanner", "scan_specks", specks=7, largest_mm=1.2, places_mm=places
        ),
        record("province_tls", Verdict.FAIL, code="certificate_ends", tls="TLSv1.3", certificate_days=6.4),
        record("temperature", Verdict.NOT_DONE, code="no_sensor"),
        record("touch_grid", Verdict.FAIL, code="touch_dead", cells=112, dead=2, places="3-4, 3-5"),
        record("card_chip", Verdict.PASS, "card_reader", access="pace_can", trust="trusted", commands=89, seconds=3.1),
    )


def _memory() -> dict[str, DeviceMemory]:
    changes = tuple(
        Change(NOW - timedelta(minutes=7 * n), *state)
        for n, state in enumerate(((Condition.ATTENTION, "paper_out"), (Condition.READY, ""), (Condition.OFFLINE, "")))
    )
    printer = {"where": "usblp:///dev/usb/lp0", "model": "TM-T82III", "firmware": "1.07"}
    return {
        "printer": DeviceMemory(printer, {"jobs": 1204, "pages": 1201, "failed": 3, "faults": 5}, changes),
        "code_scanner": DeviceMemory({"where": "serial:///dev/ttyACM0"}, {"reads": 812}),
        "document_scanner": DeviceMemory({}, {"pages": 90}),
        "card_reader": DeviceMemory({"where": "ACS ACR1281 1S Dual Reader"}, {"reads": 77}),
    }
