"""What the running kiosk writes down of its devices: changes and identities as they come, counters once a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from devices.card_reader.emrtd.results import ChipData
from devices.events import (
    ChipRead,
    CodeScanned,
    DeviceChanged,
    DeviceNamed,
    JobFailed,
    PageScanned,
    ScanFinished,
    TicketPrinted,
)
from devices.interfaces import Condition, Device, Identified, PrintResult
from kiosk.core import KioskCore, Parts
from kiosk.diagnostics.connection import connection_of, place_of
from kiosk.diagnostics.history import Change, History
from kiosk.state import DeviceMemory, DiagnosticsView, Step

CHANGES_SHOWN = 60
Counted = dict[str, Counter[str]]


@dataclass(frozen=True)
class MemoryRead:
    """Event: what the disk remembers, for the technician's screen."""

    view: DiagnosticsView = field(repr=False)


class DeviceMemoryVerbs(KioskCore):
    """History, counters and identity of each device; the disk is touched by the clerk alone."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._history = History(parts.config.storage.data_dir)
        self._counted: Counted = {}
        self._identities: dict[str, Mapping[str, str]] = {}  # told since the kiosk has started

    def remember(self, event: object) -> None:
        """Note what an event of a device tells for its history; called for every event."""
        if isinstance(event, DeviceChanged):
            change = Change(self.now(), event.status.condition, event.status.code)
            self.parts.clerk.do(lambda: self._history.changed(event.device, change), failed=None)
            if worker := self.parts.workers.get(event.device):
                # it may be another one than before, or tell for the first time who it is
                worker.submit("identity", "", partial(_identity_of, kind=event.device))
        for kind, name in _counts(event):
            self._counted.setdefault(kind, Counter())[name] += 1

    def save_counters(self) -> None:
        """Write down what was counted since the last time, if anything was."""
        if counted := self._counted:
            self._counted = {}
            self.parts.clerk.do(lambda: self._history.add(counted), failed=None)

    def refresh_desk(self) -> None:
        """Also what the disk remembers, for the technician."""
        super().refresh_desk()
        if self.state.step is Step.DIAGNOSTICS:
            self.save_counters()
            self.parts.clerk.do(self._read, failed=None)

    def device_named(self, event: DeviceNamed) -> None:
        """A device has told of itself: write it down, and show it beside how it is connected."""
        if event.identity != self._identities.get(event.device, {}):
            self._identities = {**self._identities, event.device: event.identity}
            now, where = self.now(), place_of(self.parts.config.devices[event.device])
            self.parts.clerk.do(lambda: self._history.identified(event.device, where, event.identity, now), failed=None)
            self.refresh_desk()

    def memory_read(self, event: MemoryRead) -> None:
        """Show it."""
        now = self.state.diagnostics
        # while tests run the glass knows more than the disk
        records = now.records if now.running else event.view.records
        self.change(diagnostics=replace(now, records=records, memory=event.view.memory))

    def _read(self) -> MemoryRead:
        counters = self._history.counters()
        memory = {
            kind: DeviceMemory(
                # a full disk hides nothing of what was told a moment ago
                connection_of(table)
                | dict(self._identities.get(kind) or self._history.identity(kind, place_of(table))),
                counters.get(kind, {}),
                self._history.changes(kind)[:CHANGES_SHOWN],
            )
            for kind, table in self.parts.config.devices.items()
        }
        return MemoryRead(DiagnosticsView(records=self._history.tests(), memory=memory))


def _identity_of(device: Device, kind: str) -> Iterator[object]:
    if isinstance(device, Identified):
        yield DeviceNamed(kind, device.identity)


def _counts(event: object) -> list[tuple[str, str]]:
    """Which counters of which device an event moves on."""
    match event:
        case DeviceChanged(device, status) if status.condition is not Condition.READY:
            return [(device, "faults")]
        case TicketPrinted(device, _, _, outcome):
            failed = outcome.result is PrintResult.FAILED
            return [(device, "jobs"), (device, "failed" if failed else "pages")]
        case PageScanned(device):
            return [(device, "pages")]
        case ScanFinished(device):
            return [(device, "jobs")]
        case CodeScanned(device):
            return [(device, "reads")]
        case ChipRead(device, event=ChipData()):
            return [(device, "reads")]
        case JobFailed(device):
            return [(device, "failed")]
    return []
