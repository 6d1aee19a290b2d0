"""The PC/SC driver against a real service with two virtual readers; run by `test_pcsc.py` in a namespace of its own."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices import registry
from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Person
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import ChipData, CloneCheck, Trust
from devices.card_reader.pcsc import PcscCardReader
from devices.card_reader.simulated import simulated_trust
from devices.errors import DeviceError, NeedsAttention, Unavailable
from devices.interfaces import CardReader, Condition
from devices.traffic import TAPS
from tests.contract.card_player import Card, CardPlayer
from tests.contract.odd_cards import T1_CONTACT, ContactCard, MuteCard, OtherCard
from tests.contract.pcsc_service import FIRST, SECOND, SOCKET, Guard, Service, refusing

PATIENCE = 20.0
SELECT_CARD_ACCESS = bytes.fromhex("00A4020C02011C")
READ_SELECTED = bytes.fromhex("00B0000004")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)


def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def fault(call: Callable[[], object], kind: type[DeviceError] = NeedsAttention) -> str:
    """Code of the error of a call."""
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


def read(reader: PcscCardReader) -> ChipData:
    """The whole chip of the synthetic citizen."""
    with reader.connect() as line:
        events = list(read_chip(line, AccessKey.from_id_number(Person().number), simulated_trust()))
    (data,) = (event for event in events if isinstance(event, ChipData))
    return data


def told(reader: PcscCardReader) -> tuple[Condition, str]:
    """Its state and the code of it."""
    status = reader.status()
    return status.condition, status.code


def offline(reader: PcscCardReader) -> str:
    """Why it is offline."""
    status = reader.status()
    return status.code if status.condition is Condition.OFFLINE else ""


@pytest.fixture(scope="session", autouse=True)
def _own_machine() -> None:
    """This namespace has nothing yet: loopback up, an empty /run."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    made.start()
    yield made
    made.kill()


def new_reader(name: str = "") -> PcscCardReader:
    table = {"driver": "pcsc", "reader": name}
    assert registry.check("card_reader", table) == []
    made = registry.create("card_reader", table)
    assert isinstance(made, PcscCardReader)
    return made


def ready(reader: PcscCardReader) -> bool:
    return reader.status().condition is Condition.READY


@pytest.fixture
def reader(service: Service) -> Iterator[PcscCardReader]:
    made = new_reader()
    eventually(lambda: ready(made))
    yield made
    made.close()


@contextmanager
def laid(reader: PcscCardReader, card: Card, port: int = FIRST) -> Iterator[CardPlayer]:
    """A card on the reader, which has seen it; taken at the end."""
    with CardPlayer(card, port) as player:
        eventually(reader.card_present)
        yield player


# -- cards -------------------------------------------------------------------------------------------------------------
def test_reads_a_whole_chip_again_and_again(reader: PcscCardReader) -> None:
    assert isinstance(reader, CardReader)
    assert reader.identity == {"model": "Virtual PCD"}
    assert not reader.card_present()
    assert fault(reader.connect) == "no_card"
    with laid(reader, make_card()):
        for _ in range(2):
            data = read(reader)
            assert (data.verdict.trust, data.clone_check) == (Trust.TRUSTED, CloneCheck.GENUINE)
    eventually(lambda: not reader.card_present())


def test_a_technician_sees_every_command_and_nothing_personal(reader: PcscCardReader) -> None:
    tap = TAPS["card_reader"]
    with laid(reader, make_card()):
        tap.start()
        data = read(reader)
        seen = [passage.shown for passage in tap.since()]
        tap.stop()
    assert seen[0] == "00B09C00"  # EF.CardAccess, before the chip is open
    assert len(seen) >= 2 * data.apdus
    for personal in (data.mrz.document_number, data.mrz.personal_number, data.mrz.birth_date):
        assert personal not in "".join(seen)
        assert personal.encode().hex().upper() not in "".join(seen)
    assert max(len(text) for text in seen if text.startswith("0C")) < 30


def test_a_card_that_is_pulled_in_mid_read_is_read_when_it_lies_again(reader: PcscCardReader) -> None:
    card = make_card(faults=Faults(pulled_after=30))
    with laid(reader, card):
        assert fault(lambda: read(reader)) == "card_removed"
    card.lay_down()
    eventually(lambda: not reader.card_present())
    with laid(reader, card):
        assert read(reader).verdict.trust is Trust.TRUSTED


def test_taking_the_card_ends_the_line(reader: PcscCardReader) -> None:
    card = make_card()
    with laid(reader, card) as player, reader.connect() as line:
        assert line.atr == card.atr
        assert line.transmit(SELECT_CARD_ACCESS) == (b"", 0x9000)
        player.take()
        for call in (lambda: line.transmit(SELECT_CARD_ACCESS), line.reset, lambda: line.atr):
            assert fault(call) == "card_removed"
        eventually(lambda: not reader.card_present())
        with laid(reader, card):
            assert fault(line.reset) == "card_removed"


def test_reset_and_the_end_of_a_line_forget_the_session(reader: PcscCardReader) -> None:
    with laid(reader, make_card()):
        with reader.connect() as line:
            assert line.transmit(SELECT_CARD_ACCESS) == (b"", 0x9000)
            assert line.transmit(READ_SELECTED)[1] == 0x9000
            line.reset()
            assert line.transmit(READ_SELECTED) == (b"", 0x6986)
            line.transmit(SELECT_CARD_ACCESS)
        with reader.connect() as line:
            assert line.transmit(READ_SELECTED) == (b"", 0x6986)


def test_a_card_that_knows_no_command_is_of_another_kind(reader: PcscCardReader) -> None:
    with laid(reader, OtherCard(T1_CONTACT)):
        assert fault(lambda: read(reader)) == "card_other_kind"


def test_a_mute_card_is_unreadable(reader: PcscCardReader) -> None:
    with laid(reader, MuteCard()):
        assert fault(reader.connect) == "card_unreadable"


def test_reads_the_chip_behind_its_contacts(reader: PcscCardReader) -> None:
    with laid(reader, ContactCard(make_card())):
        assert read(reader).verdict.trust is Trust.TRUSTED


# -- readers -----------------------------------------------------------------------------------------------------------
def test_the_named_one_of_two_readers_else_the_first(reader: PcscCardReader) -> None:
    second = new_reader("00 01")
    eventually(lambda: ready(second))
    with laid(second, make_card(), SECOND):
        assert not reader.card_present()
        assert read(second).verdict.trust is Trust.TRUSTED
    second.close()
    other = new_reader("ACS")
    assert fault(other.open, Unavailable) == "reader_not_found"
    other.close()


def test_a_reader_in_use_by_another_program_is_busy_until_it_ends(reader: PcscCardReader) -> None:
    other = new_reader()
    with laid(reader, make_card()):
        read(reader)
        with other.connect():
            assert ready(other)
            assert fault(reader.connect, Unavailable) == "reader_busy"
            assert offline(reader) == "reader_busy"
        assert ready(reader)
        assert read(reader).verdict.trust is Trust.TRUSTED
    other.close()


def test_a_reader_that_was_busy_is_ready_without_a_card(reader: PcscCardReader) -> None:
    other = new_reader()
    with laid(reader, make_card()) as player:
        with other.connect():
            assert fault(reader.connect, Unavailable) == "reader_busy"
            player.take()
        eventually(lambda: not reader.card_present())
        assert ready(reader)
    other.close()


def test_no_reader_until_it_is_plugged_in(service: Service) -> None:
    service.restart(readers=False)
    reader = new_reader()
    eventually(lambda: offline(reader) == "reader_not_found")
    for call in (reader.open, reader.card_present, reader.connect):
        assert fault(call, Unavailable) == "reader_not_found"
    service.restart()
    eventually(lambda: ready(reader))
    reader.close()


def test_a_reader_that_was_there_is_unplugged(service: Service, reader: PcscCardReader) -> None:
    with laid(reader, make_card()), reader.connect() as line:
        service.restart(readers=False)
        eventually(lambda: offline(reader) == "device_unplugged")
        for call in (reader.open, reader.card_present, reader.connect, lambda: line.transmit(SELECT_CARD_ACCESS)):
            assert fault(call, Unavailable) == "device_unplugged"
    service.restart()
    eventually(lambda: ready(reader))


# -- rules of the machine ----------------------------------------------------------------------------------------------
def test_whoever_may_not_use_the_service_is_told_so(reader: PcscCardReader) -> None:
    reader.close()
    with refusing(Guard.ESTABLISH_CONTEXT):
        for call in (reader.open, reader.card_present, reader.connect):
            assert fault(call, Unavailable) == "reader_access"
        assert offline(reader) == "reader_access"
    eventually(lambda: ready(reader))


def test_whoever_may_not_use_cards_is_told_so(reader: PcscCardReader) -> None:
    with laid(reader, make_card()) as player:
        reader.close()
        with refusing(Guard.CONNECT):
            assert fault(reader.connect, Unavailable) == "reader_access"
            assert told(reader) == (Condition.FAULT, "reader_access")
            player.take()
            eventually(lambda: not reader.card_present())
            assert told(reader) == (Condition.FAULT, "reader_access")
        reader.close()
    with laid(reader, make_card()):
        assert told(reader) == (Condition.READY, "")
        assert read(reader).verdict.trust is Trust.TRUSTED


def refuse_a_card(reader: PcscCardReader) -> None:
    """A card is laid, refused, and taken."""
    with laid(reader, make_card()) as player:
        reader.close()
        with refusing(Guard.CONNECT):
            assert fault(reader.connect, Unavailable) == "reader_access"
            player.take()
            eventually(lambda: not reader.card_present())


def test_a_refusal_is_forgotten_with_its_service(service: Service, reader: PcscCardReader) -> None:
    refuse_a_card(reader)
    assert told(reader) == (Condition.FAULT, "reader_access")
    service.restart(readers=False)
    eventually(lambda: offline(reader) == "device_unplugged")
    service.restart()
    eventually(lambda: told(reader) == (Condition.READY, ""))


def test_a_refusal_is_not_that_of_another_reader(reader: PcscCardReader) -> None:
    refuse_a_card(reader)
    reader._wanted = "00 01"  # as when the first one is gone and the other takes its place
    assert told(reader) == (Condition.READY, "")


def test_whoever_has_no_right_to_the_socket_is_told_so(reader: PcscCardReader) -> None:
    command = [sys.executable, "-m", "devices.card_reader.pcsc", "test", "--seconds", "0.1"]
    rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # root of this namespace, yet held to the rights

    def said() -> str:
        """By another process: ours has the rights of its user."""
        elsewhere = {**os.environ, "PCSCLITE_CSOCK_NAME": str(moved)}
        return subprocess.run([*rights, *command], capture_output=True, text=True, check=False, env=elsewhere).stdout

    assert ready(reader)
    moved = SOCKET.rename(SOCKET.with_suffix(".elsewhere"))
    assert said() == "no card\n"
    moved.chmod(0)
    assert said() == "reader_access\n"


# -- the service -------------------------------------------------------------------------------------------------------
def test_works_again_when_the_service_is_back(service: Service, reader: PcscCardReader) -> None:
    with laid(reader, make_card()), reader.connect() as line:
        service.kill()
        assert fault(lambda: line.transmit(SELECT_CARD_ACCESS), Unavailable) == "pcsc_service_down"
    for call in (reader.open, reader.card_present, reader.connect):
        assert fault(call, Unavailable) == "pcsc_service_down"
    assert offline(reader) == "pcsc_service_down"
    service.start()
    eventually(lambda: ready(reader))
    with laid(reader, make_card()):
        assert read(reader).verdict.trust is Trust.TRUSTED


def test_does_not_notice_a_restart_between_two_cards(service: Service, reader: PcscCardReader) -> None:
    service.restart()
    witness = new_reader()
    eventually(lambda: ready(witness))
    witness.close()
    assert not reader.card_present()


def test_a_line_does_not_outlive_a_restart(service: Service, reader: PcscCardReader) -> None:
    with laid(reader, make_card()), reader.connect() as line:
        service.restart()
        eventually(lambda: ready(reader))
        assert fault(lambda: line.transmit(SELECT_CARD_ACCESS), Unavailable) == "pcsc_service_down"


def test_tried_alone_a_card_answers_and_tells_nothing(service: Service, reader: PcscCardReader) -> None:
    eventually(lambda: ready(reader))
    command = [sys.executable, "-m", "devices.card_reader.pcsc", "test", "--seconds"]
    without = subprocess.run([*command, "0.5"], capture_output=True, text=True, check=False)
    assert (without.returncode, without.stderr) == (1, "no card within 0.5 s\n")
    for card, kind in ((make_card(), "an ID card"), (OtherCard(T1_CONTACT), "another card, status 6D00")):
        with CardPlayer(card, FIRST):
            done = subprocess.run([*command, "10"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"answers: {kind}" in done.stdout
        assert Person().number not in done.stdout
