"""Whatever kind of card it is, what the reader reads is what the simulated chip holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from unicodedata import normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.card_reader.chip import files
from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.messaging import Channel as ChipSide
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd import curves, mrz, tlv
from devices.card_reader.emrtd.apdu import EXTENDED_EXPECTED, Command, decode
from devices.card_reader.emrtd.ciphers import AES128, AES192, AES256, DES3, Suite, pad, unpad
from devices.card_reader.emrtd.results import Access, CloneCheck
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from tests.unit.emrtd_cards import BOTH, PERSON, WHOLE, ascending, card_of, read

SUITES = st.sampled_from((DES3, AES128, AES192, AES256))
CURVES = st.sampled_from(sorted(curves.BY_NUMBER))
TEXT = st.text(st.characters(categories=("L", "N", "Zs"), max_codepoint=0x1EF9), min_size=1, max_size=40)


def jpeg(size: int) -> bytes:
    """Something of this many bytes that begins as a picture does, as far as it goes."""
    return (b"\xff\xd8\xff\xe0" + bytes(number * 7 % 256 for number in range(4096)) * (size // 4096 + 1))[:size]


def face(portrait: bytes) -> bytes:
    """DG2 around a portrait of any content: the record of the sample, with its lengths set anew."""
    sample = files.dg2(files.sample_portrait())
    at = sample.index(b"FAC\x00010\x00")
    record = sample[at : at + 14 + 20 + 12]
    size = 14 + 20 + 12 + len(portrait)
    record = record[:8] + size.to_bytes(4, "big") + record[12:14] + (size - 14).to_bytes(4, "big") + record[18:]
    instance = tlv.encode(0x7F60, tlv.encode(0x5F2E, record + portrait))
    return tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\x01" + instance))


# -- cards -----------------------------------------------------------------------------------------------------------
@settings(max_examples=60, deadline=None)
@given(
    pace=st.none() | CURVES,
    pace_suite=SUITES,
    blocks=st.integers(1, 2),
    chip=st.none() | st.tuples(CURVES, SUITES),
    extended=st.booleans(),
    warning=st.booleans(),
    explicit=st.booleans(),
)
def test_every_kind_of_card(
    pace: int | None,
    pace_suite: Suite,
    blocks: int,
    chip: tuple[int, Suite] | None,
    extended: bool,
    warning: bool,
    explicit: bool,
) -> None:
    profile = Profile(
        pace_curve=pace,
        pace_suite=pace_suite,
        nonce_bytes=16 * blocks,
        chip_authentication=chip,
        extended_length=extended,
        end_of_file_warning=warning,
        explicit_parameters=explicit,
    )
    reading = read(profile, BOTH)
    assert reading.outcome == (*WHOLE[:2], CloneCheck.GENUINE if chip else CloneCheck.NOT_CHECKED)
    assert reading.data.access is (Access.PACE_CAN if pace else Access.BAC)
    assert reading.data.portrait is not None
    assert reading.data.portrait.data == files.sample_portrait()
    assert ascending(reading.progress)


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 40_000) | st.sampled_from((32_600, 32_700, 32_767, 32_768, 32_800, 33_000, 40_000)),
    suite=SUITES,
    short=st.none() | st.integers(16, 256),
    most=st.sampled_from((None, 64, 100, 128, 200, 224, 256)),
    extended=st.booleans(),
)
def test_portraits_of_every_size_in_pieces_of_every_size(
    size: int, suite: Suite, short: int | None, most: int | None, extended: bool
) -> None:
    """Above 32,767 bytes the offset needs READ BINARY with odd instruction code."""
    profile = Profile(extended_length=extended, pace_suite=suite)
    picture = face(jpeg(size))
    made = card_of(
        profile,
        signed=lambda groups: groups.update({2: picture}),
        shown=lambda groups: None,
        faults=Faults(short_reads=short, refuse_big_reads=most),
    )
    reading = read(profile, card=made)
    assert reading.outcome == WHOLE
    found = reading.data.portrait
    assert (found.data if found else b"") == (jpeg(size) if size >= 3 else b"")  # less than that is no picture
    odd = [raw for raw in reading.connection.commands if raw[:2] == b"\x0c\xb1"]
    assert odd or len(picture) <= 0x8000 + 4096  # the last read with even instruction code may reach beyond
    assert ascending(reading.progress)


@pytest.mark.parametrize("most", [64, 128])
@pytest.mark.parametrize("size", [33_000, 40_000])
def test_large_files_from_a_card_that_gives_little(size: int, most: int) -> None:
    """The object around the bytes of an odd READ BINARY is part of what the card is asked for."""
    picture = face(jpeg(size))
    made = card_of(
        Profile(),
        signed=lambda groups: groups.update({2: picture}),
        shown=lambda groups: None,
        faults=Faults(refuse_big_reads=most),
    )
    reading = read(card=made)
    assert reading.outcome == WHOLE
    assert any(raw[:2] == b"\x0c\xb1" for raw in reading.connection.commands)


@settings(max_examples=40, deadline=None)
@given(name=TEXT, residence=TEXT, spouse=TEXT | st.just(""), marks=st.none() | TEXT, one=st.booleans())
def test_every_text(name: str, residence: str, spouse: str, marks: str | None, one: bool) -> None:
    person = Person(full_name=name, residence=residence, spouse=spouse, marks=marks)
    profile = Profile(parents_in_one=one)
    citizen = read(profile, card=make_card(person, profile)).data.citizen
    assert citizen is not None
    assert citizen.full_name == normal(name)
    assert (citizen.residence, citizen.spouse, citizen.marks) == (
        normal(residence),
        normal(spouse),
        normal(marks or ""),
    )
    assert (citizen.father, citizen.mother) == (person.father, person.mother)


def normal(text: str) -> str:
    """As the form wants it: composed characters, nothing around them."""
    return normalize("NFC", text).strip()


# -- parts -----------------------------------------------------------------------------------------------------------
@given(
    suite=SUITES,
    counter=st.integers(0, 2**63),
    ins=st.sampled_from((0xB0, 0xB1, 0x22, 0x88)),
    data=st.binary(max_size=300),
    expected=st.integers(0, EXTENDED_EXPECTED),
    answer=st.binary(max_size=600),
    status=st.integers(0, 0xFFFF),
)
def test_both_sides_of_secure_messaging(
    suite: Suite, counter: int, ins: int, data: bytes, expected: int, answer: bytes, status: int
) -> None:
    assume(data or expected)  # a command that neither says nor asks for anything is not one of the reader's
    session = SecureMessaging.from_secret(suite, bytes(16), counter)
    card = ChipSide(session.suite, bytes(16), counter)
    command = Command(0x00, ins, 0x12, 0x34, data, expected)
    protected = session.protect(command)
    assert decode(protected.encode()) == protected
    assert card.open(protected) == command
    assert session.unprotect(card.seal(answer, status, bool(ins & 1))[:-2]) == (answer, status)


@given(cla=st.integers(0, 255), data=st.binary(max_size=700), expected=st.integers(0, EXTENDED_EXPECTED))
def test_commands_on_the_line(cla: int, data: bytes, expected: int) -> None:
    command = Command(cla, 0xB0, 0x01, 0x02, data, expected)
    assert decode(command.encode()) == command


@given(suite=SUITES, limit=st.integers(256, 4096))
def test_the_largest_read_fits_the_answer_and_one_more_block_does_not(suite: Suite, limit: int) -> None:
    session = SecureMessaging.from_secret(suite, bytes(16))
    size = session.largest_read(limit)
    card = ChipSide(session.suite, bytes(16))
    assert len(card.seal(bytes(size), 0x9000, odd=False)) - 2 <= limit
    assert len(card.seal(bytes(size + session.suite.block), 0x9000, odd=False)) - 2 > limit - session.suite.block


@given(tag=st.sampled_from((0x04, 0x30, 0x5F1F, 0x7F49, 0x7F61)), value=st.binary(max_size=70_000), rest=st.binary())
def test_data_objects(tag: int, value: bytes, rest: bytes) -> None:
    encoded = tlv.encode(tag, value)
    assert tlv.first(encoded + rest) == ((tag, value), rest)
    assert tlv.only(encoded, tag) == value


@given(st.binary(max_size=200), st.sampled_from((8, 16)))
def test_padding(data: bytes, block: int) -> None:
    padded = pad(data, block)
    assert len(padded) % block == 0
    assert unpad(padded) == data


@given(st.dates(min_value=PERSON.birth_date), st.dates(min_value=PERSON.birth_date))
def test_zones_of_every_date(birth: date, expiry: date) -> None:
    person = replace(PERSON, birth_date=birth, expiry_date=expiry)
    assert mrz.parse(person.mrz()).key() == person.mrz_key
