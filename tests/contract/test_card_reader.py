"""What every card reader keeps to; chips are tried by the suites of their drivers."""

from __future__ import annotations

import pytest

from devices import registry
from devices.card_reader.simulated import SimulatedCardReader
from devices.errors import DeviceError, NeedsAttention, Unavailable
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


def test_a_chip_that_cannot_be_read_has_a_code(reader: SimulatedCardReader) -> None:
    reader.insert()
    with pytest.raises(DeviceError) as caught:
        reader.connect()
    assert caught.value.code == "card_unreadable"


def test_an_unknown_key_is_told() -> None:
    assert registry.check("card_reader", {"driver": "simulated", "port": 1})
