"""What a reading of a chip tells, when, and what it keeps quiet."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devices.card_reader.chip import files
from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd import apdu
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import AES128
from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.pace import Password
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import ChipData, Fields
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.simulated import SimulatedCardReader
from devices.errors import DeviceError
from tests.unit.emrtd_cards import BOTH, CAN, MRZ, NOW, OTHER_MRZ, PERSON, WHOLE, WRONG, ascending, read, store

SAMPLES = Path(__file__).parents[2] / "assets" / "samples" / "portraits"


# -- what is told ----------------------------------------------------------------------------------------------------
def test_the_data_of_the_citizen() -> None:
    data = read().data
    citizen = data.citizen
    assert citizen is not None
    assert citizen.id_number == PERSON.number
    assert citizen.full_name == PERSON.full_name
    assert (citizen.birth_date, citizen.expiry, citizen.issue_date) == ("14/02/1990", "14/02/2030", "10/09/2025")
    assert (citizen.father, citizen.mother, citizen.spouse) == (PERSON.father, PERSON.mother, PERSON.spouse)
    assert (citizen.residence, citizen.origin, citizen.old_number) == (
        PERSON.residence,
        PERSON.origin,
        PERSON.old_number,
    )
    assert (data.mrz.personal_number, data.mrz.name) == (PERSON.number, "NGUYEN THI DAO")
    assert data.mrz.key() == PERSON.mrz_key
    assert data.portrait == Portrait("image/jpeg", files.sample_portrait())


def test_fields_that_the_card_lacks_are_empty() -> None:
    citizen = read(Profile(missing_fields=frozenset({6, 7, 10, 13, 15}))).data.citizen
    assert citizen is not None
    lacking = (citizen.ethnicity, citizen.religion, citizen.marks, citizen.father, citizen.mother, citizen.old_number)
    assert lacking == ("",) * 6
    assert citizen.full_name == PERSON.full_name


def test_parents_in_one_sequence() -> None:
    citizen = read(Profile(parents_in_one=True)).data.citizen
    assert citizen is not None
    assert (citizen.father, citizen.mother) == (PERSON.father, PERSON.mother)


def test_an_empty_spouse_and_no_end_of_validity() -> None:
    data = read(person=replace(PERSON, spouse="", expiry_date=None)).data
    assert data.citizen is not None
    assert (data.citizen.spouse, data.citizen.expiry) == ("", "Không thời hạn")


def test_without_dg13_the_zone_is_what_there_is() -> None:
    data = read(faults=Faults(no_dg13=True)).data
    assert data.citizen is None
    assert data.mrz.personal_number == PERSON.number


def test_a_portrait_in_jpeg_2000() -> None:
    picture = (SAMPLES / "portrait.jp2").read_bytes()
    reading = read(Profile(portrait=picture))
    assert reading.data.portrait == Portrait("image/jp2", picture)
    assert reading.outcome == WHOLE


@pytest.mark.parametrize("profile", [Profile(), Profile(extended_length=True), Profile(pace_curve=None)])
def test_the_bar_goes_from_nothing_to_all_and_never_back(profile: Profile) -> None:
    reading = read(profile, BOTH)
    bar = reading.progress
    assert (bar[0], bar[-1]) == (0.0, 1.0)
    assert ascending(bar)
    assert bar.count(1.0) == 1
    assert max(later - sooner for sooner, later in pairwise(bar)) < 0.35
    kinds = [type(event) for _, event in reading.events]
    assert kinds.index(Fields) < kinds.index(Portrait) < kinds.index(ChipData) == len(kinds) - 1


# -- what is kept quiet ----------------------------------------------------------------------------------------------
def personal(person: Person = PERSON) -> list[str]:
    """All texts of the card, whole and in parts, and the secrets that open it."""
    texts = [str(value) for value in vars(person).values() if isinstance(value, str) and len(value) > 3]
    texts += [
        person.mrz()[:30],
        person.can,
        "900214",
        "300214",
        "14/02/1990",
        "NGUYEN",
        "DAO",
        person.mrz_key.seed().hex(),
    ]
    return [*texts, *(repr(text.encode())[2:-1] for text in texts)]


def test_no_repr_of_a_result_tells_of_the_person() -> None:
    reading = read(key=BOTH)
    session = SecureMessaging.from_secret(AES128, b"secret of sixteen")
    shown = [repr(event) for _, event in reading.events]
    shown += [repr(BOTH), str(BOTH), repr(MRZ.mrz), repr(Password.from_can(PERSON.can)), repr(store())]
    shown += [
        repr(reading.data.mrz),
        repr(reading.data.citizen),
        repr(reading.data.portrait),
        repr(reading.data.verdict),
    ]
    shown += [
        repr(apdu.Command(0, 0x82, 0, 0, PERSON.can.encode())),
        repr(Channel(reading.connection, 0, None, session)),
    ]
    for text in shown:
        assert not [found for found in personal() if found in text]
    assert session.encryption_key.hex() not in repr(session)
    assert repr(session.encryption_key) not in repr(session)


@pytest.mark.parametrize(
    ("profile", "key", "faults"),
    [
        (Profile(), WRONG, Faults()),
        (Profile(), AccessKey(PERSON.can[::-1], OTHER_MRZ), Faults()),
        (Profile(), BOTH, Faults(blocked=True)),
        (Profile(), BOTH, Faults(wrong_mac=3)),
        (Profile(), BOTH, Faults(pulled_after=30)),
        (Profile(), BOTH, Faults(refuse_big_reads=1)),
        (Profile(pace_curve=None), CAN, Faults()),
    ],
)
def test_no_error_tells_of_the_person(profile: Profile, key: AccessKey, faults: Faults) -> None:
    with pytest.raises(DeviceError) as raised:
        read(profile, key, faults=faults)
    error: BaseException | None = raised.value
    while error is not None:
        text = f"{error!r} {error} {error.args} {vars(error)}"
        assert not [found for found in [*personal(), PERSON.can[::-1], "000000"] if found in text]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_keys_are_dropped_when_the_reading_ends_or_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Channel] = []
    begin = Channel.__init__

    def noted(self: Channel, *values: Any, **named: Any) -> None:
        begin(self, *values, **named)
        made.append(self)

    monkeypatch.setattr(Channel, "__init__", noted)
    read()
    reader = SimulatedCardReader()
    reader.insert(make_card())
    with reader.connect() as line:
        events = read_chip(line, CAN, store(), NOW)
        for event in events:
            if isinstance(event, Fields):
                break
        assert made[-1].messaging is not None
        events.close()  # type: ignore[attr-defined]  # a generator, told as an iterator
    assert len(made) == 2
    assert [channel.messaging for channel in made] == [None, None]
