"""Whole readings of simulated cards: ways in, budgets, faults, clone check, and what is told of them."""

from __future__ import annotations

import io
import re
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devices.card_reader.chip import files
from devices.card_reader.chip.authentication import chip_authentication, dg14
from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.card import ChipCard, Keys, make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.files import Files
from devices.card_reader.chip.profile import MRZ, Person, Profile
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import AES128, AES192, AES256, DES3, Suite
from devices.card_reader.emrtd.errors import ChipProtocolError
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import Access, CloneCheck, Trust
from devices.card_reader.emrtd.trace import TraceWriter
from devices.errors import DeviceError, NeedsAttention
from tests.unit.emrtd_reading import CAN, MRZ_KEY, PERSON, Line, Reading, read, read_profile, store_of

NO_PACE = Profile(pace_curve=None)
SAMPLES = Path(__file__).parents[2] / "assets" / "samples" / "portraits"
SECRETS = (PERSON.number, PERSON.can, PERSON.full_name, "NGUYEN", "900214", "14/02/1990", "Võ Cường")


def fault(profile: Profile, key: AccessKey = CAN, **faults: Any) -> DeviceError:
    """The error that ends a reading."""
    with pytest.raises(DeviceError) as caught:
        read_profile(profile, key, Faults(**faults))
    return caught.value


# -- ways in -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("profile", "key", "access"),
    [
        (Profile(), CAN, Access.PACE_CAN),
        (Profile(), MRZ_KEY, Access.PACE_MRZ),
        (Profile(), AccessKey(CAN.can, PERSON.mrz_key), Access.PACE_CAN),
        (Profile(passwords=frozenset({MRZ})), AccessKey(CAN.can, PERSON.mrz_key), Access.PACE_MRZ),
        (NO_PACE, MRZ_KEY, Access.BAC),
        (NO_PACE, AccessKey(CAN.can, PERSON.mrz_key), Access.BAC),
        (Profile(), AccessKey("000000", PERSON.mrz_key), Access.PACE_MRZ),
    ],
)
def test_the_way_in(profile: Profile, key: AccessKey, access: Access) -> None:
    reading = read_profile(profile, key)
    assert (reading.data.access, reading.data.verdict.trust) == (access, Trust.TRUSTED)


def test_bac_comes_after_a_reset_when_pace_has_failed() -> None:
    card = make_card(PERSON, Profile(passwords=frozenset()))
    reading = read(card, AccessKey("000000", PERSON.mrz_key))
    assert (reading.data.access, reading.line.resets) == (Access.BAC, 2)


def test_a_wrong_number_costs_one_try() -> None:
    card = make_card(PERSON, Profile(attempts=2))
    for _ in range(1):
        with pytest.raises(NeedsAttention, match="card_number_mismatch"):
            read(card, AccessKey("000000"))
    assert read(card).data.access is Access.PACE_CAN


@pytest.mark.parametrize(
    ("profile", "key", "code"),
    [
        (Profile(), AccessKey("000000"), "card_number_mismatch"),
        (NO_PACE, AccessKey(mrz=replace(PERSON.mrz_key, birth_date="900215")), "card_number_mismatch"),
        (NO_PACE, CAN, "card_needs_mrz"),
    ],
)
def test_a_key_that_does_not_open(profile: Profile, key: AccessKey, code: str) -> None:
    assert fault(profile, key).code == code


class OtherCard(ChipCard):
    """Knows no command."""

    def process(self, apdu: bytes) -> bytes:
        """Instruction not supported."""
        return b"\x6d\x00"


@pytest.mark.parametrize("key", [CAN, MRZ_KEY])
def test_a_card_of_another_kind(key: AccessKey) -> None:
    card = OtherCard(Files({}, {}), NO_PACE, PERSON.mrz_key, PERSON.can)
    with pytest.raises(NeedsAttention, match="card_other_kind"):
        read(card, key)


# -- budgets (issue: 15 kB of portrait) --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("profile", "key", "portrait", "fields"),
    [(Profile(), CAN, 80, 16), (NO_PACE, MRZ_KEY, 74, 16), (Profile(extended_length=True), CAN, 32, 16)],
)
def test_commands_to_the_card(profile: Profile, key: AccessKey, portrait: int, fields: int) -> None:
    reading = read_profile(replace(profile, portrait=padded(15_000)), key)
    assert reading.portrait is not None
    assert len(reading.portrait.data) == 15_000
    assert reading.at["portrait"] <= portrait
    assert reading.at["fields"] <= fields
    assert reading.data.apdus == len(reading.line.commands)


def padded(size: int) -> bytes:
    """A JPEG of exactly this size: what follows its end is ignored by everyone."""
    output = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(output, "JPEG")
    return output.getvalue().ljust(size, b"\0")


def test_the_largest_plain_read_under_short_lengths() -> None:
    for profile, key, size in ((Profile(), CAN, 223), (NO_PACE, MRZ_KEY, 231)):
        line = read_profile(profile, key).line
        assert max(len(command) for command in line.commands) < 262
        reads = [c for c in line.commands if c[1] == 0xB0 and c[0] == 0x0C]
        offsets = [int.from_bytes(c[2:4], "big") for c in reads if not c[2] & 0x80]
        assert size in offsets


# -- faults ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("faults", "code"),
    [
        *(({"pulled_after": count}, "card_removed") for count in (0, 3, 8, 30, 84, 88)),
        ({"wrong_mac": 1}, "chip_protocol"),
        ({"wrong_mac": 20}, "chip_protocol"),
        ({"blocked": True}, "card_blocked"),
    ],
)
def test_a_fault_that_ends_the_reading(faults: dict[str, Any], code: str) -> None:
    assert fault(Profile(), **faults).code == code


@pytest.mark.parametrize(
    ("faults", "trust", "clone_check", "reason"),
    [
        ({"forged_sod": True}, Trust.FAILED, CloneCheck.GENUINE, "signature_wrong"),
        ({"exchanged_dg": True}, Trust.FAILED, CloneCheck.GENUINE, "hash_differs"),
        ({"copied": True}, Trust.TRUSTED, CloneCheck.COPIED, ""),
        ({"revoked_signer": True}, Trust.UNTRUSTED_SIGNER, CloneCheck.GENUINE, "signer_revoked"),
        ({"unknown_signer": True}, Trust.UNTRUSTED_SIGNER, CloneCheck.GENUINE, "signer_unknown"),
        ({"expired_signer": True}, Trust.UNTRUSTED_SIGNER, CloneCheck.GENUINE, "signer_expired"),
        ({"slow": 0.0001}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
        ({"refuse_big_reads": 200}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
        ({"refuse_big_reads": 64}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
        ({"short_reads": 17}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
        ({"no_dg13": True}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
        ({"empty_spouse": True}, Trust.TRUSTED, CloneCheck.GENUINE, ""),
    ],
)
@pytest.mark.parametrize("extended", [False, True])
def test_a_fault_that_is_a_result(
    faults: dict[str, Any], trust: Trust, clone_check: CloneCheck, reason: str, extended: bool
) -> None:
    data = read_profile(Profile(extended_length=extended), faults=Faults(**faults)).data
    assert (data.verdict.trust, data.clone_check, data.verdict.reason) == (trust, clone_check, reason)


def test_a_block_that_is_refused_is_asked_for_in_smaller_ones_after_a_reset() -> None:
    reading = read_profile(NO_PACE, MRZ_KEY, Faults(refuse_big_reads=64))
    assert reading.data.verdict.trust is Trust.TRUSTED
    assert reading.line.resets == 2
    assert reading.progress == sorted(reading.progress)


# -- clone check -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("suite", [DES3, AES128, AES192, AES256], ids=["3DES", "AES128", "AES192", "AES256"])
@pytest.mark.parametrize("curve", [8, 12, 13, 16, 18])
def test_chip_authentication(curve: int, suite: Suite, copied: bool) -> None:
    data = read_profile(Profile(chip_authentication=(curve, suite)), faults=Faults(copied=copied)).data
    assert data.clone_check is (CloneCheck.COPIED if copied else CloneCheck.GENUINE)
    assert data.verdict.trust is Trust.TRUSTED


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("values", [("rsa", "sha1"), ("rsa", "sha256"), ("ecdsa", "sha256")], ids="-".join)
def test_active_authentication(values: tuple[Any, Any], copied: bool) -> None:
    kind, digest = values
    profile = Profile(chip_authentication=None, active_authentication=kind, active_digest=digest)
    data = read_profile(profile, faults=Faults(copied=copied)).data
    assert data.clone_check is (CloneCheck.COPIED if copied else CloneCheck.GENUINE)


def test_a_chip_without_either_is_not_checked() -> None:
    assert read_profile(Profile(chip_authentication=None)).data.clone_check is CloneCheck.NOT_CHECKED


def test_keys_that_nobody_signed_prove_nothing() -> None:
    """A copy with a key of its own: it passes the clone check, but its DG14 is not the signed one."""
    profile = Profile()
    signed, own = (chip_authentication(profile, copied=False) for _ in range(2))
    groups = files.groups(PERSON, profile) | {14: dg14(profile, signed)}
    application = {files.SOD: Authority.create().sign_sod(groups), files.COM: files.com(groups)}
    application |= {files.DATA_GROUP + number: content for number, content in groups.items()}
    application[files.DATA_GROUP + 14] = dg14(profile, own)
    card = ChipCard(Files(files.master(profile), application), profile, PERSON.mrz_key, PERSON.can, keys=Keys(own))
    data = read(card).data
    assert (data.clone_check, data.verdict.trust) == (CloneCheck.GENUINE, Trust.FAILED)


def test_a_data_group_that_is_not_on_the_list_is_not_trusted() -> None:
    groups = files.groups(PERSON, Profile())
    authority = Authority.create()
    listed = {number: content for number, content in groups.items() if number != 13}
    application = {files.SOD: authority.sign_sod(listed), files.COM: files.com(groups)}
    application |= {files.DATA_GROUP + number: content for number, content in groups.items()}
    card = ChipCard(Files(files.master(Profile()), application), Profile(), PERSON.mrz_key, PERSON.can, keys=Keys())
    assert read(card).data.verdict.trust is Trust.FAILED


# -- content -----------------------------------------------------------------------------------------------------------
def test_what_dg13_says() -> None:
    citizen = read_profile(Profile()).data.citizen
    assert citizen is not None
    assert asdict(citizen) == {
        "id_number": "027190012345",
        "full_name": "Nguyễn Thị Đào",
        "birth_date": "14/02/1990",
        "sex": "Nữ",
        "nationality": "Việt Nam",
        "ethnicity": "Kinh",
        "religion": "Không",
        "origin": "Võ Cường, Bắc Ninh",
        "residence": "Tổ 1, Võ Cường, Bắc Ninh",
        "marks": "Nốt ruồi cách 1cm dưới sau mắt trái",
        "issue_date": "10/05/2021",
        "expiry": "14/02/2030",
        "father": "Nguyễn Văn Mận",
        "mother": "Trần Thị Lê",
        "spouse": "Trần Văn Bình",
        "old_number": "123456789",
    }


@pytest.mark.parametrize("missing", range(1, 17))
def test_any_field_may_be_missing(missing: int) -> None:
    citizen = read_profile(Profile(missing_fields=frozenset({missing}))).data.citizen
    assert citizen is not None
    assert sum(1 for value in asdict(citizen).values() if not value) == {13: 2, 16: 0}.get(missing, 1)


def test_parents_in_one_sequence_or_two() -> None:
    for parents_in_one in (False, True):
        citizen = read_profile(Profile(parents_in_one=parents_in_one)).data.citizen
        assert citizen is not None
        assert (citizen.father, citizen.mother) == (PERSON.father, PERSON.mother)


def test_words_in_place_of_an_expiry() -> None:
    card = make_card(replace(PERSON, expiry_date=None))
    citizen = read(card).data.citizen
    assert citizen is not None
    assert citizen.expiry == "Không thời hạn"


@pytest.mark.parametrize(("name", "kind"), [("portrait.jpg", "image/jpeg"), ("portrait.jp2", "image/jp2")])
def test_the_portrait_as_it_lies_on_the_chip(name: str, kind: str) -> None:
    picture = (SAMPLES / name).read_bytes()
    portrait = read_profile(Profile(portrait=picture)).data.portrait
    assert portrait is not None
    assert (portrait.media_type, portrait.data) == (kind, picture)


def test_the_mrz_of_dg1() -> None:
    mrz = read_profile(Profile()).data.mrz
    assert (mrz.document_number, mrz.personal_number, mrz.nationality) == ("190012345", "027190012345", "VNM")
    assert (mrz.birth_date, mrz.expiry_date, mrz.sex, mrz.name) == ("900214", "300214", "F", "NGUYEN THI DAO")


# -- how it is told ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [Profile(), NO_PACE, Profile(extended_length=True)])
def test_progress_goes_from_nothing_to_all_and_never_back(profile: Profile) -> None:
    reading = read_profile(profile, AccessKey(CAN.can, PERSON.mrz_key))
    progress = reading.progress
    assert (progress[0], progress[-1]) == (0.0, 1.0)
    assert progress == sorted(progress)
    assert len(progress) > 10
    assert max(later - earlier for earlier, later in pairwise(progress[1:-1])) < 0.12  # it does not jump


def test_order_of_what_is_told() -> None:
    reading = read_profile(Profile())
    assert reading.fields is not None
    assert 0 < reading.at["fields"] < reading.at["portrait"] < len(reading.line.commands)
    names = [step.name for step in reading.data.steps]
    assert names == ["access", "DG1", "DG13", "DG2", "SOD", "DG14", "clone_check", "trust"]
    assert sum(step.apdus for step in reading.data.steps) == reading.data.apdus
    assert sum(step.octets for step in reading.data.steps) == reading.data.octets


@pytest.mark.parametrize("faults", [{}, {"wrong_mac": 4}, {"blocked": True}, {"pulled_after": 40}])
def test_nothing_personal_in_what_is_printed(faults: dict[str, Any]) -> None:
    try:
        reading: Reading | DeviceError = read_profile(Profile(), faults=Faults(**faults))
    except DeviceError as error:
        reading = error
    told = repr(reading) + str(reading) + repr(getattr(reading, "detail", "")) + repr(CAN) + repr(MRZ_KEY)
    assert not [secret for secret in SECRETS if secret in told]


def test_the_trace_has_every_command_and_no_personal_data() -> None:
    for profile, key in ((Profile(), CAN), (NO_PACE, MRZ_KEY)):
        card, out = make_card(PERSON, profile), io.StringIO()
        line = Line(card)
        events = list(read_chip(line, key, store_of(Authority.create()), trace=TraceWriter(out)))
        assert events
        lines = out.getvalue().splitlines()
        assert len(lines) == len(line.commands)
        assert all(
            re.fullmatch(r"[0-9.]+ [0-9A-F]{8}( ([0-9A-F]+|\[\d+\]))? → (.* )?[0-9A-F]{4}", one) for one in lines
        )
        text = out.getvalue()
        held = [secret.encode().hex().upper() for secret in SECRETS]
        assert not [secret for secret in held if secret in text]
        assert not [one for one in lines if " 0C" in one and re.search(r"[0-9A-F]{10}", one)]


def test_the_keys_are_dropped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Channel] = []

    def channel(*values: Any, **named: Any) -> Channel:
        made.append(Channel(*values, **named))
        return made[-1]

    monkeypatch.setattr("devices.card_reader.emrtd.reader.Channel", channel)
    read_profile(Profile())
    with pytest.raises(ChipProtocolError):
        read_profile(Profile(), faults=Faults(wrong_mac=4))
    assert [one.messaging for one in made] == [None, None]


def test_another_person_on_the_same_kind_of_card() -> None:
    person = Person("001301012345", "Y Moan Êban", expiry_date=None, spouse=None, father=None)
    data = read(make_card(person), AccessKey.from_id_number(person.number)).data
    assert data.citizen is not None
    assert (data.citizen.full_name, data.citizen.spouse, data.citizen.father) == ("Y Moan Êban", "", "Trần Thị Lê")
