"""Whole readings of the simulated card: ways in, budgets, faults, what is told and what is kept quiet."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from devices.card_reader.chip import files
from devices.card_reader.chip.card import make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import CAN as BY_CAN
from devices.card_reader.chip.profile import MRZ as BY_MRZ
from devices.card_reader.chip.profile import Profile
from devices.card_reader.emrtd import apdu, tlv
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.channel import DG2, Channel
from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.errors import (
    Blocked,
    ChipProtocolError,
    Malformed,
    NeedsMrz,
    OtherCard,
    WrongPassword,
)
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import Access, ChipData, CloneCheck, Fields, Trust
from devices.card_reader.simulated import SimulatedCardReader
from devices.errors import DeviceError, NeedsAttention
from tests.unit.emrtd_cards import (
    BOTH,
    CAN,
    MRZ,
    NOW,
    OTHER_MRZ,
    WHOLE,
    WRONG,
    Counted,
    Reading,
    ascending,
    read,
    steps,
    store,
)


def tried(connection: Counted) -> list[str]:
    """The ways in that were tried, in order, with the resets between them."""
    found: list[tuple[float, str]] = [(at - 0.5, "reset") for at in connection.resets]
    for at, raw in enumerate(connection.commands):
        if raw[:4] == bytes.fromhex("0022C1A4"):
            found.append((at, {BY_CAN: "can", BY_MRZ: "mrz"}[tlv.find(apdu.decode(raw).data, 0x83)[0]]))
        elif raw[:2] == bytes.fromhex("0084"):
            found.append((at, "bac"))
    return [what for _, what in sorted(found)]


# -- ways in ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("profile", "key", "access", "ways"),
    [
        (Profile(), CAN, Access.PACE_CAN, ["can"]),
        (Profile(), MRZ, Access.PACE_MRZ, ["mrz"]),
        (Profile(), BOTH, Access.PACE_CAN, ["can"]),
        (Profile(), replace(BOTH, can="000000"), Access.PACE_MRZ, ["can", "reset", "mrz"]),
        (Profile(passwords=frozenset({BY_MRZ})), BOTH, Access.PACE_MRZ, ["can", "reset", "mrz"]),
        (Profile(pace_curve=None), BOTH, Access.BAC, ["bac"]),
        (Profile(passwords=frozenset()), BOTH, Access.BAC, ["can", "reset", "mrz", "reset", "bac"]),
        (Profile(passwords=frozenset()), MRZ, Access.BAC, ["mrz", "reset", "bac"]),
    ],
)
def test_each_way_in_is_tried_once_after_a_reset(
    profile: Profile, key: AccessKey, access: Access, ways: list[str]
) -> None:
    reading = read(profile, key)
    assert reading.data.access is access
    assert tried(reading.connection) == ways
    assert reading.outcome == WHOLE


@pytest.mark.parametrize(
    ("profile", "key", "error", "ways"),
    [
        (Profile(), WRONG, WrongPassword, ["can"]),
        (Profile(), AccessKey(mrz=OTHER_MRZ), WrongPassword, ["mrz", "reset", "bac"]),
        (Profile(), AccessKey("000000", OTHER_MRZ), WrongPassword, ["can", "reset", "mrz", "reset", "bac"]),
        (Profile(pace_curve=None), AccessKey(mrz=OTHER_MRZ), WrongPassword, ["bac"]),
        (Profile(pace_curve=None), CAN, NeedsMrz, []),
        (Profile(passwords=frozenset({BY_MRZ})), CAN, ChipProtocolError, ["can"]),
    ],
)
def test_each_wrong_key_has_its_own_error(
    profile: Profile, key: AccessKey, error: type[DeviceError], ways: list[str]
) -> None:
    into: list[Reading] = []
    with pytest.raises(error) as raised:
        read(profile, key, into=into)
    assert type(raised.value) is error
    assert tried(into[0].connection) == ways


def test_a_blocked_card_is_not_tried_again() -> None:
    into: list[Reading] = []
    with pytest.raises(Blocked):
        read(None, BOTH, faults=Faults(blocked=True), into=into)
    assert tried(into[0].connection) == ["can"]


def test_the_last_tries_are_the_citizens() -> None:
    """A wrong number costs one try each time it is given, and the right one gives all of them back."""
    card = make_card(profile=Profile(attempts=2))
    with pytest.raises(WrongPassword):
        read(card=card, key=WRONG)
    assert read(card=card).outcome == WHOLE
    for _ in range(2):
        with pytest.raises((WrongPassword, Blocked)):
            read(card=card, key=WRONG)
    with pytest.raises(Blocked):
        read(card=card)


def test_a_card_of_another_kind() -> None:
    def without(command: bytes, answer: bytes, status: int) -> tuple[bytes, int]:
        return (b"", 0x6A82) if not command[0] & 0x0C else (answer, status)

    for key in (CAN, MRZ):
        with pytest.raises(OtherCard):
            read(key=key, twist=without)


def test_a_long_nonce() -> None:
    """9303-11, 4.4.3.3: the nonce may be any number of whole blocks."""
    for size in (16, 32, 48):
        assert read(Profile(nonce_bytes=size)).outcome == WHOLE


# -- budgets ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("profile", "key", "first", "portrait"),
    [
        (Profile(), CAN, 16, 80),
        (Profile(), MRZ, 16, 80),
        (Profile(pace_curve=None), MRZ, 16, 74),
        (Profile(extended_length=True), CAN, 16, 32),
        (Profile(extended_length=True, pace_curve=None), MRZ, 16, 32),
    ],
)
def test_commands_within_the_budget(profile: Profile, key: AccessKey, first: int, portrait: int) -> None:
    reading = read(profile, key)
    assert len(files.sample_portrait()) > 14_900
    assert reading.at(Fields) <= first
    assert reading.at(Portrait) <= portrait
    assert steps(reading, "access", "DG1", "DG13", "DG2") == reading.at(Portrait)
    if profile.extended_length:
        assert reading.data.apdus <= 32


def test_commands_and_bytes_are_counted_as_the_card_sees_them() -> None:
    reading = read()
    connection = reading.connection
    line = sum(map(len, connection.commands)) + sum(len(answer) + 2 for answer, _ in connection.answers)
    assert reading.data.apdus == len(connection.commands) == sum(step.apdus for step in reading.data.steps)
    assert reading.data.octets == line == sum(step.octets for step in reading.data.steps)
    assert all(len(raw) <= 4 + 1 + 255 + 1 for raw in connection.commands)
    assert all(len(answer) <= 256 for answer, _ in connection.answers)
    names = [step.name for step in reading.data.steps]
    assert names == ["access", "DG1", "DG13", "DG2", "SOD", "DG14", "clone_check", "trust"]


def test_nothing_is_sent_in_the_clear_after_the_door_is_open() -> None:
    commands = read(key=BOTH).connection.commands
    opened = next(at for at, raw in enumerate(commands) if raw[0] == 0x0C)
    assert all(raw[0] & 0x0C == 0x0C for raw in commands[opened:])
    assert opened == 6  # EF.CardAccess, MSE:Set AT, four times GENERAL AUTHENTICATE


def test_the_trace_gets_each_command() -> None:
    seen: list[tuple[bytes, bytes, int]] = []
    reader = SimulatedCardReader()
    reader.insert(make_card())
    with reader.connect() as line:
        connection = Counted(line)
        for _ in read_chip(connection, CAN, store(), NOW, trace=lambda *what: seen.append(what)):
            pass
    answers = [(answer, status) for _, answer, status in seen]
    assert [raw for raw, _, _ in seen] == connection.commands
    assert answers == connection.answers


# -- faults ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("commands", [0, 1, 3, 6, 8, 12, 40, 85, 88])
@pytest.mark.parametrize("key", [CAN, BOTH])
def test_a_card_pulled_at_any_time(commands: int, key: AccessKey) -> None:
    into: list[Reading] = []
    with pytest.raises(NeedsAttention) as raised:
        read(key=key, faults=Faults(pulled_after=commands), into=into)
    assert raised.value.code == "card_removed"
    assert len(into[0].connection.commands) == commands + 1


@pytest.mark.parametrize("answer", [1, 2, 3, 30, 80])
def test_a_wrong_mac_ends_the_reading(answer: int) -> None:
    into: list[Reading] = []
    with pytest.raises(ChipProtocolError, match="MAC"):
        read(faults=Faults(wrong_mac=answer), into=into)
    assert not any(isinstance(event, ChipData) for _, event in into[0].events)


def test_a_changed_answer_is_noticed_wherever_it_is_changed() -> None:
    """Each byte of a protected answer, also of the status inside, is under the MAC."""
    size = len(read().connection.answers[7][0])

    for at in range(size):

        def spoil(command: bytes, answer: bytes, status: int, at: int = at) -> tuple[bytes, int]:
            if command[:3] == bytes.fromhex("0CB081") and len(answer) == size:
                answer = answer[:at] + bytes((answer[at] ^ 1,)) + answer[at + 1 :]
            return answer, status

        with pytest.raises((ChipProtocolError, Malformed)):
            read(twist=spoil)


def test_answers_that_were_recorded_are_not_taken_again() -> None:
    """The answers of one read given again to the next: the counter is under the MAC."""
    last: list[bytes] = []

    def again(command: bytes, answer: bytes, status: int) -> tuple[bytes, int]:
        if command[:2] == bytes.fromhex("0CB0"):
            last.append(answer)
            return last[0], status
        return answer, status

    with pytest.raises(ChipProtocolError, match="MAC"):
        read(twist=again)
    assert len(last) == 2


@pytest.mark.parametrize("profile", [Profile(), Profile(pace_curve=None), Profile(extended_length=True)])
@pytest.mark.parametrize(
    "faults",
    [
        Faults(refuse_big_reads=128),
        Faults(refuse_big_reads=64),
        Faults(short_reads=100),
        Faults(short_reads=16),
        Faults(slow=0.0001),
    ],
)
def test_cards_that_give_little_are_read_all_the_same(profile: Profile, faults: Faults) -> None:
    reading = read(profile, BOTH, faults=faults)
    assert reading.outcome == WHOLE
    assert reading.data.portrait is not None
    assert reading.data.portrait.data == files.sample_portrait()
    reading.at(Fields)  # once, also when all was started afresh
    assert ascending(reading.progress)


def test_a_card_that_refuses_every_size() -> None:
    with pytest.raises(ChipProtocolError) as raised:
        read(faults=Faults(refuse_big_reads=1))
    assert raised.value.status == 0x6700


@pytest.mark.parametrize(
    ("faults", "trust", "clone_check"),
    [
        (Faults(), (Trust.TRUSTED, ""), CloneCheck.GENUINE),
        (Faults(no_dg13=True), (Trust.TRUSTED, ""), CloneCheck.GENUINE),
        (Faults(empty_spouse=True), (Trust.TRUSTED, ""), CloneCheck.GENUINE),
        (Faults(forged_sod=True), (Trust.FAILED, "signature_wrong"), CloneCheck.GENUINE),
        (Faults(exchanged_dg=True), (Trust.FAILED, "hash_differs"), CloneCheck.GENUINE),
        (Faults(copied=True), (Trust.TRUSTED, ""), CloneCheck.COPIED),
        (Faults(revoked_signer=True), (Trust.UNTRUSTED_SIGNER, "signer_revoked"), CloneCheck.GENUINE),
        (Faults(unknown_signer=True), (Trust.UNTRUSTED_SIGNER, "signer_unknown"), CloneCheck.GENUINE),
        (Faults(expired_signer=True), (Trust.UNTRUSTED_SIGNER, "signer_expired"), CloneCheck.GENUINE),
    ],
)
def test_each_fault_of_the_content_has_its_own_result(
    faults: Faults, trust: tuple[Trust, str], clone_check: CloneCheck
) -> None:
    assert read(faults=faults).outcome == (*trust, clone_check)


def test_every_fault_is_in_these_tests() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [fault.name for fault in fields(Faults) if f"{fault.name}=" not in text] == []


def test_a_chip_that_gives_a_file_byte_by_byte_does_not_hold_the_kiosk() -> None:
    """The file claims 200 kB and comes in bytes: the reader gives up after as many commands as any real card needs."""

    def drop(command: bytes, answer: bytes, status: int) -> tuple[bytes, int]:
        return (bytes.fromhex("7583030D40000000") if command[2] & 0x80 else b"\0"), 0x9000

    reader = SimulatedCardReader()
    reader.insert(make_card())
    line = Counted(reader.connect(), drop)
    with pytest.raises(Malformed, match="pieces"):
        list(Channel(line).read(DG2))
    assert len(line.commands) < 5000
