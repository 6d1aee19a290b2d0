"""One suite for every code scanner: real bytes on a pseudo terminal, and the simulated one."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import tty
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from pydantic import ValidationError

from devices import registry
from devices.code_scanner import serial_line
from devices.code_scanner.serial_simulator import SerialScannerSimulator
from devices.code_scanner.simulated import SimulatedCodeScanner
from devices.errors import DeviceError, Unavailable
from devices.interfaces import CodeScanner, Condition
from tests.contract.camera_stream import CameraStream, qr_picture
from tests.contract.typing_scanner import TypingScanner

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 5.0  # for what must come
SHORT = 0.05  # for what must not


class Cable:
    """A serial scanner: the far end of a pseudo terminal, found under a name that stays."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ttyACM0"
        self.url = f"serial://{self.path}"
        self._far = -1
        self.plug()

    def plug(self) -> None:
        """A new terminal under the old name."""
        self._far, near = os.openpty()
        tty.setraw(near)
        self.path.symlink_to(os.ttyname(near))
        os.close(near)

    def unplug(self) -> None:
        """The terminal hangs up and its name is gone."""
        if self._far >= 0:
            os.close(self._far)
            self._far = -1
            self.path.unlink()

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        os.write(self._far, data)


@dataclass
class Rig:
    """A scanner and the hands of a person."""

    device: CodeScanner
    present: Callable[[str], None]
    unplug: Callable[[], None]
    replug: Callable[[], None]
    letters: bool = True  # whether Vietnamese letters get through


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    made = Cable(tmp_path)
    yield made
    made.unplug()


@pytest.fixture
def line(cable: Cable) -> Iterator[CodeScanner]:
    scanner = serial_line.create(serial_line.Settings(driver="serial_line", url=cable.url, prefix="]Q1"))
    scanner.open()
    yield scanner
    scanner.close()


@pytest.fixture(params=["serial_line", "camera", "wedge", "simulated"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "simulated":
        fake = SimulatedCodeScanner()
        yield Rig(fake, fake.present, fake.unplug, fake.restore)
        return
    if request.param == "camera":
        stream = CameraStream()
        device = registry.create("code_scanner", {"driver": "camera", "source": stream.url})
        yield Rig(device, lambda text: stream.hold(qr_picture(text)), stream.unplug, stream.plug)
        device.close()
        stream.unplug()
        return
    if request.param == "wedge":
        keyboard = TypingScanner(cast(Path, request.getfixturevalue("tmp_path")))
        device = registry.create("code_scanner", keyboard.table)
        yield Rig(device, keyboard.type, keyboard.unplug, keyboard.plug, letters=False)
        device.close()
        keyboard.unplug()
        return
    cable = cast(Cable, request.getfixturevalue("cable"))
    device = registry.create("code_scanner", {"driver": "serial_line", "url": cable.url})
    yield Rig(device, lambda text: cable.send(text.encode() + b"\r\n"), cable.unplug, cable.plug)
    device.close()


# -- every driver --------------------------------------------------------------------------------------------------
def test_is_a_code_scanner(rig: Rig) -> None:
    assert isinstance(rig.device, CodeScanner)


def test_open_and_close_twice(rig: Rig) -> None:
    rig.device.close()
    for _ in range(2):
        rig.device.open()
    assert rig.device.status().condition is Condition.READY
    for _ in range(2):
        rig.device.close()
    assert rig.device.status().condition is Condition.READY


def test_reads_each_code_once_and_in_order(rig: Rig) -> None:
    rig.device.open()
    rig.present("A001")
    other = "Nguyễn Thị Ánh|Phường Trảng Bàng" if rig.letters else "HS1|H05.114|TAM-7K3M-Q9XW"
    rig.present(other)
    assert rig.device.read_code(PATIENCE) == "A001"
    assert rig.device.read_code(PATIENCE) == other
    assert rig.device.read_code(SHORT) is None


def test_unplugged_is_a_state_that_ends_by_itself(rig: Rig) -> None:
    assert rig.device.status().condition is Condition.READY
    rig.unplug()
    with pytest.raises(Unavailable) as caught:
        rig.device.read_code(PATIENCE)
    assert caught.value.code == "device_unplugged"
    for _ in range(2):
        status = rig.device.status()
        assert (status.condition, status.code) == (Condition.OFFLINE, "device_unplugged")
    rig.replug()
    assert rig.device.status().condition is Condition.READY
    rig.present("B002")
    assert rig.device.read_code(PATIENCE) == "B002"


def test_status_alone_sees_an_unplugged_scanner(rig: Rig) -> None:
    rig.device.open()
    rig.unplug()
    assert rig.device.status().code == "device_unplugged"


def test_opening_what_is_not_there_says_so(rig: Rig) -> None:
    rig.unplug()
    with pytest.raises(DeviceError) as caught:
        rig.device.open()
    assert caught.value.code == "device_unplugged"
    rig.device.close()


def test_waiting_ends_when_the_cable_is_pulled(rig: Rig) -> None:
    rig.device.open()
    hand = threading.Timer(SHORT, rig.unplug)
    hand.start()
    with pytest.raises(Unavailable):
        rig.device.read_code(PATIENCE * 2)
    hand.join()


# -- the serial line -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t"])
def test_every_terminator(cable: Cable, line: CodeScanner, end: bytes) -> None:
    cable.send(b"first" + end + b"second" + end)
    assert line.read_code(PATIENCE) == "first"
    assert line.read_code(PATIENCE) == "second"
    assert line.read_code(SHORT) is None


def test_a_code_may_come_byte_by_byte(cable: Cable, line: CodeScanner) -> None:
    sent = "Trần Văn Ưng"
    for byte in sent.encode():
        cable.send(bytes([byte]))
        assert line.read_code(0.001) is None
    cable.send(b"\r")
    assert line.read_code(PATIENCE) == sent


def test_prefix_is_taken_off_once(cable: Cable, line: CodeScanner) -> None:
    cable.send(b"]Q1A001\n]Q1]Q1A002\nA003\n]Q1\nA004\n")
    assert [line.read_code(PATIENCE) for _ in range(4)] == ["A001", "]Q1A002", "A003", "A004"]


def test_decomposed_letters_are_composed(cable: Cable, line: CodeScanner) -> None:
    cable.send(unicodedata.normalize("NFD", "Nguyễn Đặng Ước").encode() + b"\r")
    assert line.read_code(PATIENCE) == unicodedata.normalize("NFC", "Nguyễn Đặng Ước")


@pytest.mark.parametrize(
    "bad",
    ["Đặng".encode("cp1258", "replace") + b"\xff", b"\xc3(", b"\xed\xa0\x80", b"x" * 4097, b"x" * 20_000],
    ids=["legacy", "cut", "surrogate", "long", "very long"],
)
def test_what_is_no_text_is_dropped_with_a_warning(cable: Cable, line: CodeScanner, bad: bytes) -> None:
    rest = bad
    while rest:  # a terminal takes 4 KiB at a time
        cable.send(rest[:2000])
        rest = rest[2000:]
        assert line.read_code(0.01) is None
    cable.send(b"\r\n")
    assert line.read_code(SHORT) is None
    status = line.status()
    assert (status.condition, status.code) == (Condition.READY, "scan_unreadable")
    cable.send(b"A001\r\n")
    assert line.read_code(PATIENCE) == "A001"
    assert line.status().code == ""


def test_the_longest_line_is_read(cable: Cable, line: CodeScanner) -> None:
    for _ in range(4):
        cable.send(b"7" * 1024)
        assert line.read_code(SHORT) is None
    cable.send(b"\n")
    assert line.read_code(PATIENCE) == "7" * 4096


def test_half_a_code_is_not_glued_to_a_later_one(
    cable: Cable, line: CodeScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_line, "LINE_SECONDS", 0.0)
    cable.send(b"half of")
    assert line.read_code(SHORT) is None
    cable.send(b"A001\n")
    assert line.read_code(PATIENCE) == "A001"


def test_a_code_after_endless_noise_is_read(cable: Cable, line: CodeScanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        cable.send(b"x" * 2000)
        assert line.read_code(SHORT) is None
    monkeypatch.setattr(serial_line, "NOISE_SECONDS", 0.0)
    cable.send(b"A001\n")
    assert line.read_code(PATIENCE) == "A001"


def test_half_a_code_is_forgotten_with_the_cable(cable: Cable, line: CodeScanner) -> None:
    cable.send(b"half of")
    assert line.read_code(SHORT) is None
    cable.unplug()
    assert line.status().condition is Condition.OFFLINE
    cable.plug()
    assert line.status().condition is Condition.READY
    cable.send(b"A001\n")
    assert line.read_code(PATIENCE) == "A001"


def test_a_line_that_never_ends_does_not_hold_the_caller(cable: Cable, line: CodeScanner) -> None:
    cable.send(b"x" * 3000)
    assert line.read_code(0.0) is None


def gapped(cable: Cable) -> CodeScanner:
    """A scanner that sends no terminator."""
    table = {"driver": "serial_line", "url": cable.url, "gap_seconds": 0.05, "prefix": "\x02", "suffix": "\x03"}
    return cast(CodeScanner, registry.create("code_scanner", table))


def test_silence_ends_a_code_without_terminator(cable: Cable) -> None:
    scanner = gapped(cable)
    scanner.open()
    cable.send("\x02Trần Ưng\x03".encode())
    assert scanner.read_code(PATIENCE) == "Trần Ưng"
    cable.send(b"\x02A001\x03\r\n\x02A002\x03")
    assert [scanner.read_code(PATIENCE), scanner.read_code(PATIENCE)] == ["A001", "A002"]
    assert scanner.read_code(SHORT * 2) is None
    scanner.close()


def test_a_gap_inside_the_reading_waits_for_the_rest(cable: Cable) -> None:
    scanner = gapped(cable)
    scanner.open()
    cable.send(b"A0")
    assert scanner.read_code(0.0) is None
    cable.send(b"01")
    assert scanner.read_code(PATIENCE) == "A001"
    scanner.close()


def test_a_suffix_is_taken_off_once(cable: Cable) -> None:
    scanner = serial_line.create(serial_line.Settings(driver="serial_line", url=cable.url, suffix="#\r"))
    scanner.open()
    cable.send(b"A001#\rA002##\rA003\r")
    assert [scanner.read_code(PATIENCE) for _ in range(3)] == ["A001", "A002#", "A003"]
    scanner.close()


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_a_megabyte_without_end_is_told_once_and_holds_no_memory(tmp_path: Path, gap: float) -> None:
    simulator = SerialScannerSimulator(tmp_path / "ttyACM0")
    table = {"driver": "serial_line", "url": simulator.url, "gap_seconds": gap}
    scanner = cast(serial_line.SerialLineScanner, registry.create("code_scanner", table))
    scanner.open()
    hand = threading.Thread(target=simulator.flood)
    hand.start()
    states: list[str] = []
    while hand.is_alive():
        assert scanner.read_code(SHORT) is None
        assert len(scanner._bytes) <= 2 * serial_line.MAX_LINE
        states.append(scanner.status().code)
    hand.join()
    assert "scan_unreadable" in states
    assert "" not in states[states.index("scan_unreadable") :]  # a change of state is an event: there was one
    simulator.send(b"\r\n")
    simulator.present("A001")
    assert scanner.read_code(PATIENCE) == "A001"
    assert scanner.status().code == ""
    scanner.close()
    simulator.unplug()


def test_the_simulator_in_a_program_of_its_own(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    command = [sys.executable, "-m", "devices.code_scanner.simulated", "--pty", "--link", str(link), "--end", "cr"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None

        def order(text: str) -> None:
            assert program.stdin is not None
            program.stdin.write(text.encode() + b"\n")
            program.stdin.flush()

        url = _line_of(program.stdout.fileno()).strip()
        scanner = cast(CodeScanner, registry.create("code_scanner", {"driver": "serial_line", "url": url}))
        scanner.open()
        for said in ("Lê Thị Bưởi", "!chopped Lê Thị Bưởi", "!nfd Lê Thị Bưởi"):
            order(said)
            assert scanner.read_code(PATIENCE) == "Lê Thị Bưởi"
        order("!noise")
        assert scanner.read_code(SHORT * 4) is None
        assert scanner.status().code == "scan_unreadable"
        order("!endless A001")
        assert scanner.read_code(SHORT * 4) is None
        order("!unplug")
        with pytest.raises(Unavailable):
            scanner.read_code(PATIENCE)
        order("!replug")
        while scanner.status().condition is not Condition.READY:
            threading.Event().wait(SHORT)
        order("A002")
        assert scanner.read_code(PATIENCE) == "A002"
        order("!quit")
        assert program.wait(PATIENCE) == 0
        scanner.close()
    assert not link.is_symlink()


def test_a_test_of_one_code_ends_with_it(cable: Cable) -> None:
    command = [sys.executable, "-m", "devices.code_scanner.serial_line", "--url", cable.url, "test", "--seconds", "9"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert _line_of(program.stdout.fileno()) == "ready\n"
        cable.send(b"A001\r")
        assert program.wait(PATIENCE * 2) == 0


@pytest.mark.parametrize("table", [{"url": "ttyACM0"}, {"url": "serial:///dev/x", "baud": 9600}, {}])
def test_mistakes_in_the_table_are_told(table: dict[str, object]) -> None:
    assert registry.check("code_scanner", {"driver": "serial_line", **table})
    with pytest.raises(ValidationError):
        serial_line.Settings.model_validate({"driver": "serial_line", **table})


@pytest.mark.parametrize("show", [False, True])
def test_tried_alone_it_hides_what_it_reads(cable: Cable, show: bool) -> None:
    command = [sys.executable, "-m", "devices.code_scanner.serial_line", "--url", cable.url, *["--show"] * show]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        try:
            assert _line_of(program.stdout.fileno()) == "ready\n"
            cable.send("012345678901||Lê Thị Bưởi\r\n".encode())
            told = _line_of(program.stdout.fileno())
            cable.unplug()
            assert program.wait(PATIENCE * 2) == 1
            assert "device_unplugged" in program.stderr.read().decode()
        finally:
            program.kill()
    assert told.startswith("25 characters, 3 fields")
    assert ("Bưởi" in told) is show


def _line_of(file: int) -> str:
    text = b""
    while not text.endswith(b"\n"):
        assert select.select([file], [], [], PATIENCE * 2)[0], "nothing was printed"
        text += os.read(file, 1000)
    return text.decode()
