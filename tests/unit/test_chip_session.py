"""The simulated card in a whole session: curves, ciphers, block sizes, clone checks, and every fault."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import ecdsa
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devices.card_reader.chip import files
from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import CAN, MRZ, Person, Profile
from devices.card_reader.emrtd import curves, mrz, tlv
from devices.card_reader.emrtd.apdu import Command
from devices.card_reader.emrtd.ciphers import AES128, AES192, AES256, DES3, Suite
from tests.unit.chip_terminal import StatusError, Terminal

PERSON = Person()
SAMPLES = Path(__file__).parents[2] / "assets" / "samples" / "portraits"
FILES = {1: 0x61, 2: 0x75, 13: 0x6D, 14: 0x6E}


def opened(card: ChipCard) -> Terminal:
    """A session after basic access control."""
    card.reset()
    terminal = Terminal(card)
    terminal.bac(PERSON.mrz_key)
    return terminal


def pace(card: ChipCard, profile: Profile, reference: int = CAN, secret: bytes | None = None) -> Terminal:
    terminal = Terminal(card)
    assert profile.pace_curve
    terminal.pace(profile.pace_suite, profile.pace_curve, reference, secret or PERSON.can.encode())
    return terminal


def hashes(sod: bytes) -> dict[int, bytes]:
    """The hashes of the data groups as the security object tells them."""
    signed = cms.ContentInfo.load(tlv.only(sod, files.SOD_TAG))["content"]
    content = signed["encap_content_info"]["content"].native
    listed = list(tlv.objects(tlv.only(content, 0x30)))[2].value
    pairs = [list(tlv.objects(pair.value)) for pair in tlv.objects(listed)]
    return {number.value[0]: digest.value for number, digest in pairs}


@pytest.mark.parametrize("suite", [DES3, AES128, AES192, AES256], ids=lambda suite: suite.name)
@pytest.mark.parametrize("number", curves.BY_NUMBER)
def test_pace_on_every_curve(number: int, suite: Suite) -> None:
    profile = Profile(pace_curve=number, pace_suite=suite, nonce_bytes=32 if suite.key_bytes > 16 else 16)
    terminal = pace(make_card(profile=profile), profile, MRZ, PERSON.mrz_key.seed())
    assert terminal.read(1)[5:].decode() == PERSON.mrz()


def test_the_files_are_those_of_the_security_object() -> None:
    terminal = opened(make_card(profile=Profile(active_authentication="ecdsa")))
    told = hashes(terminal.read(0x1D))
    groups = {number: terminal.read(number) for number in (*FILES, 15)}
    assert {number: hashlib.sha256(content).digest() for number, content in groups.items()}.items() <= told.items()
    assert tlv.find(tlv.only(terminal.read(0x1E), 0x60), 0x5C) == bytes.fromhex("6175636D6E6F")
    assert {number: groups[number][0] for number in FILES} == FILES
    assert mrz.parse(groups[1][5:].decode()).name == "NGUYEN THI DAO"
    assert "Nguyễn Thị Đào".encode() in groups[13]
    terminal.send(Command(0, 0xB0, 0x83, 0, expected=4), 0x6982)  # DG3 wants terminal authentication
    terminal.send(Command(0, 0xB0, 0x84, 0, expected=4), 0x6A82)


@pytest.mark.parametrize("name", ["portrait.jpg", "portrait.jp2"])
def test_the_portrait_is_a_picture(name: str) -> None:
    portrait = (SAMPLES / name).read_bytes()
    assert 14_000 < len(portrait) <= 15_000
    content = opened(make_card(profile=Profile(portrait=portrait))).read(2)
    record = content[content.index(b"FAC\x00010\x00") :]
    assert int.from_bytes(record[8:12], "big") == len(record)
    with Image.open(BytesIO(record[14 + 20 + 12 :])) as picture:
        assert picture.size == (300, 400)
    assert int.from_bytes(record[14 + 20 + 2 : 14 + 20 + 4], "big") == 300


@pytest.mark.parametrize(("suite", "room"), [(DES3, 231), (AES128, 223)], ids=["3DES", "AES"])
def test_short_answers_hold_what_a_short_answer_can(suite: Suite, room: int) -> None:
    profile = Profile(pace_suite=suite)
    terminal = pace(make_card(profile=profile), profile)
    assert len(terminal.send(Command(0, 0xB0, 0x82, 0, expected=256))) == room
    assert len(terminal.send(Command(0, 0xB0, 0, 1, expected=room))) == room
    terminal.extended = True
    with pytest.raises(StatusError, match="6700"):
        terminal.send(Command(0, 0xB0, 0x82, 0, expected=1000))


def test_extended_answers_hold_a_whole_file() -> None:
    profile = Profile(extended_length=True)
    card = make_card(profile=profile)
    assert card.atr[-2] & 0x40
    assert not make_card().atr[-2] & 0x40
    assert card.process(bytes.fromhex("00B0810000")).hex() == "7f660802" + "02ffff02" + "02ffff" + "9000"
    terminal = pace(card, profile)
    terminal.extended = True
    assert len(terminal.send(Command(0, 0xB0, 0x82, 0, expected=65536))) > 15_000
    assert len(terminal.send(Command(0, 0xB0, 0, 0, expected=1000))) == 1000


@given(offset=st.integers(0, 40_000), size=st.integers(12, 2_000))
def test_reads_beyond_what_15_bits_reach(offset: int, size: int) -> None:
    terminal = opened(LONG)
    terminal.extended = True
    content = LONG_GROUP[offset : offset + size - 8]
    told = terminal.send(Command(0, 0xB1, 0, 2, tlv.encode(0x54, offset.to_bytes(2, "big")), size))
    assert tlv.only(told, 0x53)[: len(content)] == content
    assert size - 8 < len(told) <= size


LONG_PORTRAIT = (SAMPLES / "portrait.jpg").read_bytes() + bytes(range(256)) * 120
LONG = make_card(profile=Profile(extended_length=True, portrait=LONG_PORTRAIT))
LONG_GROUP = files.dg2(LONG_PORTRAIT)


def test_the_end_of_a_file() -> None:
    terminal = opened(make_card())
    size = len(files.dg1(PERSON))
    assert len(terminal.send(Command(0, 0xB0, 0x81, 0, expected=size + 1), 0x6282)) == size
    assert len(terminal.send(Command(0, 0xB0, 0x81, 0, expected=256))) == size
    assert terminal.send(Command(0, 0xB0, 0, size, expected=1), 0x6B00) == b""
    quiet = opened(make_card(profile=Profile(end_of_file_warning=False)))
    assert len(quiet.send(Command(0, 0xB0, 0x81, 0, expected=size + 1))) == size


# -- passwords ---------------------------------------------------------------------------------------------------------
def test_wrong_passwords_are_counted_until_the_card_blocks() -> None:
    profile = Profile(attempts=3)
    card = make_card(profile=profile)
    for status in ("6300", "63C1", "63C0", "63C0", "63C0"):
        card.reset()
        with pytest.raises(StatusError, match=status):
            pace(card, profile, CAN, b"000000")
    card.reset()
    pace(card, profile, MRZ, PERSON.mrz_key.seed())
    card.reset()
    with pytest.raises(StatusError, match="63C0"):
        pace(card, profile)


def test_the_right_password_takes_the_count_back() -> None:
    profile = Profile(attempts=2)
    card = make_card(profile=profile)
    for _ in range(3):
        with pytest.raises(StatusError, match="6300"):
            pace(card, profile, CAN, b"000000")
        pace(card, profile)
        card.reset()


def test_blocked() -> None:
    card, profile = make_card(faults=Faults(blocked=True)), Profile()
    with pytest.raises(StatusError, match="63C0"):
        pace(card, profile)
    assert card.process(bytes.fromhex("10860000027C0000")) == b"\x69\x83"
    with pytest.raises(StatusError, match="6983"):
        opened(card)


def test_only_what_the_profile_offers() -> None:
    with pytest.raises(StatusError, match="6985"):
        pace(make_card(profile=Profile(pace_curve=None)), Profile())
    with pytest.raises(StatusError, match="6A88"):
        pace(make_card(profile=Profile(passwords=frozenset({MRZ}))), Profile())
    with pytest.raises(StatusError, match="6A80"):
        pace(make_card(profile=Profile(pace_suite=AES256)), Profile())
    card = make_card(profile=Profile(bac=False))
    card.process(bytes.fromhex("00A4040C07A0000002471001"))
    assert card.process(bytes.fromhex("0084000008")) == b"\x6d\x00"


# -- no copy -----------------------------------------------------------------------------------------------------------
def chip_key(terminal: Terminal) -> bytes:
    """The public point in DG14 of the card, whose parameters are spelled out."""
    infos = tlv.only(tlv.only(terminal.read(14), 0x6E), 0x31)
    info = next(i for i in tlv.objects(infos) if tlv.encode(6, tlv.oid("0.4.0.127.0.7.2.2.1.2")) in i.value)
    key = ecdsa.VerifyingKey.from_der(tlv.encode(0x30, list(tlv.objects(info.value))[1].value))
    encoded: bytes = key.to_string("uncompressed")
    return encoded


def check_chip(terminal: Terminal, profile: Profile) -> None:
    """Chip authentication and a first read under the new keys."""
    assert profile.chip_authentication
    number, suite = profile.chip_authentication
    curve = curves.BY_NUMBER[number]
    public, private = curves.decode_point(chip_key(terminal), curve), curves.private_key(curve)
    own = curves.encode_point(curves.generator(curve) * private, curve)
    reference = b"" if profile.key_identifier is None else tlv.encode(0x84, bytes((profile.key_identifier,)))
    if suite is DES3:
        terminal.send(Command(0, 0x22, 0x41, 0xA6, tlv.encode(0x91, own) + reference))
    else:
        protocol = tlv.oid(files.with_cipher(files.CA_ECDH, suite))
        terminal.send(Command(0, 0x22, 0x41, 0xA4, tlv.encode(0x80, protocol) + reference))
        answer = terminal.send(Command(0, 0x86, 0, 0, tlv.encode(0x7C, tlv.encode(0x80, own)), 256))
        assert answer == b"\x7c\0"
    terminal.start(suite, curves.x_coordinate(public * private, curve), 0)
    assert terminal.read(1) == files.dg1(PERSON)


@pytest.mark.parametrize("suite", [DES3, AES128, AES192, AES256], ids=lambda suite: suite.name)
@pytest.mark.parametrize("reference", [None, 7])
def test_chip_authentication(suite: Suite, reference: int | None) -> None:
    profile = Profile(chip_authentication=(12, suite), key_identifier=reference)
    check_chip(pace(make_card(profile=profile), profile), profile)
    check_chip(opened(make_card(profile=profile)), profile)
    with pytest.raises(StatusError, match="6988"):
        check_chip(opened(make_card(profile=profile, faults=Faults(copied=True))), profile)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("copied", [False, True])
def test_active_authentication_with_rsa(digest: str, copied: bool) -> None:
    kind = Profile(active_authentication="rsa", active_digest="sha1" if digest == "sha1" else "sha256")
    terminal = opened(make_card(profile=kind, faults=Faults(copied=copied)))
    key = load_der_public_key(tlv.only(terminal.read(15), 0x6F)).public_numbers()  # type: ignore[union-attr]
    challenge = bytes(range(8))
    signature = int.from_bytes(terminal.send(Command(0, 0x88, 0, 0, challenge, 256)), "big")
    message = pow(signature, key.e, key.n).to_bytes(192, "big")  # type: ignore[union-attr]
    trailer = b"\xbc" if digest == "sha1" else b"\x34\xcc"
    size = hashlib.new(digest).digest_size
    recovered, told = message[1 : -size - len(trailer)], message[-size - len(trailer) : -len(trailer)]
    good = (
        message[0] == 0x6A and message.endswith(trailer) and hashlib.new(digest, recovered + challenge).digest() == told
    )
    assert good is not copied


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("number", [12, 14, 18])
def test_active_authentication_with_ecdsa(number: int, copied: bool) -> None:
    kind = Profile(active_authentication="ecdsa", active_curve=number)
    terminal = opened(make_card(profile=kind, faults=Faults(copied=copied)))
    key = ecdsa.VerifyingKey.from_der(tlv.only(terminal.read(15), 0x6F))
    signature = terminal.send(Command(0, 0x88, 0, 0, bytes(range(8)), 256))
    digest = hashlib.sha256(bytes(range(8))).digest()
    try:
        good = key.verify_digest(signature, digest, sigdecode=ecdsa.util.sigdecode_string, allow_truncate=True)
    except ecdsa.BadSignatureError:
        good = False
    assert good is not copied


# -- faults of the data, faults on the way -----------------------------------------------------------------------------
def test_exchanged_group() -> None:
    terminal = opened(make_card(faults=Faults(exchanged_dg=True)))
    group = terminal.read(1)
    assert mrz.parse(group[5:].decode()).document_number == "088004321"
    assert hashlib.sha256(group).digest() != hashes(terminal.read(0x1D))[1]


def test_no_dg13() -> None:
    terminal = opened(make_card(faults=Faults(no_dg13=True)))
    terminal.send(Command(0, 0xB0, 0x8D, 0, expected=4), 0x6A82)
    assert 13 not in hashes(terminal.read(0x1D))


def test_empty_spouse_and_fields_that_are_missing() -> None:
    empty = opened(make_card(faults=Faults(empty_spouse=True))).read(13)
    assert bytes.fromhex("3005 02010E 1300") in empty
    nobody = replace(PERSON, spouse=None, father=None, mother=None)
    less = opened(make_card(nobody, Profile(missing_fields=frozenset({1})))).read(13)
    assert not any(bytes((2, 1, number)) in less for number in (13, 14))
    assert PERSON.number.encode() not in less


def test_a_slow_card_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("devices.card_reader.chip.card.time.sleep", slept.append)
    opened(make_card(faults=Faults(slow=0.25)))
    assert slept == [0.25] * 3  # SELECT, GET CHALLENGE, EXTERNAL AUTHENTICATE


@pytest.mark.parametrize(("at", "sent"), [(1, 0), (3, 2)])
def test_wrong_mac(at: int, sent: int) -> None:
    terminal = opened(make_card(faults=Faults(wrong_mac=at)))
    for _ in range(sent):
        terminal.send(Command(0, 0xB0, 0x81, 0, expected=4))
    with pytest.raises(StatusError, match="0000"):
        terminal.send(Command(0, 0xB0, 0x81, 0, expected=4))


def test_cards_that_give_little() -> None:
    terminal = opened(make_card(faults=Faults(refuse_big_reads=100)))
    terminal.send(Command(0, 0xB0, 0x82, 0, expected=101), 0x6700)
    assert len(terminal.send(Command(0, 0xB0, 0x82, 0, expected=100))) == 100
    assert len(opened(make_card(faults=Faults(short_reads=50))).send(Command(0, 0xB0, 0x82, 0, expected=100))) == 50
    terminal = opened(make_card(profile=Profile(max_short_read=128)))
    terminal.send(Command(0, 0xB0, 0x82, 0, expected=129), 0x6700)


GARBAGE = st.binary(max_size=300) | st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(
        [bytes((cla, ins)) for cla in (0, 0x0C, 0x10, 0x1C) for ins in (0xA4, 0xB0, 0xB1, 0x84, 0x82, 0x22, 0x86, 0x88)]
    ),
    st.binary(max_size=80),
)


@given(st.lists(GARBAGE, max_size=6), st.booleans())
def test_any_bytes_get_a_status_word(apdus: list[bytes], access: bool) -> None:
    GARBLED.reset()
    if access:
        opened(GARBLED)
    for apdu in apdus:
        assert len(GARBLED.process(apdu)) >= 2


@given(
    st.sampled_from([0x22, 0x86, 0x88, 0xA4, 0xB0, 0xB1, 0x82, 0x84]),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=90),
    st.integers(0, 256),
)
def test_any_protected_command_gets_an_answer(ins: int, p1: int, p2: int, data: bytes, expected: int) -> None:
    terminal = opened(GARBLED)
    try:
        terminal.send(Command(0, ins, p1, p2, data, expected))
        status = 0x9000
    except StatusError as error:
        status = error.status
    assert 0x6200 <= status <= 0x9000


GARBLED = make_card(profile=Profile(active_authentication="ecdsa"))
