"""What the technician takes along: the readiness report and the bundle, made on the running kiosk."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from devices.printer.virtual_lines import TcpPrinter
from devices.traffic import TAPS
from kiosk.config import Config
from kiosk.diagnostics import bundle
from kiosk.state import AppState, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in


def test_the_readiness_report_is_a_file_and_a_slip(player: Player) -> None:
    log_in(player, "technician", "8642")
    player.kiosk.make_readiness_report()
    player.until(lambda s: s.diagnostics.code == "report_written", "the report")
    path = Path(player.state.diagnostics.file)
    assert path.read_bytes().startswith(b"%PDF")
    assert path.is_relative_to(player.machine.config.storage.data_dir)
    pages = player.machine.devices["printer"].pages
    player.until(lambda _s: bool(player.machine.devices["printer"].pages), "the slip")
    assert pages is not None
    audit = (player.machine.config.storage.data_dir / "audit.jsonl").read_text()
    assert '"readiness_report"' in audit


def test_the_bundle_goes_to_the_stick(player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sdb1 {stick} vfat rw 0 0\n")
    monkeypatch.setattr(bundle, "STICKS", (str(tmp_path),))
    monkeypatch.setattr(bundle.sticks, "__defaults__", (mounts,))
    log_in(player, "technician", "8642")
    player.kiosk.make_bundle()
    player.until(lambda s: bool(s.diagnostics.code), "the bundle")
    assert player.state.diagnostics.code == "bundle_written"
    (path,) = stick.glob("*.zip")
    with zipfile.ZipFile(path) as file:
        assert {"configuration.json", "records.json", "states.json", "manifest.json"} <= set(file.namelist())


def test_without_a_stick_it_is_told(player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    monkeypatch.setattr(bundle.sticks, "__defaults__", (mounts,))
    log_in(player, "technician", "8642")
    player.kiosk.make_bundle()
    player.until(lambda s: s.diagnostics.code == "usb_gone", "the missing stick")


def test_staff_and_citizens_make_no_reports(player: Player) -> None:
    log_in(player)
    for verb in (player.kiosk.make_readiness_report, player.kiosk.make_bundle):
        verb()
    player.drain()
    player.at(Step.STAFF)
    assert player.state.diagnostics.code == ""
    assert player.machine.devices["printer"].pages == []


def test_a_line_is_watched_by_technicians_only_and_until_they_leave(config: Config) -> None:
    with TcpPrinter() as served:
        table = {"driver": "escpos", "url": served.url}
        with Machine(config.model_copy(update={"devices": {**config.devices, "printer": table}})) as machine:
            player = Player(machine)
            player.kiosk.watch_line("printer")
            assert player.state.diagnostics.watched == ""
            log_in(player, "technician", "8642")
            assert player.kiosk.lines_to_watch == ("printer",)
            player.kiosk.watch_line("printer")

            def seen(state: AppState) -> bool:
                player.kiosk.tick()
                return any(line.hex.startswith("10 04 01") for line in state.diagnostics.traffic)

            player.until(seen, "the questions for the state")
            player.kiosk.log_out()
            assert player.state.diagnostics.traffic == ()
            assert not TAPS["printer"].on
