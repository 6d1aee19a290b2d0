"""Diagnostics: `main.py diagnose` as a process of its own, and the technician's self-tests in a running kiosk."""

from __future__ import annotations

import json
import queue
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp

from devices.code_scanner.serial_simulator import SerialScannerSimulator
from devices.errors import DeviceError
from devices.events import CodeScanned, DeviceChanged
from devices.interfaces import Condition, DeviceStatus
from devices.printer.virtual import Fault
from devices.printer.virtual_lines import PtyPrinter, TcpPrinter
from kiosk.audit import verify
from kiosk.config import Config
from kiosk.diagnostics.history import Change, History
from kiosk.diagnostics.records import Verdict
from kiosk.diagnostics.selftests import Finding, passed
from kiosk.diagnostics.states import kiosk_runs
from kiosk.state import Stage
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_commands import DOSSIER, Shell, free_port
from tests.flows.test_numbers import log_in
from tests.unit.test_readiness import words_of

UNATTENDED = {"storage_write", "outbox_integrity", "disk_free", "memory", "temperature"}
MOTHER = "027190012345||Nguyễn Thị Đào|14021990|Nữ|Phường Võ Cường, Bắc Ninh|01092025"


@pytest.fixture
def main(tmp_path: Path) -> Shell:
    """The command line."""
    return Shell(tmp_path)


def verdicts(part: dict[str, Any]) -> dict[str, str]:
    """What each test of a part has found."""
    return {test["test"]: test["verdict"] for test in part["tests"]}


# -- the command line --------------------------------------------------------------------------------------------------
def test_all_that_needs_nobody_is_tested_and_kept(main: Shell, tmp_path: Path) -> None:
    with PtyPrinter(tmp_path / "lp") as paper:
        config = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "{paper.url}"\n[province]\nsandbox = true\n')
        said = main("diagnose", "--self-test", "--config", config, "--json")
    report = said.json
    assert (said.code, set(report)) == (0, {"devices", "province", "host"})
    printer = report["devices"]["printer"]
    assert (printer["condition"], printer["connection"]["where"]) == ("ready", f"serial://{tmp_path}/lp")
    assert (printer["connection"]["model"], printer["connection"]["firmware"]) == ("Virtual 80", "1.04")
    assert verdicts(printer) == {"device_state": "pass"}
    assert verdicts(report["host"]).keys() == UNATTENDED
    assert verdicts(report["province"]) == {"clock": "not_done", "province_tls": "not_done"}
    kept = [json.loads(line) for line in (main.folder / "data/diagnostics/tests.jsonl").read_text().splitlines()]
    told = [test for part in (printer, report["province"], report["host"]) for test in part["tests"]]
    assert sorted(kept, key=json.dumps) == sorted(told, key=json.dumps)
    assert paper.printer.jobs == []


def test_in_plain_text_it_is_a_table(main: Shell) -> None:
    said = main("diagnose", "--self-test")
    assert said.code == 0
    assert re.search(r"^printer +ready", said.out, re.MULTILINE)
    assert re.search(r"^  storage_write +pass +\d+\.\d\d s +median_ms", said.out, re.MULTILINE)
    assert "{" not in said.out


def test_without_tests_it_is_a_table_as_well_with_the_time_since_when(main: Shell) -> None:
    url = f"socket://127.0.0.1:{free_port()}"
    path = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "{url}"\n')
    at = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    History(main.folder / "data").changed("printer", Change(at, Condition.OFFLINE, "device_unplugged"))
    said = main("diagnose", "--config", path)
    assert said.code == 1
    assert "{" not in said.out
    (line,) = re.findall("^printer .*", said.out, re.MULTILINE)
    assert re.search(rf"offline +\S.*where {url}.* since 2026-11-26 07:30$", line)
    History(main.folder / "data").changed("printer", Change(at, Condition.READY, ""))
    assert " since " not in main("diagnose", "--config", path).out


def test_each_part_that_needs_a_hand_is_a_line(main: Shell, tmp_path: Path) -> None:
    with TcpPrinter() as paper:
        paper.printer.fault = Fault.PAPER_OUT
        config = main.config(
            f'[devices.printer]\ndriver = "escpos"\nurl = "{paper.url}"\n'
            f'[devices.code_scanner]\ndriver = "serial_line"\nurl = "serial://{tmp_path}/none"\n'
            f'[province]\nurl = "http://127.0.0.1:{free_port()}"\n'
        )
        said = main("diagnose", "--self-test", "--config", config, "--json")
        table = main("diagnose", "--self-test", "--config", config)
    assert (said.code, table.code) == (1, 1)
    devices = said.json["devices"]
    assert [devices[kind]["tests"][0]["code"] for kind in ("printer", "code_scanner")] == [
        "paper_out",
        "device_unplugged",
    ]
    assert verdicts(said.json["province"]) == {"clock": "not_done", "province_tls": "fail"}
    assert "Traceback" not in table.err
    assert table.out.count("FAIL") == 3


@pytest.mark.parametrize("options", [("--self-test",), ()])
def test_the_paper_for_the_centre_tells_what_waits(main: Shell, options: tuple[str, ...]) -> None:
    payload, folder, config = main.folder / "dossier.json", main.folder / "paper", main.config("")
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    assert main("outbox", "add", payload, "--config", config).code == 0
    main("diagnose", *options, "--config", config, "--report", folder)
    (paper,) = folder.glob("*.pdf")
    assert "Hồ sơ chờ gửi: 1." in words_of(paper)
    (main.folder / "data/key").unlink()
    paper.unlink()
    main("diagnose", *options, "--config", config, "--report", folder)
    (paper,) = folder.glob("*.pdf")
    assert "Hồ sơ chờ gửi" not in words_of(paper)


def test_a_data_folder_that_cannot_be_used_is_a_line(main: Shell) -> None:
    (main.folder / "data").write_text("a file stands in its place")
    said = main("diagnose", "--self-test", "--config", main.config(""), "--json")
    assert said.code == 1
    assert verdicts(said.json["host"])["storage_write"] == "fail"
    assert said.json["host"]["tests_kept"] is False


def test_one_device_alone(main: Shell) -> None:
    report = main("diagnose", "--device", "card_reader", "--self-test", "--json").json
    assert set(report["devices"]) == {"card_reader"}
    assert verdicts(report["devices"]["card_reader"]) == {"device_state": "pass"}


def test_a_running_kiosk_is_not_disturbed(main: Shell) -> None:
    """The printer takes one line at a time: a second one would hang, or steal the answers of the first."""
    with TcpPrinter() as paper:
        path = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "{paper.url}"\n')
        from kiosk import config as configuration

        with Machine(configuration.load(path)) as machine:
            player = Player(machine)
            player.until(lambda s: "printer" in s.devices, "the printer")
            paper.printer.fault = Fault.COVER_OPEN
            player.until(lambda s: s.devices["printer"].code == "cover_open", "the open cover")
            machine.kiosk.parts.clerk.stop()  # what it was told is on the disk
            assert kiosk_runs(main.folder / "data")
            said = main("diagnose", "--self-test", "--config", path, "--json")
        printer = said.json["devices"]["printer"]
        assert (printer["held_by_kiosk"], printer["condition"], printer["code"]) == (True, "attention", "cover_open")
        assert (printer["tests"][0]["verdict"], printer["tests"][0]["code"]) == ("not_done", "kiosk_running")
        assert [change["code"] for change in printer["history"]] == ["cover_open", ""]
        assert printer["counters"] == {}
        assert not kiosk_runs(main.folder / "data")


# -- the technician ----------------------------------------------------------------------------------------------------
def stage(player: Player, wanted: Stage) -> None:
    """Wait until the self-test is there."""
    player.until(lambda s: s.diagnostics.stage is wanted, wanted.name)


def last(player: Player) -> tuple[str, str, str]:
    """(test, verdict, code) of the newest record."""
    newest = player.state.diagnostics.records[0]
    return newest.test, newest.verdict.value, newest.code


def ended(player: Player) -> tuple[str, str, str]:
    """Wait until no test runs; the newest record."""
    player.until(lambda s: bool(s.diagnostics.records) and not s.diagnostics.running, "the end of the test")
    return last(player)


@pytest.fixture
def technician(player: Player) -> Player:
    """The technician stands at the machine, and all devices have told their state."""
    player.until(lambda s: len(s.devices) == 4, "the devices")
    log_in(player, "technician", "8642")
    return player


@pytest.fixture
def hardware(config: Config, tmp_path: Path) -> Iterator[tuple[Player, TcpPrinter, SerialScannerSimulator]]:
    """A kiosk with a network printer and a serial code scanner."""
    scanner = SerialScannerSimulator(tmp_path / "ttyACM0")
    with TcpPrinter() as paper:
        tables = {
            "printer": {"driver": "escpos", "url": paper.url},
            "code_scanner": {"driver": "serial_line", "url": scanner.url},
        }
        with Machine(config.model_copy(update={"devices": {**config.devices, **tables}})) as machine:
            player = Player(machine)
            player.until(lambda s: len(s.devices) == 4, "the devices")
            log_in(player, "technician", "8642")
            yield player, paper, scanner
    scanner.unplug()


def test_the_printed_code_must_be_read_back(hardware: tuple[Player, TcpPrinter, SerialScannerSimulator]) -> None:
    player, paper, scanner = hardware
    scans: list[str] = []
    for number in range(2):
        player.kiosk.run_self_tests(["printer/printer_ticket"])
        stage(player, Stage.SHOW_TICKET)
        (code,) = zxingcpp.read_barcodes(paper.printer.pictures[number].convert("L"))
        scans.append(code.text)
        for other in (MOTHER, *scans[:-1]):  # a card, the ticket of the test before
            scanner.present(other)
            player.until(lambda s: s.diagnostics.code == "other_code", "the other code")
            player.kiosk._show(code="")
        scanner.present(code.text)
        assert ended(player) == ("printer_ticket", "pass", "")
    assert scans[0] != scans[1]
    assert player.state.diagnostics.records[0].figures["read_back"] == "yes"
    assert player.state.diagnostics.records[0].confirmed_by == ""
    assert player.state.toast == ""


def test_the_printer_tells_who_it_is(hardware: tuple[Player, TcpPrinter, SerialScannerSimulator]) -> None:
    player, paper, _ = hardware

    def shown(name: str) -> str:
        memory = player.state.diagnostics.memory.get("printer")
        return memory.connection.get(name, "") if memory else ""

    player.until(lambda _s: shown("model") == "Virtual 80", "its model")
    assert (shown("firmware"), shown("where")) == ("1.04", paper.url)
    paper.unplug()
    paper.printer.identity[65] = b"_2.00\0"
    player.until(lambda s: s.devices["printer"].condition is Condition.OFFLINE, "the pulled cable")
    paper.plug()
    player.until(lambda _s: shown("firmware") == "2.00", "the other printer")


def test_a_ticket_that_does_not_come_out_ends_the_test(
    hardware: tuple[Player, TcpPrinter, SerialScannerSimulator],
) -> None:
    player, paper, _ = hardware
    paper.printer.fault = Fault.PAPER_OUT
    player.kiosk.run_self_tests(["printer/printer_ticket"])
    assert ended(player) == ("printer_ticket", "fail", "paper_out")


def test_without_a_scanner_a_person_looks_at_the_ticket(
    hardware: tuple[Player, TcpPrinter, SerialScannerSimulator],
) -> None:
    player, _, scanner = hardware
    scanner.unplug()
    player.until(lambda s: s.devices["code_scanner"].condition is Condition.OFFLINE, "the pulled cable")
    for yes, verdict, code in ((True, "pass", ""), (False, "fail", "print_unclear")):
        player.kiosk.run_self_tests(["printer/printer_ticket"])
        stage(player, Stage.LOOK_AT_TICKET)
        player.kiosk.self_test_answer(yes)
        assert last(player) == ("printer_ticket", verdict, code)
        assert player.state.diagnostics.records[0].confirmed_by == player.state.staff.name


def test_all_of_them_one_after_the_other(technician: Player) -> None:
    player, kiosk = technician, technician.kiosk
    kiosk.run_self_tests()
    kiosk.run_self_tests(["sound"])  # a second touch starts nothing
    stage(player, Stage.SHOW_TICKET)
    kiosk.self_test_answer(False)
    assert last(player) == ("printer_ticket", "fail", "code_not_read")
    player.machine.devices["code_scanner"].present(MOTHER)
    stage(player, Stage.PLACE_SHEET)
    assert last(player) == ("code_read", "pass", "")
    assert player.state.diagnostics.records[0].figures == {"characters": len(MOTHER)}
    kiosk.self_test_ready()
    stage(player, Stage.LAY_CARD)
    assert last(player) == ("scan_blank", "not_done", "sheet_not_blank")  # our sample is a written page
    player.machine.devices["card_reader"].insert()
    stage(player, Stage.TOUCH)
    assert last(player) == ("card_chip", "pass", "")
    kiosk.touch_grid_done(112, ["3-4"])
    assert last(player) == ("touch_grid", "fail", "touch_dead")
    kiosk.self_test_answer(True)
    assert last(player) == ("sound", "pass", "")
    assert ended(player) == ("sound", "pass", "")
    done = {(record.device, record.test) for record in player.state.diagnostics.records}
    assert done == {(test.device, test.name) for test in kiosk.self_tests}
    assert all(r.verdict is not Verdict.FAIL for r in player.state.diagnostics.records if r.test == "device_state")


def test_nothing_of_a_card_is_kept(technician: Player, tmp_path: Path) -> None:
    player = technician
    player.machine.devices["card_reader"].insert()
    player.kiosk.run_self_tests(["card_reader/card_chip", "code_scanner/code_read"])
    stage(player, Stage.SHOW_CODE)
    player.machine.devices["code_scanner"].present(MOTHER)
    ended(player)
    player.kiosk.log_out()
    player.machine.kiosk.parts.clerk.stop()
    holder = player.machine.devices["card_reader"].holder
    secrets = [MOTHER[:12], holder.number, holder.number[-6:], "Đào", holder.full_name]
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert [secret for secret in secrets if secret.encode() in text] == [], path.name


def test_skipping_stopping_and_leaving(technician: Player) -> None:
    player, kiosk = technician, technician.kiosk
    kiosk.run_self_tests(["touch_grid", "sound"])
    kiosk.skip_self_test()
    assert last(player) == ("touch_grid", "not_done", "skipped")
    stage(player, Stage.LISTEN)
    kiosk.no_loudspeaker()
    assert last(player) == ("sound", "not_done", "no_loudspeaker")
    kiosk.run_self_tests(["touch_grid", "sound"])
    kiosk.stop_self_tests()
    assert (player.state.diagnostics.running, last(player)) == ("", ("touch_grid", "not_done", "skipped"))
    kiosk.run_self_tests(["document_scanner/scan_blank"])
    kiosk.log_out()
    assert player.state.diagnostics.stage is Stage.NONE
    kiosk.run_self_tests(["sound"])  # nobody is logged in
    kiosk.self_test_answer(True)
    assert player.state.diagnostics.running == ""
    log_in(player, "technician", "8642")
    kiosk.run_self_tests(["sound"])
    kiosk.self_test_answer(True)
    assert last(player) == ("sound", "pass", "")


def test_what_comes_after_a_skip_is_not_heard(technician: Player) -> None:
    player, kiosk = technician, technician.kiosk
    kiosk.run_self_tests(["document_scanner/scan_blank", "touch_grid"])
    kiosk.self_test_ready()
    kiosk.skip_self_test()
    player.drain(0.5)
    assert player.state.diagnostics.stage is Stage.TOUCH
    assert last(player) == ("scan_blank", "not_done", "skipped")


class Stuck:
    """A driver whose every question fails in another way than its contract says."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, _device: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"), [(DeviceError("device_stuck"), "device_stuck"), (KeyError(MOTHER), "device_error")]
)
def test_a_driver_that_breaks_ends_its_test(technician: Player, error: Exception, code: str) -> None:
    technician.kiosk.run_self_tests(["document_scanner/scan_blank"])
    technician.kiosk._on_device(Stuck(error))
    assert ended(technician) == ("scan_blank", "fail", code)


def test_a_test_that_never_ends_is_left_behind(technician: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    player, kiosk = technician, technician.kiosk
    from kiosk import technician as module

    waiting: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    kiosk.run_self_tests(["document_scanner/scan_blank"])
    kiosk._on_device(lambda _device: waiting.get())
    kiosk.tick()
    assert player.state.diagnostics.running
    monkeypatch.setattr(module, "DEVICE_SECONDS", 0.0)
    time.sleep(0.01)
    kiosk.tick()
    assert last(player) == ("scan_blank", "fail", "device_hangs")
    waiting.put(passed())


def remembered(folder: Path, kind: str) -> list[str]:
    """Codes of the changes on the disk, oldest first."""
    path = folder / "data/diagnostics" / f"{kind}.jsonl"
    return [json.loads(line)["code"] for line in path.read_text().splitlines()]


def test_history_and_counters_survive_a_restart(config: Config, tmp_path: Path) -> None:
    for run in (1, 2):
        with Machine(config) as machine:
            player = Player(machine)
            player.until(lambda s: len(s.devices) == 4, "the devices")
            machine.kiosk.handle(DeviceChanged("printer", DeviceStatus(Condition.ATTENTION, "paper_out", MOTHER)))
            machine.kiosk.handle(CodeScanned("code_scanner", MOTHER))
            machine.kiosk.tick()
            log_in(player, "technician", "8642")
            memory = player.until(lambda s: "printer" in s.diagnostics.memory, "the memory").diagnostics.memory
            assert memory["code_scanner"].counters == {"reads": run}
            assert memory["printer"].counters["faults"] == run
            assert [change.code for change in memory["printer"].changes] == ["paper_out", ""] * run
    assert remembered(tmp_path, "printer") == ["", "paper_out"] * 2
    assert "Đào" not in "".join(path.read_text() for path in (tmp_path / "data/diagnostics").glob("*.json*"))


def test_records_are_there_after_a_restart_and_in_the_audit_log(config: Config, tmp_path: Path) -> None:
    def with_technician(act: Callable[[Player], None]) -> None:
        with Machine(config) as machine:
            player = Player(machine)
            log_in(player, "technician", "8642")
            act(player)

    def test(player: Player) -> None:
        player.kiosk.run_self_tests(["storage_write", "outbox_integrity"])
        ended(player)

    def look(player: Player) -> None:
        player.until(lambda s: len(s.diagnostics.records) == 2, "the records")
        assert last(player) == ("outbox_integrity", "pass", "")

    with_technician(test)
    with_technician(look)
    log = tmp_path / "data/audit.jsonl"
    assert log.read_text().count('"self_test"') == 2
    assert verify(log, config.storage.audit_key) is None
