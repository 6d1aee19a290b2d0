"""What a technician hands over: the readiness report, as a file and as a slip; a bundle of records on a USB stick."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.config import Config
from kiosk.core import Parts
from kiosk.diagnostics.errors import BundleFailed
from kiosk.diagnostics.history import FOLDER
from kiosk.diagnostics.records import TestRecord
from kiosk.technician import TechnicianVerbs

TRAFFIC_SHOWN = 60

if TYPE_CHECKING:
    from kiosk.diagnostics import readiness
    from kiosk.diagnostics.traffic import Traffic


@dataclass(frozen=True)
class ReportWritten:
    """Event: the report lies on the disk, or why not; `name` of its file."""

    code: str
    name: str = ""


class ReportVerbs(TechnicianVerbs):
    """Verbs of the technician's screen that leave something on paper or on a stick, or show what goes over a line."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._traffic: Traffic | None = None

    @property
    def lines_to_watch(self) -> tuple[str, ...]:
        """Kinds of devices whose bytes can be watched."""
        from kiosk.diagnostics.traffic import watchable

        return tuple(kind for kind, table in self.parts.config.devices.items() if watchable(table))

    def watch_line(self, kind: str) -> None:
        """Show what goes over the line to this device from now on; once more: no longer."""
        from kiosk.diagnostics.traffic import Traffic

        if not self._technician():
            return
        watched = self.state.diagnostics.watched
        self.stop_watching()
        if kind != watched:
            self._traffic = Traffic(self.now().tzinfo or UTC, self.state.language)
            self._traffic.start(kind)
            self.audit(self.state.staff.name, "line_watched", device=kind)
            self.change(diagnostics=replace(self.state.diagnostics, watched=kind))

    def stop_watching(self) -> None:
        """Forget what was seen."""
        if self._traffic is not None:
            self._traffic.stop()
            self._traffic = None
            self.change(diagnostics=replace(self.state.diagnostics, watched="", traffic=()))

    def refresh_traffic(self) -> None:
        """Once a second: the newest lines."""
        if self._traffic is not None:
            lines = tuple(reversed(self._traffic.lines()[-TRAFFIC_SHOWN:]))
            self.change(diagnostics=replace(self.state.diagnostics, traffic=lines))

    def log_out(self) -> None:
        """Nobody watches a line without being there."""
        self.stop_watching()
        super().log_out()

    def make_readiness_report(self) -> None:
        """Write the report as a PDF, and print it in short."""
        from kiosk.diagnostics import readiness  # rarely wanted

        if not self._technician() or self._running:
            return
        state, config = self.state, self.parts.config
        told = readiness.Readiness(
            config,
            state.staff.name,
            self.now(),
            state.devices,
            readiness.newest(state.diagnostics.records),
            self.self_tests,
            waiting=state.outbox.pending,
            paper_metres=state.paper.left_metres if state.paper else None,
        )
        self.audit(state.staff.name, "readiness_report", ready=told.ready, digest=told.digest)
        folder = config.storage.data_dir / FOLDER
        self.parts.clerk.do(lambda: _written(told, folder), failed=ReportWritten("report_failed"))
        self.print_slip("report:readiness", "", readiness.slip(told))

    def make_bundle(self) -> None:
        """Write logs, configuration, records and states, without anything of any person, onto the USB stick."""
        if not self._technician() or self._running:
            return
        self.audit(self.state.staff.name, "bundle")
        config, state, now = self.parts.config, self.state, self.now()
        devices = {k: {"condition": d.condition.value, "code": d.code} for k, d in state.devices.items()}
        province = {"online": state.online, "waiting": state.outbox.pending}
        report = {"devices": devices, "province": province, "host": {"system": platform.platform()}}
        records = state.diagnostics.records
        self.parts.clerk.do(lambda: _bundled(config, records, report, now), failed=ReportWritten("report_failed"))

    def report_written(self, event: ReportWritten) -> None:
        """Say where it is."""
        self.change(diagnostics=replace(self.state.diagnostics, code=event.code, file=event.name))


def _written(told: readiness.Readiness, folder: Path) -> ReportWritten:
    from kiosk.diagnostics.readiness import write

    try:
        return ReportWritten("report_written", str(write(told, folder)))
    except OSError:
        return ReportWritten("report_not_stored")


def _bundled(
    config: Config, records: Sequence[TestRecord], report: Mapping[str, object], now: datetime
) -> ReportWritten:
    from kiosk.diagnostics import bundle

    try:
        folder = next(iter(bundle.sticks()), None)
        if folder is None:
            return ReportWritten("usb_gone")
        path = bundle.write(folder, config, config.storage.data_dir, records, report, now)
    except BundleFailed as error:
        return ReportWritten(error.code)
    return ReportWritten("bundle_written", str(path))
