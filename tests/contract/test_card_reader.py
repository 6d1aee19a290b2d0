"""What every card reader keeps to; chips are tried by the suites of their drivers."""

from __future__ import annotations

import pytest

from devices import registry
from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.simulated import SimulatedCardReader
from devices.errors import NeedsAttention, Unavailable
from devices.interfaces import CardReader, Condition


@pytest.fixture
def reader() -> SimulatedCardReader:
    made = registry.create("card_reader", {"driver": "simulated"})
    assert isinstance(made, SimulatedCardReader)
    return made


def test_is_a_card_reader(reader: SimulatedCardReader) -> None:
    assert isinstance(reader, CardReader)


def test_open_and_close_twice(reader: SimulatedCardReader) -> None:
    reader.close()
    for _ in range(2):
        reader.open()
    for _ in range(2):
        reader.close()
    assert reader.status().condition is Condition.READY


def test_tells_whether_a_card_is_there(reader: SimulatedCardReader) -> None:
    assert not reader.card_present()
    reader.insert()
    assert reader.card_present()
    reader.remove()
    assert not reader.card_present()


def test_connecting_without_a_card_has_a_code(reader: SimulatedCardReader) -> None:
    with pytest.raises(NeedsAttention) as caught:
        reader.connect()
    assert caught.value.code == "no_card"


def test_unplugged_is_a_state_that_ends_by_itself(reader: SimulatedCardReader) -> None:
    reader.insert()
    reader.unplug()
    for call in (reader.open, reader.card_present):
        with pytest.raises(Unavailable) as caught:
            call()
        assert caught.value.code == "device_unplugged"
    status = reader.status()
    assert (status.condition, status.code) == (Condition.OFFLINE, "device_unplugged")
    reader.restore()
    assert reader.status().condition is Condition.READY
    assert reader.card_present()


def test_talks_to_the_card(reader: SimulatedCardReader) -> None:
    reader.insert()
    with reader.connect() as line:
        assert line.atr[0] == 0x3B
        assert line.transmit(bytes.fromhex("00A4020C02011C")) == (b"", 0x9000)
        assert line.transmit(bytes.fromhex("00B0000004"))[1] == 0x9000
        line.reset()
        assert line.transmit(bytes.fromhex("00B0000004")) == (b"", 0x6986)


def test_taking_the_card_ends_the_line(reader: SimulatedCardReader) -> None:
    reader.insert()
    with reader.connect() as line:
        reader.remove()
        reader.insert()
        for call in (lambda: line.transmit(b"\0\x84\0\0\x08"), line.reset):
            with pytest.raises(NeedsAttention) as caught:
                call()
            assert caught.value.code == "card_removed"
    with reader.connect() as line:
        reader.unplug()
        with pytest.raises(Unavailable) as gone:
            line.transmit(b"\0\x84\0\0\x08")
        assert gone.value.code == "device_unplugged"


def test_a_card_that_is_pulled_in_mid_read_is_no_longer_there(reader: SimulatedCardReader) -> None:
    card = make_card(faults=Faults(pulled_after=1))
    reader.insert(card)
    with reader.connect() as line:
        line.transmit(bytes.fromhex("00A4020C02011C"))
        with pytest.raises(NeedsAttention) as caught:
            line.transmit(bytes.fromhex("00B0000004"))
        assert caught.value.code == "card_removed"
    assert not reader.card_present()
    reader.insert(card)
    with reader.connect() as line:
        assert line.transmit(bytes.fromhex("00A4020C02011C")) == (b"", 0x9000)


def test_an_unknown_key_is_told() -> None:
    assert registry.check("card_reader", {"driver": "simulated", "port": 1})
