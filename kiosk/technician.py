"""The technician's self-tests: one after the other, each on the thread of its device, step by step with a person."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from devices.events import CardPresence, CodeScanned, JobFailed, TicketPrinted
from devices.interfaces import Condition, PrintOutcome, TicketPrinter
from kiosk import identity
from kiosk.core import Parts
from kiosk.desk import DeskVerbs
from kiosk.device_memory import DeviceMemoryVerbs
from kiosk.diagnostics import selftests
from kiosk.diagnostics.selftests import TESTS, Finding, SelfTest, failed, not_done, passed, record_of
from kiosk.identity import IdentityError
from kiosk.state import DiagnosticsView, Stage, Step

DEVICE_SECONDS = 90.0  # the thread of a device is watched itself, and replaced after 60
MACHINE_SECONDS = 30.0
WAITS_FOR_NUMBER = (Stage.SHOW_CARD, Stage.TYPE_NUMBER)
WAITS_FOR_CODE = (Stage.SHOW_TICKET, Stage.SHOW_CODE, *WAITS_FOR_NUMBER)
CARD_NUMBER_DIGITS = (6, 12)  # the access number, or the whole one that ends in it: either opens a chip
ASKS = {Stage.LOOK_AT_TICKET: "print_unclear", Stage.LISTEN: "sound_not_heard"}  # what «no» means
Run = Callable[[], Finding]


@dataclass(frozen=True)
class SelfTestEnded:
    """Event: the test with this id has found something."""

    id: str
    found: Finding


@dataclass(frozen=True)
class SelfTestPrinted:
    """Event: the ticket that is to be read back has come out, or has not."""

    id: str
    outcome: PrintOutcome


@dataclass
class _Running:
    """The test under way; `number` opens a card and is gone with it."""

    test: SelfTest
    at: datetime
    token: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.perf_counter)
    number: str = field(default="", repr=False)
    printed: str = ""


class TechnicianVerbs(DeviceMemoryVerbs, DeskVerbs):
    """Verbs of the technician's screen."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._left: list[SelfTest] = []
        self._running: _Running | None = None

    @property
    def self_tests(self) -> tuple[SelfTest, ...]:
        """Those that this machine can do, in their order."""
        return tuple(test for test in TESTS if not test.device or test.device in self.parts.workers)

    # -- verbs ---------------------------------------------------------------------------------------------------
    def run_self_tests(self, keys: Sequence[str] = ()) -> None:
        """Run these, or all; those that need nobody come first."""
        if self._running or not self._technician():
            return
        known = self.self_tests
        chosen = [test for test in known if test.key in keys] if keys else list(known)
        self._left = sorted(chosen, key=lambda test: test.person)
        self._next()

    def self_test_ready(self) -> None:
        """«Đã đặt»: the sheet or the card lies there."""
        if self._stage is Stage.PLACE_SHEET:
            from kiosk.diagnostics.selftests_devices import scan_blank

            self._on_device(scan_blank)
        elif self._stage is Stage.LAY_CARD:
            self._read_chip()

    def self_test_answer(self, yes: bool) -> None:
        """What the person sees or hears; «no» while a code is waited for: it is not read, a card's number is typed."""
        stage = self._stage
        if stage in ASKS:
            found = passed(**self._print_figures()) if yes else failed(ASKS[stage], **self._print_figures())
            self._finish(found, confirmed=True)
        elif stage is Stage.SHOW_CARD and not yes:
            self._wait(Stage.TYPE_NUMBER)
        elif stage in WAITS_FOR_CODE and not yes:
            self._finish(failed("code_not_read", **self._print_figures()), confirmed=True)

    def card_number_typed(self, digits: str) -> None:
        """The twelve digits of a card, or the six of its access number; they open its chip and are gone."""
        running = self._running
        if running is None or self._stage is not Stage.TYPE_NUMBER:
            return
        if not digits.isascii() or not digits.isdigit() or len(digits) not in CARD_NUMBER_DIGITS:
            self._wait(Stage.TYPE_NUMBER, "card_number_length")
            return
        running.number = digits
        self._wait_for_card()

    def touch_grid_done(self, cells: int, dead: Sequence[str]) -> None:
        """Which of so many cells of the glass have felt no touch, as «row-column»."""
        if self._stage is Stage.TOUCH:
            felt = failed("touch_dead", cells=cells, dead=len(dead), places=", ".join(dead))
            self._finish(felt if dead else passed(cells=cells), confirmed=True)

    def no_loudspeaker(self) -> None:
        """The window could not play the tone."""
        if self._stage is Stage.LISTEN:
            self._finish(not_done("no_loudspeaker"))

    def skip_self_test(self) -> None:
        """Leave this one out, go on with the next; what the machine does meanwhile is not heard any more."""
        if self._running:
            self._finish(not_done("skipped"))

    def stop_self_tests(self) -> None:
        """Leave out all that are left."""
        self._left = []
        self.skip_self_test()

    def log_out(self) -> None:
        """No test outlives the technician."""
        self.stop_self_tests()
        super().log_out()
        self.change(diagnostics=DiagnosticsView())

    # -- events --------------------------------------------------------------------------------------------------
    def self_test_ended(self, event: SelfTestEnded) -> None:
        """Keep what was found; of a test that was left out nothing is."""
        if self._running and event.id == self._running.id:
            self._finish(event.found)

    def self_test_printed(self, event: SelfTestPrinted) -> None:
        """Nothing came out: failed. Else it is read back, by the code scanner if there is one that works."""
        from kiosk.diagnostics.selftests_devices import after_print

        running = self._running
        if running is None or event.id != running.id:
            return
        running.printed = event.outcome.result.value
        scanner = self.state.devices.get("code_scanner")
        if found := after_print(event.outcome):
            self._finish(found)
        elif scanner is not None and scanner.condition is Condition.READY:
            self._wait(Stage.SHOW_TICKET)
        else:
            self._wait(Stage.LOOK_AT_TICKET)

    def code_scanned(self, event: CodeScanned) -> None:
        """The ticket of this very test, any code, or the code of a card; nothing of it is shown."""
        from kiosk.diagnostics.selftests_devices import ticket_read

        running = self._running
        if running is None or self._stage not in WAITS_FOR_CODE:
            super().code_scanned(event)
            return
        self.touched()
        if self._stage is Stage.SHOW_CODE:
            self._finish(passed(characters=len(event.text)))
        elif self._stage in WAITS_FOR_NUMBER:
            self._card_shown(running, event.text)
        elif ticket_read(event.text, self.parts.config.site.kiosk_id, running.token):
            self._finish(passed(read_back="yes", **self._print_figures()))
        else:
            self._wait(Stage.SHOW_TICKET, "other_code")

    def card_presence(self, event: CardPresence) -> None:
        """A card that is waited for is read at once."""
        super().card_presence(event)
        if event.present and self._stage is Stage.LAY_CARD:
            self._read_chip()

    def self_test_failed(self, event: JobFailed) -> bool:
        """Whether it was a self-test whose driver has hung or broken; then that is what it has found."""
        running = self._running
        if running is None or event.job != _job(running):
            return False
        self._finish(failed(event.code))
        return True

    def watch_self_test(self) -> None:
        """Once a second: a test that does not end is left behind."""
        running = self._running
        if running is None or self._stage is not Stage.WORKING:
            return
        self.touched()  # nobody is logged out while the machine works
        limit = DEVICE_SECONDS if running.test.device else MACHINE_SECONDS
        if time.perf_counter() - running.started > limit:
            self._finish(failed("device_hangs" if running.test.device else "test_hangs"))

    # -- inside --------------------------------------------------------------------------------------------------
    @property
    def _stage(self) -> Stage:
        return self.state.diagnostics.stage if self._running else Stage.NONE

    def _technician(self) -> bool:
        return self.state.step is Step.DIAGNOSTICS and bool(self.state.staff.name)

    def _next(self) -> None:
        if not self._left:
            self._running = None
            self._show(running="", stage=Stage.NONE, code="", left=0)
            self.refresh_desk()
            return
        from kiosk.diagnostics.selftests_devices import new_token

        test = self._left.pop(0)
        self._running = _Running(test, self.now(), new_token())
        self._show(running=test.key, stage=Stage.WORKING, code="", left=len(self._left))
        self._begin(test)

    def _begin(self, test: SelfTest) -> None:
        waits = {"code_read": Stage.SHOW_CODE, "scan_blank": Stage.PLACE_SHEET}
        waits |= {"touch_grid": Stage.TOUCH, "sound": Stage.LISTEN}
        if test.name in waits:
            self._wait(waits[test.name])
        elif test.name == "printer_ticket":
            self._print_ticket()
        elif test.name == "card_chip":
            self._ask_for_card()
        elif test.device:
            self._on_device(_state_of)
        else:
            self._on_machine(test)

    def _finish(self, found: Finding, confirmed: bool = False) -> None:
        running = self._running
        assert running is not None
        self._running = None
        seconds = time.perf_counter() - running.started
        who = self.state.staff.name
        record = record_of(running.test, found, running.at, seconds, who if confirmed else "")
        self.parts.clerk.do(lambda: self._history.keep(record), failed=None)
        self.audit(who, "self_test", test=running.test.key, verdict=found.verdict.value, code=found.code)
        self.touched()
        self._show(records=(record, *self.state.diagnostics.records))
        self._next()

    def _show(self, **values: Any) -> None:
        self.change(diagnostics=replace(self.state.diagnostics, **values), toast="")

    def _wait(self, stage: Stage, code: str = "") -> None:
        self._show(stage=stage, code=code)

    def _print_figures(self) -> dict[str, float | str]:
        return {"print": self._running.printed} if self._running and self._running.printed else {}

    # -- on the threads of others ----------------------------------------------------------------------------------
    def _on_device(self, run: Callable[[Any], Finding]) -> None:
        running = self._running
        assert running is not None
        self._wait(Stage.WORKING)
        running.started = time.perf_counter()  # what the person took to get there is not the device's time

        def job(device: Any) -> Iterable[object]:
            return (SelfTestEnded(running.id, run(device)),)

        self.parts.workers[running.test.device].submit(_job(running), "", job)

    def _on_machine(self, test: SelfTest) -> None:
        running, clerk = self._running, self.parts.clerk
        assert running is not None
        found_by = self._machine_runs()[test.name]

        def run() -> SelfTestEnded:
            from kiosk.diagnostics.runner import guarded

            return SelfTestEnded(running.id, guarded(found_by))

        if test.name == "outbox_integrity":
            clerk.do(run, failed=None)  # the clerk's line to the store is open already
        else:

            def beside() -> None:
                event = run()
                clerk.do(lambda: event, failed=None)

            threading.Thread(target=beside, name=test.key, daemon=True).start()

    def _machine_runs(self) -> dict[str, Run]:
        from kiosk import builders
        from kiosk.diagnostics.states import province_tests

        config, outbox = self.parts.config, self.parts.outbox
        folder = config.storage.data_dir
        return {
            "storage_write": lambda: selftests.storage_write(folder),
            "outbox_integrity": lambda: selftests.outbox_integrity(outbox),
            "disk_free": lambda: selftests.disk_free(folder),
            "memory": selftests.memory,
            "temperature": selftests.temperature,
            **province_tests(config, lambda: builders.gateway_of(config, outbox), self.parts.clock),
        }

    def _print_ticket(self) -> None:
        running, site = self._running, self.parts.config.site
        assert running is not None
        job = _job(running)

        def run(printer: TicketPrinter) -> Iterator[object]:
            from kiosk.diagnostics.selftests_devices import print_ticket

            outcome = print_ticket(
                printer, centre=site.name, kiosk_id=site.kiosk_id, token=running.token, printed_at=running.at
            )
            yield TicketPrinted("printer", job, "", outcome)  # it has used paper
            yield SelfTestPrinted(running.id, outcome)

        self.parts.workers["printer"].submit(job, "", run)

    # -- the chip --------------------------------------------------------------------------------------------------
    def _ask_for_card(self) -> None:
        """The card's printed code or its number opens its chip; a simulated card's number is known."""
        scanner = self.state.devices.get("code_scanner")
        if self.parts.config.devices["card_reader"].get("driver") == "simulated":
            self._wait_for_card()
        elif scanner is not None and scanner.condition is Condition.READY:
            self._wait(Stage.SHOW_CARD)
        else:
            self._wait(Stage.TYPE_NUMBER)

    def _card_shown(self, running: _Running, text: str) -> None:
        try:
            running.number = identity.citizen_from_qr(text).id_number
        except IdentityError as error:
            self._wait(self._stage, error.code)
            return
        self._wait_for_card()

    def _wait_for_card(self) -> None:
        if self.state.card_present:
            self._read_chip()
        else:
            self._wait(Stage.LAY_CARD)

    def _read_chip(self) -> None:
        from kiosk.diagnostics.selftests_devices import card_chip

        running, trust = self._running, self.parts.trust
        assert running is not None
        number, running.number = running.number, ""
        self._on_device(lambda reader: card_chip(reader, number, trust))


def _job(running: _Running) -> str:
    return f"selftest:{running.id[:8]}"


def _state_of(device: Any) -> Finding:
    from kiosk.diagnostics.selftests_devices import ask

    return ask(device)[1]
