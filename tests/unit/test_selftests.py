"""Self-tests of the machine: each passes on a sound one and fails where something is wrong; none is a crash."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.usb import at_address
from kiosk.diagnostics import selftests
from kiosk.diagnostics.connection import connection_of
from kiosk.diagnostics.records import Verdict
from kiosk.diagnostics.runner import run_all
from kiosk.diagnostics.selftests import BY_KEY, TESTS, Finding, SelfTest, passed
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry


def test_a_sound_disk_is_written_and_read_back(tmp_path: Path) -> None:
    found = selftests.storage_write(tmp_path)
    assert found.verdict is Verdict.PASS
    assert 0 < float(found.figures["median_ms"]) <= float(found.figures["longest_ms"])
    assert list(tmp_path.iterdir()) == []


def test_a_slow_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftests, "SLOW_WRITE_MS", 0.0)
    found = selftests.storage_write(tmp_path)
    assert (found.verdict, found.code) == (Verdict.FAIL, "storage_slow")


def test_a_disk_that_returns_other_bytes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def worn_out(file: int, *_: int) -> None:
        os.pwrite(file, b"\0\0\0\0\0\0\0\0", 4096)

    monkeypatch.setattr(os, "posix_fadvise", worn_out)
    found = selftests.storage_write(tmp_path)
    assert (found.verdict, found.code) == (Verdict.FAIL, "storage_corrupt")


def test_a_folder_that_is_gone_cannot_be_written(tmp_path: Path) -> None:
    found = selftests.storage_write(tmp_path / "gone")
    assert (found.verdict, found.code) == (Verdict.FAIL, "data_not_writable")
    assert selftests.disk_free(tmp_path / "gone").code == "data_not_writable"


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert selftests.disk_free(tmp_path).figures["total_mb"]
    monkeypatch.setattr(selftests, "LOW_DISK_BYTES", 1 << 60)
    assert selftests.disk_free(tmp_path).code == "disk_low"


def test_a_damaged_outbox_is_told(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path, KEY)
    for _ in range(20):
        outbox.add(entry())
    sound = selftests.outbox_integrity(outbox)
    assert (sound.verdict, sound.figures["pending"]) == (Verdict.PASS, 20)
    outbox.close()
    data = bytearray(path.read_bytes())
    data[-2048] ^= 0xFF
    path.write_bytes(data)
    broken = Outbox(path, KEY)
    found = selftests.outbox_integrity(broken)
    broken.close()
    assert (found.verdict, found.code) == (Verdict.FAIL, "outbox_damaged")


def zones(root: Path, *sensors: tuple[str, str]) -> Path:
    """A folder as the kernel's, with sensors of (type, thousandths of a degree)."""
    for number, (kind, reading) in enumerate(sensors):
        zone = root / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{reading}\n")
    return root


def test_the_hottest_sensor_counts(tmp_path: Path) -> None:
    found = selftests.temperature(zones(tmp_path, ("acpitz", "27800"), ("x86_pkg_temp", "61500"), ("odd", "")))
    assert (found.verdict, dict(found.figures)) == (Verdict.PASS, {"celsius": 61.5, "sensor": "x86_pkg_temp"})


def test_heat_is_told_and_no_sensor_is_not_done(tmp_path: Path) -> None:
    hot = selftests.temperature(zones(tmp_path / "hot", ("cpu", "85000")))
    assert (hot.verdict, hot.code) == (Verdict.FAIL, "too_hot")
    assert selftests.temperature(tmp_path / "none").verdict is Verdict.NOT_DONE


@pytest.mark.parametrize(
    ("free", "verdict"), [(300 * 1024, Verdict.PASS), (299 * 1024, Verdict.FAIL), ("?", Verdict.NOT_DONE)]
)
def test_memory_is_what_programs_can_get(tmp_path: Path, free: object, verdict: Verdict) -> None:
    path = tmp_path / "meminfo"
    path.write_text(f"MemTotal: 4000000 kB\nMemFree: 1 kB\nMemAvailable: {free} kB\n")
    assert selftests.memory(path).verdict is verdict


def test_one_that_hangs_and_one_that_breaks_are_lines_beside_the_others() -> None:
    end = threading.Event()

    def hang() -> Finding:
        end.wait()
        return passed()

    def broken() -> Finding:
        raise RuntimeError("Nguyễn Thị Đào")

    tests = [
        (SelfTest("device_state", "printer"), hang),
        (SelfTest("clock"), hang),
        (SelfTest("memory"), broken),
        (SelfTest("disk_free"), passed),
    ]
    records = run_all(tests, lambda: datetime.now(UTC), seconds=0.5)
    end.set()
    assert [record.code for record in records] == ["device_hangs", "test_hangs", "test_broken", ""]
    assert [record.verdict for record in records] == [Verdict.FAIL] * 3 + [Verdict.PASS]
    assert "Đào" not in str(records[2].to_json())
    assert "RuntimeError" in records[2].figures["reason"]  # type: ignore[operator]


def test_keys_name_one_test_each() -> None:
    assert len(BY_KEY) == len(TESTS)
    assert BY_KEY["printer/printer_ticket"].person


def usb(sys: Path) -> None:
    """The kernel's folders of a serial device at 1-2, as udev makes them."""
    node = sys / "devices/pci0/usb1/1-2"
    told = {"idVendor": "04b8", "idProduct": "0e28", "manufacturer": "EPSON", "product": "TM-T82III", "serial": "X3K"}
    told |= {"bcdDevice": "0107", "busnum": "1", "devnum": "5"}
    (node / "1-2:1.0/tty/ttyACM7").mkdir(parents=True)
    for name, text in told.items():
        (node / name).write_text(f"{text}\n")
    (sys / "class/tty/ttyACM7").mkdir(parents=True)
    (sys / "class/tty/ttyACM7/device").symlink_to(node / "1-2:1.0")
    for node_of in ("video4linux/video4", "input/event9"):
        (sys / "class" / node_of).mkdir(parents=True)
        (sys / "class" / node_of / "device").symlink_to(node / "1-2:1.0")
    (sys / "bus/usb/devices").mkdir(parents=True)
    (sys / "bus/usb/devices/1-2").symlink_to(node)


@pytest.mark.parametrize(
    "place",
    [
        {"url": "serial:///dev/ttyACM7?baud=9600"},
        {"url": "LINK"},
        {"driver": "camera", "source": "/dev/video4"},
        {"driver": "wedge", "path": "/dev/input/event9"},
    ],
)
def test_the_kernel_tells_who_is_behind_a_plug(tmp_path: Path, place: dict[str, str]) -> None:
    usb(tmp_path / "sys")
    (tmp_path / "kiosk-scanner").symlink_to("/dev/ttyACM7")
    place = {key: value.replace("LINK", f"serial://{tmp_path}/kiosk-scanner") for key, value in place.items()}
    told = connection_of(place, tmp_path / "sys")
    assert told["where"] in place.values()
    assert (told["maker"], told["model"], told["firmware"]) == ("EPSON", "TM-T82III", "1.07")
    assert (told["bus"], told["usb_id"], told["serial"]) == ("usb 1-2", "04b8:0e28", "X3K")


def test_what_is_not_on_usb_has_its_place_alone(tmp_path: Path) -> None:
    assert connection_of({"url": "socket://192.0.2.10:9100"}, tmp_path) == {"where": "socket://192.0.2.10:9100"}
    assert connection_of({"url": "serial:///dev/ttyS9"}, tmp_path) == {"where": "serial:///dev/ttyS9"}
    assert connection_of({"driver": "simulated"}, tmp_path) == {}


def test_a_configured_address_of_the_bus_tells_nobody(tmp_path: Path) -> None:
    """A mouse may have it meanwhile."""
    usb(tmp_path / "sys")
    name = "epson2:libusb:001:005"
    assert connection_of({"driver": "sane", "device": name}, tmp_path / "sys") == {"where": name}
    assert at_address(name, tmp_path / "sys")["serial"] == "X3K"
    assert at_address("epson2:libusb:001:006", tmp_path / "sys") == at_address("test:0", tmp_path / "sys") == {}


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"driver": "camera", "source": "http://127.0.0.1:8080/stream"}, "http://127.0.0.1:8080/stream"),
        ({"driver": "camera", "source": "2"}, "2"),
        ({"driver": "pcsc"}, "pcscd"),
        ({"driver": "pcsc", "reader": "ACS"}, "ACS"),
        ({"driver": "sane", "source": "Automatic Document Feeder"}, "SANE"),
    ],
)
def test_each_device_is_somewhere(table: dict[str, str], where: str, tmp_path: Path) -> None:
    assert connection_of(table, tmp_path) == {"where": where}
