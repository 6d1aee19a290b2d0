"""The paper roll: how much of it is left, told in good time, and how it is changed.

The printer's own sensor says «near its end» some metres before it, or never. What was printed since the roll was
changed is counted, so that staff are told before the first citizen stands there without a ticket.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devices.events import DeviceChanged, TicketPrinted
from devices.interfaces import Condition
from kiosk import slips
from kiosk.core import Parts
from kiosk.printing import PrintingVerbs
from kiosk.state import Job, PaperView, Refill, RefillStage, Step

log = logging.getLogger(__name__)
PAPER_LOW = "paper_low"
ROLL_METRES, WARN_METRES = 80.0, 6.0  # as the printers' settings say when the configuration says nothing
STAGES = tuple(RefillStage)


@dataclass(frozen=True)
class Roll:
    """What has come from the roll: metres of paper and slips, since `changed_at` (ISO 8601, "" = never told)."""

    used_metres: float = 0.0
    slips: int = 0
    changed_at: str = ""


class RollFile:
    """The roll's count in a file, which survives a restart; without a good file a new roll is begun."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.roll = self._read()

    def count(self, millimetres: float) -> None:
        """One more slip."""
        self._write(
            replace(self.roll, used_metres=self.roll.used_metres + millimetres / 1000, slips=self.roll.slips + 1)
        )

    def change(self, at: str) -> None:
        """A new roll lies in the printer."""
        self._write(Roll(changed_at=at))

    def _read(self) -> Roll:
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return Roll(float(said["used_metres"]), int(said["slips"]), str(said["changed_at"]))
        except FileNotFoundError:
            return Roll()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s): counted from 0", self._path.name, type(error).__name__)
            return Roll()

    def _write(self, roll: Roll) -> None:
        self.roll = roll
        temporary = self._path.with_suffix(".part")
        try:  # after a power cut a few slips may be missing from the count: no reason to make a citizen wait for a disk
            temporary.write_text(json.dumps(asdict(roll)), encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            log.error("%s cannot be written: %s", self._path.name, error.strerror)


class PaperVerbs(PrintingVerbs):
    """Counting, warning, and the guided change of the roll."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._rolls = RollFile(self.parts.config.storage.data_dir / "paper.json")
        self._show_paper()

    def printed(self, event: TicketPrinted) -> None:
        """Whatever came out has used paper, also when it came out broken; of a test slip, how it came out."""
        if event.outcome.paper_mm:
            self._rolls.count(event.outcome.paper_mm)
            self._show_paper()
        super().printed(event)
        if event.job == "test:paper" and self.state.step is Step.PAPER:
            self.change(refill=Refill(RefillStage.TEST, Job(event.outcome.result.value), event.outcome.code))

    # -- the guided change ---------------------------------------------------------------------------------------
    def change_paper(self) -> None:
        """STAFF → PAPER, at the first picture."""
        if self.state.step is Step.STAFF:
            self.change(step=Step.PAPER, refill=Refill())

    def paper_next(self) -> None:
        """The next picture; from the last one a test slip is printed."""
        refill = self.state.refill
        if self.state.step is Step.PAPER and refill.stage is not STAGES[-1]:
            self._show_stage(STAGES[STAGES.index(refill.stage) + 1])

    def paper_back(self) -> None:
        """The picture before; from the first one → STAFF."""
        number = STAGES.index(self.state.refill.stage)
        if number:
            self.change(refill=Refill(STAGES[number - 1]))
        else:
            self.leave_paper()

    def leave_paper(self, code: str = "") -> None:
        """→ STAFF."""
        self.change(step=Step.STAFF, refill=Refill(), staff=replace(self.state.staff, code=code))
        self.refresh_desk()

    def test_is_good(self) -> None:
        """The person has seen a clear, whole test slip: the count begins anew, → STAFF."""
        if self.state.step is not Step.PAPER or self.state.refill.print not in (Job.CONFIRMED, Job.UNCONFIRMED):
            return
        roll = self._rolls.roll
        self.audit(self.state.staff.name, "paper_changed", slips=roll.slips, metres=round(roll.used_metres, 1))
        self._rolls.change(self.now().isoformat(timespec="seconds"))
        self._show_paper()
        self.leave_paper("paper_changed")

    def test_is_bad(self) -> None:
        """Faint, black or empty: most often the roll lies the wrong way round."""
        if self.state.step is Step.PAPER:
            self.change(refill=Refill(RefillStage.INSERT, code="paper_wrong_side"))

    def print_test(self) -> None:
        """The test slip, once more."""
        if self.state.step is not Step.PAPER or self.state.refill.print is Job.RUNNING:
            return
        self.change(refill=Refill(RefillStage.TEST, Job.RUNNING))
        slip = slips.test_slip(
            centre=self.parts.config.site.name,
            kiosk_id=self.parts.config.site.kiosk_id,
            width_dots=int(self.parts.config.devices.get("printer", {}).get("width_dots", 576)),
            printed_at=self.now(),
        )
        self.print_slip("test:paper", "", slip)

    def paper_watched(self, event: DeviceChanged) -> None:
        """The pictures follow what the person does to the cover."""
        if event.device != "printer" or self.state.step is not Step.PAPER:
            return
        self.touched()  # hands are at the printer, not on the glass
        stage, opened = self.state.refill.stage, event.status.code == "cover_open"
        if opened and stage in (RefillStage.OPEN, RefillStage.TEST):
            self._show_stage(RefillStage.REMOVE if stage is RefillStage.OPEN else RefillStage.INSERT)
        elif event.status.condition is Condition.READY and stage is RefillStage.CLOSE:
            self._show_stage(RefillStage.TEST)

    def _show_stage(self, stage: RefillStage) -> None:
        self.change(refill=Refill(stage))
        if stage is RefillStage.TEST:
            self.print_test()

    def _show_paper(self) -> None:
        roll = self._rolls.roll
        table = self.parts.config.devices.get("printer", {})
        whole, warn = float(table.get("roll_metres", ROLL_METRES)), float(table.get("warn_metres", WARN_METRES))
        left = max(0.0, whole - roll.used_metres)
        self.change(paper=PaperView(left, whole, roll.slips, low=left <= warn, changed_at=roll.changed_at))
